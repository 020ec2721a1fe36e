/**
 * Shell lines that look something up: what a machine tells of itself (nstat, files under /proc), searched by grep. Patterns
 * are plain text with `.`, `^` and `$`; others are nobody's need.
 */
import { SocketError } from "../../base/errno.ts";
import type { Device } from "./device.ts";
import { unsupported } from "./failure.ts";

/** The exit status of a line such as `nstat | grep TcpExtTW`; undefined where it is none of these. */
export function lookUp(command: string, device: Device): number | undefined {
  const [source = "", ...filters] = pipeline(command);
  const [program, ...words] = wordsOf(source);
  const { report } = device;
  if (report === undefined) return undefined;
  let lines: readonly string[];
  if (program === "nstat" && words.every((word) => /^-[nasz]+$/.test(word))) lines = told(report, "nstat");
  else if (program === "cat") lines = words.flatMap((file) => told(report, file));
  else if (program === "grep") {
    const [pattern = "", ...files] = words.filter((word) => word !== "-q");
    lines = search(
      files.flatMap((file) => told(report, file)),
      pattern,
    );
    if (filters.length === 0) return lines.length > 0 ? 0 : 1;
  } else return undefined;
  return filters.length === 0 ? 0 : filtered(lines, filters);
}

function told(report: NonNullable<Device["report"]>, name: string): string[] {
  try {
    return report(name).split("\n");
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    return unsupported(`reading ${name}`);
  }
}

/** The status of the last grep. */
function filtered(lines: readonly string[], filters: readonly string[]): number {
  let left = lines;
  for (const filter of filters) {
    const [program, ...words] = wordsOf(filter);
    const [pattern, ...rest] = words.filter((word) => word !== "-q");
    if (program !== "grep" || pattern === undefined || rest.length > 0)
      return unsupported(`command ${filter}`);
    left = search(left, pattern);
  }
  return left.length > 0 ? 0 : 1;
}

function search(lines: readonly string[], pattern: string): string[] {
  if (!/^[\w :.^$/,%-]*$/.test(pattern)) return unsupported(`pattern ${pattern}`);
  const expression = new RegExp(pattern);
  return lines.filter((line) => expression.test(line));
}

/** Parts between `|` outside quotes. */
function pipeline(command: string): string[] {
  const parts = command.match(/(?:"[^"]*"|'[^']*'|[^"'|])+/g) ?? [];
  return parts.map((part) => part.trim());
}

/** Words, without their quotes. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replace(/["']/g, ""));
}
