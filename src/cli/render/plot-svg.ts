/**
 * Choices as a picture, in one file that needs no other: a scatter of ports over choices, and beside it, on the same axis, how often
 * each part of the range was chosen. It follows the reader's preference for light or dark.
 */
import { histogram } from "../simulation/histogram.ts";
import { type Run, refused } from "../simulation/simulate.ts";

const width = 860;
const panelHeight = 300;
const plot = { left: 62, right: 640, top: 56, bottom: 256 } as const;
const bars = { left: 664, right: 820 } as const;
const bins = 48;
/** No more choices than these have greater dots. */
const fewChoices = 200;
/** Dots closer than this are one. */
const grain = 0.5;

const style = `
  text { font: 12px system-ui, sans-serif; fill: #52514e; }
  .title { font-size: 14px; font-weight: 600; fill: #0b0b0b; }
  .axis { stroke: #c3c2b7; fill: none; }
  .grid { stroke: #e1e0d9; fill: none; }
  .dots { stroke-width: 2.4; stroke-linecap: round; fill: none; }
  .few { stroke-width: 5; }
  .to0 { stroke: #2a78d6; } .to1 { stroke: #eb6834; } .to2 { stroke: #1baf7a; } .to3 { stroke: #4a3aa7; }
  .bars { fill: #898781; }
  .none { stroke: #d03b3b; stroke-width: 1.5; fill: none; }
  .paper { fill: #fcfcfb; }
  .key { stroke-width: 7; stroke-linecap: round; }
  .end { text-anchor: end; } .middle { text-anchor: middle; }
  @media (prefers-color-scheme: dark) {
    text { fill: #c3c2b7; }
    .title { fill: #ffffff; }
    .axis { stroke: #4d4c48; }
    .grid { stroke: #2c2c2a; }
    .to0 { stroke: #3987e5; } .to1 { stroke: #d95926; } .to2 { stroke: #199e70; } .to3 { stroke: #9085e9; }
    .none { stroke: #e66767; }
    .paper { fill: #1a1a19; }
  }`;

