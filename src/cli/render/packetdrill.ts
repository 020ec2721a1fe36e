/** Reports of scripts for people, and for programs. */
import type { ScriptReport } from "../packetdrill/job.ts";
import type { Colours } from "../terminal.ts";
import { packetDifference } from "./packet-difference.ts";
import { printable, spanText } from "./quantities.ts";

/** The line that a program reads. */
export function reportJson(report: ScriptReport): string {
  const { file, family, result, line, message, virtualSeconds, realMilliseconds } = report;
  return JSON.stringify({ file, family, result, line, message, virtualSeconds, realMilliseconds });
}

const words = { pass: "pass", fail: "FAIL", error: "ERROR", unsupported: "unsupported" } as const;

/** A line, and what there is to know of a run that did not pass. Ends with a newline. */
export function reportText(report: ScriptReport, colours: Colours): string {
  const { file, family, result, line, message, virtualSeconds, realMilliseconds } = report;
  const paint = paints(colours)[result];
  const place = line > 0 ? `${file}:${line}` : file;
  const times = colours.dim(`${virtualSeconds.toFixed(3)} s of script in ${spanText(realMilliseconds)}`);
  const warnings = report.warnings.map((warning) => `  warning: ${printable(warning)}\n`).join("");
  const printed = report.printed.map((text) => `  ${printable(text)}\n`).join("");
  const head = `${paint(words[result])}  ${place}  ${family}`;
  if (result === "pass") return `${head}  ${times}\n${warnings}${printed}`;
  if (report.errors.length > 0) return `${head}\n${indented(report.errors.join("\n"))}`;
  return `${head}  ${printable(message)}\n${warnings}${printed}${differenceText(report, colours)}${packetsText(report)}`;
}

function paints({ green, red, yellow }: Colours): Record<ScriptReport["result"], (text: string) => string> {
  return { pass: green, fail: red, error: red, unsupported: yellow };
}

function differenceText({ expected, actual }: ScriptReport, { red }: Colours): string {
  if (expected === undefined) return "";
  if (actual === undefined) return `  expected  ${printable(expected)}\n  actual    (nothing)\n`;
  const difference = packetDifference(printable(expected), printable(actual));
  const lines = `  expected  ${difference.expected}\n  actual    ${difference.actual}\n`;
  return difference.marks === "" ? lines : `${lines}            ${red(difference.marks)}\n`;
}

function packetsText({ packets, pcap }: ScriptReport): string {
  const list =
    packets.length === 0 ? "" : `  the last packets:\n${packets.map((one) => `    ${one}\n`).join("")}`;
  return pcap === undefined ? list : `${list}  capture: ${pcap}\n`;
}

function indented(text: string): string {
  return `${text.replace(/^/gm, "  ")}\n`;
}

/** `62 runs of 60 scripts: 60 passed, 1 failed, 1 unsupported; 3.2 s of script in 0.61 s`. */
export function summaryText(
  reports: readonly ScriptReport[],
  realMilliseconds: number,
  colours: Colours,
): string {
  const count = (result: ScriptReport["result"]): number =>
    reports.filter((one) => one.result === result).length;
  const scripts = new Set(reports.map(({ file }) => file)).size;
  const parts = [
    colours.green(`${count("pass")} passed`),
    count("fail") > 0 && colours.red(`${count("fail")} failed`),
    count("error") > 0 && colours.red(`${count("error")} with errors`),
    count("unsupported") > 0 && colours.yellow(`${count("unsupported")} unsupported`),
  ].filter((part) => part !== false);
  const runs = reports.length === scripts ? "" : `${plural(reports.length, "run")} of `;
  const virtual = reports.reduce((sum, { virtualSeconds }) => sum + virtualSeconds, 0);
  return `${runs}${plural(scripts, "script")}: ${parts.join(", ")}; ${spanText(virtual * 1000)} of script in ${spanText(realMilliseconds)}\n`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
