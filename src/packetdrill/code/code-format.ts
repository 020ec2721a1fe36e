/** Values of code blocks as text: Python's repr and its `%` formatting. */

export type CodeValue = number | boolean | string | readonly CodeValue[];

/** As Python's `repr`, but that True and False are the numbers they equal. */
export function representation(value: CodeValue): string {
  if (typeof value === "object") {
    return `(${value.map(representation).join(", ")}${value.length === 1 ? "," : ""})`;
  }
  if (typeof value === "string") return `'${value.replace(/[\\']/g, "\\$&")}'`;
  const number = Number(value);
  return Number.isSafeInteger(number) || !Number.isFinite(number)
    ? String(number)
    : BigInt(number).toString();
}

/** `'%d of %s' % (1, 'two')`; undefined when the values do not fit the format. */
export function formatText(format: string, value: CodeValue): string | undefined {
  const values = typeof value === "object" ? [...value] : [value];
  let fits = true;
  const text = format.replace(/%(0?\d*)([%a-zA-Z])/g, (_all, width: string, kind: string) => {
    if (kind === "%") return "%";
    const next = values.shift();
    const shown = next === undefined ? undefined : formatOne(kind, next);
    fits &&= shown !== undefined;
    return (shown ?? "").padStart(Math.min(Number(width), 100), width.startsWith("0") ? "0" : " ");
  });
  return fits && values.length === 0 ? text : undefined;
}

function formatOne(kind: string, value: CodeValue): string | undefined {
  if (kind === "s") return typeof value === "string" ? value : representation(value);
  if (kind === "r") return representation(value);
  if (typeof value !== "number" && typeof value !== "boolean") return undefined;
  if (kind === "d" || kind === "i" || kind === "u") return representation(value);
  if (kind === "x") return Number(value).toString(16);
  return undefined;
}
