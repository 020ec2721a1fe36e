/** Simulations as one JSON object. Its shape is documented in docs/ports.md; `version` counts what would break a reader. */
import { formatEndpoint } from "../../base/endpoint.ts";
import type { ErrnoName } from "../../base/errno.ts";
import { formatPortList } from "../../ports/range.ts";
import { type Bin, histogram } from "./histogram.ts";
import { formatSessionLength } from "./session-length.ts";
import type { SimulationSettings } from "./settings.ts";
import { type Run, refused } from "./simulate.ts";
import { type Summary, summarize } from "./summary.ts";

export interface SimulationDocument {
  readonly version: 1;
  readonly settings: {
    readonly protocol: string;
    readonly call: "bind" | "connect";
    /** As in `ip_local_reserved_ports`. */
    readonly reserved: string;
    readonly destinations: readonly string[];
    readonly count: number;
    readonly rate: number;
    readonly hold: string;
    readonly closer: "us" | "peer";
    readonly seed: string;
  };
  readonly runs: readonly RunDocument[];
}

export interface RunDocument {
  /** `linux`, or `linux/random`. */
  readonly name: string;
  readonly profile: string;
  readonly range: readonly [number, number];
  readonly summary: Summary;
  readonly histogram: readonly Bin[];
  readonly choices: readonly ChoiceDocument[];
}

export interface ChoiceDocument {
  /** Virtual milliseconds. */
  readonly at: number;
  /** Null where none was to be had; `errno` says so. */
  readonly port: number | null;
  readonly errno?: ErrnoName;
  readonly to: string;
  readonly looked: number;
  /** Of the first choices, as many as `--rows` says. */
  readonly why?: string;
}

const bins = 32;

export function documentOf(settings: SimulationSettings, runs: readonly Run[]): SimulationDocument {
  const { protocol, call, reserved, destinations, count, rate, session, closer, seed } = settings;
  const to = destinations.map(formatEndpoint);
  const hold = formatSessionLength(session);
  return {
    version: 1,
    settings: {
      ...{ protocol, call, reserved: formatPortList(reserved), destinations: to },
      ...{ count, rate, hold, closer, seed },
    },
    runs: runs.map((run) => ({
      name: run.name,
      profile: run.profile.name,
      range: run.range,
      summary: summarize(run),
      histogram: histogram(run.ports, run.range, bins),
      choices: Array.from(run.ports, (port, i) => choiceOf(run, i, port, to[i % to.length]!, rate)),
    })),
  };
}

function choiceOf(run: Run, i: number, port: number, to: string, rate: number): ChoiceDocument {
  const at = (i * 1000) / rate;
  const looked = run.looked[i]!;
  const why = run.reasons[i];
  const reason = why === undefined ? {} : { why };
  if (port !== refused) return { at, port, to, looked, ...reason };
  return { at, port: null, errno: run.refusals.get(i)!.errno, to, looked, ...reason };
}
