/** A reader of OpenMetrics 1.0.0 text as strict as its grammar, for what we write: gauges and counters without timestamps. */

const escapedText = String.raw`(?:[^\n"\\]|\\["\\n])*`;
const descriptor = new RegExp(`^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (${escapedText})$`);
const label = `[a-zA-Z_][a-zA-Z0-9_]*="${escapedText}"`;
const sample = new RegExp(
  `^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(${label}(?:,${label})*)\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)$`,
);

/** What is wrong with the text, a line each. */
export function problemsOfMetrics(text: string): string[] {
  const problems: string[] = [];
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.pop() !== "# EOF") problems.push("does not end with # EOF and a newline");
  const families = new Set<string>();
  const series = new Set<string>();
  let [family, type, unit] = ["", "", ""];
  for (const line of lines) {
    const about = descriptor.exec(line);
    const value = sample.exec(line);
    if (about !== null) {
      const [, kind, name, rest] = about as unknown as [string, string, string, string];
      if (kind === "TYPE") {
        if (families.has(name)) problems.push(`${name} is told of twice`);
        families.add(name);
        [family, type, unit] = [name, rest, ""];
        if (rest !== "gauge" && rest !== "counter") problems.push(`unknown type: ${line}`);
      } else if (name !== family) problems.push(`of another family: ${line}`);
      if (kind === "UNIT") unit = rest;
      if (unit !== "" && !family.endsWith(`_${unit}`)) problems.push(`no unit at its end: ${family}`);
    } else if (value !== null) {
      if (value[1] !== (type === "counter" ? `${family}_total` : family))
        problems.push(`of no family: ${line}`);
      if (type === "counter" && value[3]!.startsWith("-")) problems.push(`a counter below zero: ${line}`);
      const key = `${value[1]} ${value[2]?.split('",').sort().join() ?? ""}`;
      if (series.has(key)) problems.push(`twice the same series: ${line}`);
      series.add(key);
      const names = [...(value[2] ?? "").matchAll(new RegExp(label, "g"))].map(
        ([pair]) => pair.split("=")[0],
      );
      if (new Set(names).size !== names.length) problems.push(`a label twice: ${line}`);
    } else problems.push(`no such line: ${line}`);
  }
  return problems;
}
