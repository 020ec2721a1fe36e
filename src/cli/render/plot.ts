/**
 * Choices drawn with characters: every choice a dot, or where there are few a stroke, its port upwards and its number rightwards; beside it how often each part of the
 * range was chosen; below it where there was no port to be had.
 */
import { type Run, refused } from "../simulation/simulate.ts";
import type { Output } from "../terminal.ts";
import { bar, dotCanvas } from "./braille.ts";
import { cut } from "./screen.ts";

const rows = 16;
const labelWidth = "65535 ".length;
/** Frames around the dots and before the bars. */
const frames = 3;
/** Drawings side by side, and one alone, are no narrower. */
const narrow = 38;
const narrowest = 24;
const gap = 2;

/** One drawing a run, as many side by side as the width has room for. */
export function plotsText(runs: readonly Run[], output: Output): string {
  const width = Math.max(output.columns, narrowest);
  const across = Math.max(1, Math.min(runs.length, Math.floor((width + gap) / (narrow + gap))));
  const each = Math.floor((width + gap) / across) - gap;
  const text: string[] = [];
  for (let i = 0; i < runs.length; i += across) {
    const panels = runs.slice(i, i + across).map((run) => panel(run, each, output));
    for (let line = 0; line < panels[0]!.length; line++)
      text.push(
        panels
          .map((lines) => lines[line]!)
          .join(" ".repeat(gap))
          .trimEnd(),
      );
    text.push("");
  }
  return text.join("\n");
}

/** Lines that all take `width` characters. */
function panel(run: Run, width: number, { colours }: Output): string[] {
  const { bold, cyan, dim, red } = colours;
  const [low, high] = run.range;
  const barWidth = Math.max(6, Math.floor(width / 5));
  const dotWidth = width - labelWidth - frames - barWidth;
  const dots = scatter(run, dotWidth);
  const counts = perRow(run);
  const most = Math.max(1, ...counts);
  const title = fitted(`${run.name}  ${low}-${high}`, width);
  const body = dots.map((line, row) => {
    const label = row === 0 ? high : row === rows - 1 ? low : "";
    const share = bar((counts[row]! / most) * barWidth).padEnd(barWidth);
    return `${dim(`${String(label).padStart(labelWidth - 1)} `)}${dim("│")}${cyan(line)}${dim("│")}${cyan(share)} `;
  });
  const count = run.ports.length;
  const axis = `${" ".repeat(labelWidth)}└${"─".repeat(dotWidth)}┴${"─".repeat(barWidth)} `;
  const ends = `1${`choice ${count}`.padStart(dotWidth - 1)}`;
  const scale = `${" ".repeat(labelWidth + 1)}${ends} ${String(most).padStart(barWidth)} `;
  const lines = [bold(title), ...body, dim(axis), dim(fitted(scale, width))];
  return [...lines, red(fitted(refusedLine(run, dotWidth), width))];
}

function scatter({ ports, range: [low, high] }: Run, columns: number): string[] {
  const canvas = dotCanvas(columns, rows);
  const size = high - low + 1;
  for (const [i, port] of ports.entries()) {
    if (port === refused) continue;
    const y = Math.floor(((high - port + 0.5) * canvas.height) / size);
    const [from, to] = [i, i + 1].map((each) => Math.floor((each * canvas.width) / ports.length));
    for (let x = from!; x < Math.max(to!, from! + 1); x++) canvas.set(x, y);
  }
  return canvas.lines();
}

/** By line of the drawing, how often its ports were chosen; where lines are more than ports, a port has several. */
function perRow({ ports, range: [low, high] }: Run): number[] {
  const size = high - low + 1;
  const counts: number[] = new Array(Math.min(rows, size)).fill(0);
  for (const port of ports) {
    const part = Math.floor(((high - port + 0.5) * counts.length) / size);
    if (part >= 0 && part < counts.length) counts[part]!++;
  }
  return Array.from({ length: rows }, (_, row) => counts[Math.floor(((row + 0.5) * counts.length) / rows)]!);
}

/** A mark below every column in which a choice was refused; blank where none was. */
function refusedLine({ ports, refusals }: Run, columns: number): string {
  if (refusals.size === 0) return "";
  const marks: string[] = new Array(columns).fill(" ");
  for (const i of refusals.keys()) marks[Math.floor(((i + 0.5) * columns) / ports.length)] = "×";
  return `${"none".padStart(labelWidth - 1)}  ${marks.join("")}`;
}

function fitted(text: string, width: number): string {
  return cut(text, width).padEnd(width);
}
