/** Doing `harbormaster ports`: every contestant simulated, and shown as text, as one document, as a picture. */
import { writeFileSync } from "node:fs";
import { address } from "../../base/address.ts";
import type { Endpoint } from "../../base/endpoint.ts";
import { formatPortList, type PortRange, sizeOf } from "../../ports/range.ts";
import type { PortPair } from "../arguments.ts";
import { InterruptedError, UsageError } from "../failure.ts";
import { profileOf } from "../profiles.ts";
import { countingOn, type Progress } from "../progress.ts";
import { plotsText } from "../render/plot.ts";
import { plotsSvg } from "../render/plot-svg.ts";
import { runsText } from "../render/simulation.ts";
import { watchSignals } from "../signals.ts";
import { documentOf } from "../simulation/document.ts";
import type { SessionLength } from "../simulation/session-length.ts";
import type { Contestant, SimulatedProtocol, SimulationSettings } from "../simulation/settings.ts";
import { type Run, simulation } from "../simulation/simulate.ts";
import type { Terminal } from "../terminal.ts";

export interface PortsOptions {
  readonly profile: readonly string[];
  readonly algorithm?: readonly string[];
  readonly range?: PortPair;
  readonly reserved?: readonly PortRange[];
  readonly protocol: SimulatedProtocol;
  readonly bind?: true;
  readonly to?: readonly Endpoint[];
  readonly count: number;
  readonly rate: number;
  readonly hold?: SessionLength;
  readonly closer: "us" | "peer";
  readonly seed: string;
  readonly rows: number;
  readonly plot?: true;
  readonly svg?: string;
  readonly json?: true;
}

/** RFC 5737 sets the address aside for documents. */
const someServer: Endpoint = { address: address("198.51.100.1"), port: 443 };
const defaultSession: SessionLength = { kind: "constant", length: 5000 };

export async function ports({ out, err }: Terminal, options: PortsOptions): Promise<void> {
  const settings = settingsOf(options);
  const contestants = contestantsOf(options);
  for (const contestant of contestants) checkReserved(contestant, settings);
  const runs = await runAll(contestants, settings, countingOn(err, "ports", "choices"));
  if (options.svg !== undefined) writeFileSync(options.svg, plotsSvg(runs));
  if (options.json) out.write(`${JSON.stringify(documentOf(settings, runs), null, 2)}\n`);
  else out.write(runsText(runs, settings, out));
  if (options.plot) out.write(`\n${plotsText(runs, out)}`);
}

/** One after the other, with a look at signals now and then. */
async function runAll(
  contestants: readonly Contestant[],
  settings: SimulationSettings,
  bar: Progress,
): Promise<Run[]> {
  const signals = watchSignals();
  const begun = performance.now();
  const runs: Run[] = [];
  let shown: "bar" | "nothing" = "nothing";
  try {
    for (const contestant of contestants) {
      const steps = simulation(contestant, settings);
      let step = steps.next();
      for (; step.done !== true; step = steps.next()) {
        if (shown === "nothing") bar.start(settings.count * contestants.length);
        shown = "bar";
        bar.update(runs.length * settings.count + step.value, performance.now() - begun);
        await new Promise((resolve) => setImmediate(resolve));
        if (signals.signal !== undefined) throw new InterruptedError(signals.signal);
      }
      runs.push(step.value);
    }
    return runs;
  } finally {
    if (shown === "bar") bar.stop();
    signals.stop();
  }
}

function settingsOf(options: PortsOptions): SimulationSettings {
  const { protocol, bind, range, reserved = [], to = [someServer], count, rate, closer, seed } = options;
  return {
    ...{ protocol, range, reserved, count, rate, closer, seed },
    call: bind ? "bind" : "connect",
    destinations: to,
    session: options.hold ?? defaultSession,
    told: Math.min(options.rows, count),
  };
}

/** Every profile with every algorithm, or with its own. What is named twice is compared once. */
function contestantsOf({ profile, algorithm = [] }: PortsOptions): Contestant[] {
  const algorithms = algorithm.length === 0 ? [undefined] : [...new Set(algorithm)];
  return [...new Set(profile)].flatMap((name) =>
    algorithms.map((each) => ({ profile: name, algorithm: each })),
  );
}

/** @throws UsageError where no port is left to be chosen */
function checkReserved(contestant: Contestant, { range, reserved }: SimulationSettings): void {
  const [low, high] = profileOf({ ...contestant, range }).range;
  const inside = reserved
    .map(([first, last]): PortRange => [Math.max(first, low), Math.min(last, high)])
    .filter(([first, last]) => first <= last)
    .reduce((sum, part) => sum + sizeOf(part), 0);
  if (inside === sizeOf([low, high]))
    throw new UsageError(
      `Every port of ${low}-${high} (${contestant.profile}) is reserved by ${formatPortList(reserved)}: none is left to choose.`,
    );
}
