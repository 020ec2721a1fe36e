/**
 * OpenMetrics text, version 1.0.0: families of metrics, each told once, samples of one family together, `# EOF` at the end. To be served as
 * `application/openmetrics-text; version=1.0.0; charset=utf-8`.
 */

export interface MetricFamily {
  /** Letters, digits and underscores; without the `_total` of a counter; ends with the unit where there is one. */
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly unit?: string;
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Families without samples are left out. */
export function openMetricsText(families: readonly MetricFamily[]): string {
  return `${families
    .filter(({ samples }) => samples.length > 0)
    .map(familyText)
    .join("")}# EOF\n`;
}

function familyText({ name, type, unit, help, samples }: MetricFamily): string {
  const head = [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
  ];
  const suffix = type === "counter" ? "_total" : "";
  const lines = samples.map(({ labels, value }) => `${name}${suffix}${labelsText(labels)} ${value}`);
  return [...head, ...lines, ""].join("\n");
}

function labelsText(labels: MetricSample["labels"]): string {
  const pairs = Object.entries(labels ?? {}).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
