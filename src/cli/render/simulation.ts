/** Simulated choices as text: a table of the first, and what can be counted of all. Several runs stand side by side. */
import { formatEndpoint } from "../../base/endpoint.ts";
import type { ErrnoName } from "../../base/errno.ts";
import type { Forecast } from "../../ports/insight/forecast.ts";
import { formatPortList } from "../../ports/range.ts";
import { twoMsl } from "../simulation/collisions.ts";
import { formatSessionLength } from "../simulation/session-length.ts";
import type { SimulationSettings } from "../simulation/settings.ts";
import { type Run, refused } from "../simulation/simulate.ts";
import { type Deltas, type Summary, summarize } from "../simulation/summary.ts";
import type { Output } from "../terminal.ts";
import { type TableText, tableText } from "./columns.ts";
import { spanText } from "./quantities.ts";

export function runsText(runs: readonly Run[], settings: SimulationSettings, output: Output): string {
  const { bold, dim } = output.colours;
  const rows = Math.min(settings.told, settings.count);
  const left = settings.count - rows;
  const choices =
    runs.length === 1 ? choicesTable(runs[0]!, settings, output) : choicesBeside(runs, settings, output);
  return [
    `${bold("harbormaster ports")}  ${settingsText(settings)}\n`,
    ...(rows === 0 ? [] : [tableText(choices, output)]),
    ...(left === 0 || rows === 0 ? [] : [dim(`... and ${left} more (--rows N tells of N, --json of all)\n`)]),
    tableText(summaryTable(runs, settings), output),
  ].join("\n");
}

function settingsText(settings: SimulationSettings): string {
  const { protocol, call, destinations, count, rate, session, closer, reserved, seed } = settings;
  const to = destinations.map(formatEndpoint).join(", ");
  const rest = protocol === "tcp" && closer === "peer" ? ", closed by the peer" : "";
  const without = reserved.length === 0 ? "" : `, ${formatPortList(reserved)} reserved`;
  return `${protocol} ${call} to ${to}: ${count} at ${rate} a second, sessions of ${formatSessionLength(session)} s${rest}${without}, seed ${seed}`.replace(
    "of forever s",
    "without end",
  );
}

function choicesTable(run: Run, settings: SimulationSettings, { colours }: Output): TableText {
  return {
    head: ["time", "source port", "destination", "looked at", "why"],
    rows: run.reasons.map((why, i) => [
      timeText(i, settings),
      portText(run, i, colours),
      destinationText(i, settings),
      String(run.looked[i]),
      refusalText(run, i) + why,
    ]),
    right: [0, 1, 3],
  };
}

/** Of each run the port and how many were looked at. */
function choicesBeside(runs: readonly Run[], settings: SimulationSettings, { colours }: Output): TableText {
  return {
    head: ["time", "destination", ...runs.map(({ name }) => name)],
    rows: Array.from({ length: Math.min(settings.told, settings.count) }, (_, i) => [
      timeText(i, settings),
      destinationText(i, settings),
      ...runs.map((run) => portText(run, i, colours)),
    ]),
    right: [0, ...runs.map((_, column) => column + 2)],
  };
}

function timeText(i: number, { rate }: SimulationSettings): string {
  return `${(i / rate).toFixed(3)} s`;
}

function destinationText(i: number, { destinations }: SimulationSettings): string {
  return formatEndpoint(destinations[i % destinations.length]!);
}

function portText(run: Run, i: number, { red }: Output["colours"]): string {
  const port = run.ports[i]!;
  return port === refused ? red(errorText(run, run.refusals.get(i)!.errno)) : String(port);
}

/** In the system's own words. */
function errorText({ profile: { errorNames } }: Run, errno: ErrnoName): string {
  return errorNames?.[errno] ?? errno;
}

function refusalText({ refusals }: Run, i: number): string {
  const refusal = refusals.get(i);
  return refusal === undefined ? "" : `${refusal.inUse} in use, ${refusal.held} resting: `;
}

/** More runs than these have a line each, and not a column. */
const mostBeside = 5;

function transposed(table: readonly (readonly string[])[]): string[][] {
  return table[0]!.map((_, column) => table.map((row) => row[column]!));
}

function summaryTable(runs: readonly Run[], settings: SimulationSettings): TableText {
  const summaries = runs.map(summarize);
  const rows = Object.entries(lines).map(([name, text]) => [
    name,
    ...summaries.map((summary, i) => text(summary, runs[i]!, settings)),
  ]);
  const table = [["summary", ...runs.map(({ name }) => name)], ...rows];
  const [head, ...body] = runs.length > mostBeside ? transposed(table) : table;
  return { head: head!, rows: body };
}

const lines: Readonly<Record<string, (summary: Summary, run: Run, settings: SimulationSettings) => string>> =
  {
    range: (_, { range: [low, high] }) => `${low}-${high}`,
    chosen: ({ chosen }) => String(chosen),
    refused: ({ refused: count, refusals, firstRefusal }, _, { rate }) => {
      if (firstRefusal === undefined) return "0";
      const errnos = Object.entries(refusals).map(([errno, of]) => `${of} ${errno}`);
      const first = `the first at ${(firstRefusal / rate).toFixed(3)} s`;
      return count === 0 ? "0" : `${errnos.join(", ")}, ${first}`;
    },
    "distinct ports": ({ distinct }) => String(distinct),
    repeats: ({ repeats, nearestRepeat }) =>
      nearestRepeat === undefined ? String(repeats) : `${repeats}, the nearest after ${nearestRepeat}`,
    "looked at": ({ meanLooked, mostLooked }) =>
      `${meanLooked.toFixed(2)} in the mean, ${mostLooked} at most`,
    parity: ({ even, odd }) => `${even} even, ${odd} odd`,
    deltas: ({ deltas }) => deltasText(deltas),
    "left to guess": ({ forecast }) => guessText(forecast),
    [`again within ${spanText(twoMsl).replace(" 0 s", "")}`]: ({ collisions, soonestAgain }) =>
      soonestAgain === undefined
        ? "no five-tuple"
        : `${collisions} five-tuples, the soonest after ${spanText(soonestAgain)}`,
    wraps: ({ wraps }) => String(wraps),
    "most at once": ({ mostAtOnce }) => String(mostAtOnce),
    "at the end": ({ inUse, held }) => `${inUse} in use, ${held} resting`,
  };

function guessText({ predictability: { bits, bestGuess } }: Forecast): string {
  if (bestGuess === 0) return "no port is left";
  return `${bits.toFixed(1)} bits, the best guess right ${(bestGuess * 100).toFixed(1)} %`;
}

function deltasText({ distinct, commonest }: Deltas): string {
  if (commonest.length === 0) return "none";
  const listed = commonest
    .slice(0, 3)
    .map(({ delta, count }) => `${delta > 0 ? "+" : ""}${delta} (${count})`);
  return `${listed.join(", ")}${distinct > listed.length ? `, ${distinct - listed.length} others` : ""}`;
}