/** One panel a run, one below the other. */
export function plotsSvg(runs: readonly Run[]): string {
  const height = panelHeight * runs.length;
  const names = runs.map(({ name }) => name).join(", ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(`Source ports in the order of choice: ${names}`)}</title>`,
    `<desc id="description">${escaped(runs.map(described).join(" "))}</desc>`,
    `<style>${style}\n</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    ...runs.map((run, i) => panel(run, i * panelHeight)),
    "</svg>",
    "",
  ].join("\n");
}

function described(run: Run): string {
  return `${run.name}: ${told(run)}.`;
}

function told({ range, ports, refusals }: Run): string {
  return `${ports.length - refusals.size} chosen from ${range.join("-")}, ${refusals.size} refused`;
}

function panel(run: Run, top: number): string {
  const [low, high] = run.range;
  const count = run.ports.length;
  const { left, right, bottom } = plot;
  const most = Math.max(1, ...histogram(run.ports, run.range, bins).map((bin) => bin.count));
  return [
    `<g transform="translate(0 ${top})">`,
    label(left, 22, "title", run.name),
    label(bars.right, 22, "end", told(run)),
    ...key(run),
    ...ticks(low, high).flatMap((port) => {
      const y = tenths(yOf(port, run));
      return [
        `<path class="grid" d="M${left} ${y}H${right}M${bars.left} ${y}H${bars.right}"/>`,
        label(left - 6, y + 4, "end", String(port)),
      ];
    }),
    `<path class="axis" d="M${left} ${plot.top}V${bottom}H${right}M${bars.left} ${plot.top}V${bottom}H${bars.right}"/>`,
    ...dots(run),
    `<path class="bars" d="${barsPath(run, most)}"/>`,
    ...(run.refusals.size === 0 ? [] : [`<path class="none" d="${crosses(run)}"/>`]),
    label(left, bottom + 18, "", "1"),
    label((left + right) / 2, bottom + 18, "middle", "choice"),
    label(right, bottom + 18, "end", String(count)),
    label(left - 6, 40, "end", "port"),
    label(bars.left, bottom + 18, "", "0"),
    label((bars.left + bars.right) / 2, bottom + 18, "middle", "times chosen"),
    label(bars.right, bottom + 18, "end", String(most)),
    "</g>",
  ].join("\n");
}

function label(x: number, y: number, kind: string, text: string): string {
  const which = kind === "" ? "" : ` class="${kind}"`;
  return `<text${which} x="${x}" y="${y}">${escaped(text)}</text>`;
}

/** The ends of the range, and what round numbers fit between. */
function ticks(low: number, high: number): number[] {
  const size = high - low;
  const step = [1, 2, 5]
    .flatMap((digit) => [0, 1, 2, 3, 4].map((power) => digit * 10 ** power))
    .sort((a, b) => a - b)
    .find((each) => size / each <= 5);
  if (step === undefined || size === 0) return [low];
  const inner: number[] = [];
  for (let port = Math.ceil(low / step) * step; port < high; port += step)
    if (port - low > step / 3 && high - port > step / 3) inner.push(port);
  return [low, ...inner, high];
}

/** The middle of the port's stripe. */
function yOf(port: number, { range: [low, high] }: Run): number {
  return plot.top + ((high - port + 0.5) * (plot.bottom - plot.top)) / (high - low + 1);
}

function xOf(i: number, { ports }: Run): number {
  return plot.left + ((i + 0.5) * (plot.right - plot.left)) / ports.length;
}

/** So many destinations are told apart by colour. */
const colours = 4;

/** Which colour is whose, and what a stroke means; nothing where there is one colour for all, and no stroke. */
function key({ destinations, refusals }: Run): string[] {
  const shown = destinations === 1 || destinations > colours ? 0 : destinations;
  const entries = Array.from({ length: shown }, (_, turn) => {
    const x = plot.left + turn * 104;
    return `<path class="key to${turn}" d="M${x + 4} 36h0"/>${label(x + 14, 40, "", `destination ${turn + 1}`)}`;
  });
  if (refusals.size === 0) return entries;
  const x = plot.left + shown * 104;
  return [...entries, `<path class="none" d="M${x + 4} 39v-6"/>${label(x + 14, 40, "", "refused")}`];
}

/** A path a colour; each dot a line of no length with round ends. */
function dots(run: Run): string[] {
  const { destinations } = run;
  const shown = destinations > colours ? 1 : destinations;
  const few = run.ports.length <= fewChoices ? " few" : "";
  const places = Array.from({ length: shown }, () => new Set<string>());
  for (const [i, port] of run.ports.entries()) {
    if (port === refused) continue;
    places[i % shown]!.add(`${grained(xOf(i, run))} ${grained(yOf(port, run))}`);
  }
  return places.map(
    (each, turn) => `<path class="dots${few} to${turn}" d="${[...each].map((at) => `M${at}h0`).join("")}"/>`,
  );
}

function barsPath(run: Run, most: number): string {
  const all = histogram(run.ports, run.range, bins);
  return all
    .filter(({ count }) => count > 0)
    .map(({ ports: [first, last], count }) => {
      const upper = tenths(yOf(last + 0.5, run) + (all.length > 1 ? 0.5 : 0));
      const lower = tenths(yOf(first - 0.5, run));
      const length = tenths((count / most) * (bars.right - bars.left));
      return `M${bars.left} ${upper}h${length}V${lower}h${-length}z`;
    })
    .join("");
}

/** A stroke above the axis for every place where a choice was refused. */
function crosses(run: Run): string {
  const places = new Set([...run.refusals.keys()].map((i) => grained(xOf(i, run))));
  return [...places].map((x) => `M${x} ${plot.bottom}v-6`).join("");
}

function grained(value: number): number {
  return Math.round(value / grain) * grain;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
