/** Running suites: every case on a machine of its own, one result a case, whatever happens. */

import { runBindPair } from "./bind-pair.ts";
import { runDemux } from "./demux.ts";
import { MismatchError, NotApplicableError, type TestBench } from "./device.ts";
import { runPick } from "./pick.ts";
import { runReservation } from "./reservation.ts";
import type {
  BindPairCase,
  CaseHead,
  DemuxCase,
  Kind,
  Operation,
  PickCase,
  ReservationCase,
  SockopsCase,
  Suite,
  VectorFile,
} from "./schema.ts";
import { runSockops } from "./sockops.ts";
import { environmentOf } from "./vectors.ts";

export interface CaseResult {
  readonly suite: string;
  readonly name: string;
  readonly result: "pass" | "fail" | "skip";
  /** What went otherwise, or why there was nothing to run; of a pass, what a first try had against it. */
  readonly why?: string;
}

export interface RunOptions {
  readonly bench: TestBench;
  /** What is left to chance follows from it. Default `1`. */
  readonly seed?: string;
  /**
   * So often a case is tried before it has failed. Two ports that a machine chose may be one and the same by chance where
   * they were not when the answers were taken down; what is wrong is wrong every time. Default 5.
   */
  readonly tries?: number;
}

/** One try of a case. */
export interface Trial {
  readonly bench: TestBench;
  readonly suite: Suite;
  readonly seed: string;
}

/** Runs all, lazily: one result is computed when it is asked for. */
export function* runSuites(
  { suites }: Pick<VectorFile, "suites">,
  options: RunOptions,
): Generator<CaseResult> {
  for (const suite of suites) for (const one of suite.cases) yield runCase(suite, one, options);
}

/** @throws what is neither an answer of the machine nor a fault of the case: that it cannot be asked at all */
export function runCase(suite: Suite, one: CaseHead, options: RunOptions): CaseResult {
  const { bench, seed = "1", tries = 5 } = options;
  const about = { suite: suite.id, name: one.name };
  let first: string | undefined;
  for (let turn = 1; turn <= tries; turn++) {
    const words = turn === 1 ? seed : `${seed}, try ${turn}`;
    try {
      play({ bench, suite, seed: `${words}, ${suite.id}, ${one.name}` }, one);
      const why = first === undefined ? {} : { why: `at try ${turn}; at first ${first}` };
      return { ...about, result: "pass", ...why };
    } catch (error) {
      if (error instanceof NotApplicableError) return { ...about, result: "skip", why: error.message };
      if (bench.isAbsence(error)) throw error;
      first ??= error instanceof MismatchError ? error.message : `threw ${String(error)}`;
    }
  }
  return { ...about, result: "fail", why: first ?? "never tried" };
}

type Plays = Readonly<Record<Kind, (trial: Trial, one: CaseHead) => void>>;

const plays: Plays = {
  sockops: playSockops,
  bind_pair: (trial, one) => runBindPair(trial, one as BindPairCase),
  reservation: (trial, one) => runReservation(trial, one as ReservationCase),
  demux: (trial, one) => runDemux(trial, one as DemuxCase),
  pick: (trial, one) => runPick(trial, one as PickCase),
  property: () => {
    throw new NotApplicableError("a property in prose: for people, who make a test of it");
  },
};

function play(trial: Trial, one: CaseHead): void {
  const { bench, suite } = trial;
  const refused = bench.refuses(suite.models);
  if (refused !== undefined) throw new NotApplicableError(refused);
  plays[suite.kind](trial, one);
}

function playSockops({ bench, suite, seed }: Trial, one: CaseHead): void {
  const { sysctl = {}, addrs = [], ephemeral_range: range } = environmentOf(suite, one);
  const { ops } = one as SockopsCase;
  const setup = { sysctl, addresses: addrs, range, fastOpen: ops.some(usesFastOpen) };
  const device = bench.open(setup, suite.models, seed);
  try {
    runSockops(device, ops);
  } finally {
    device.close();
  }
}

function usesFastOpen(op: Operation): boolean {
  if (op.op === "repeat") return op.body.some(usesFastOpen);
  return op.op === "deliver" ? op.fastopen === true : op.op === "setopt" && op.opt === "TCP_FASTOPEN";
}
