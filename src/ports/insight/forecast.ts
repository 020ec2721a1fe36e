/**
 * What the next choice will cost, and how well it can be foretold by somebody who does not know the host's secrets. Found by choosing many
 * times with other secrets and other chance, in the field as it is now; the host's own state is not touched.
 *
 * The observer of RFC 6056, section 2, saw the last port towards the same destination, and knows the system and its range.
 */
import { type Random, seededRandom } from "../../base/random.ts";
import type { BindRequest } from "../binding.ts";
import type { Choice } from "../choice/choice.ts";
import { Chooser } from "../choice/chooser.ts";
import type { Path, Wish } from "../demultiplexer/flow.ts";
import type { PortSpace } from "../port-space.ts";
import { type PortRange, sizeOf } from "../range.ts";
import type { Selection } from "../selection.ts";
import { PortBitmap } from "../table/bitmap.ts";
import { coincidences, commonest } from "./guessing.ts";

export interface ForecastOptions {
  /** Connections a second to one destination, each over before the next. Default 1. */
  readonly rate?: number;
  /** Maximum segment lifetime in milliseconds: the peer may remember a five-tuple for two. Default 120,000 (RFC 9293). */
  readonly msl?: number;
  /** How often to choose. Default 2,000: then bits are right to about a tenth as long as they are few, as a half above 14. */
  readonly samples?: number;
  /** Where the other secrets come from. */
  readonly seed?: number | string;
}

export interface Forecast {
  readonly selection: string;
  readonly range: PortRange;
  /** Ports of the range that would suit now. */
  readonly suitable: number;
  /** Candidates looked at until one suits: on average, and at worst of the samples. */
  readonly cost: { readonly mean: number; readonly worst: number };
  /** For the observer. */
  readonly predictability: {
    /** Bits of the collision entropy of the next port: log2 of how many equally likely ports would be as hard to guess. */
    readonly bits: number;
    /** How often his best single guess is right: the commonest of the samples, so never less than one of them. */
    readonly bestGuess: number;
  };
  readonly collision: {
    /** Connections within two MSL at the rate. */
    readonly connections: number;
    /** How often a new connection has the five-tuple of one of those (RFC 6056, section 3.5), were none of them held back. */
    readonly probability: number;
  };
}

const usual = { rate: 1, msl: 120_000, samples: 2000, seed: "forecast" } as const;
/** Choices in one run are worth milliseconds each at most; a run is no longer than this. */
const longestRun = 200_000;

/** @throws RangeError for a rate, MSL or number of samples that is none */
export function forecast<Owner>(
  space: PortSpace<Owner>,
  request: BindRequest,
  path: Path | undefined,
  options: ForecastOptions = {},
): Forecast {
  const { rate, msl, samples, seed } = { ...usual, ...options };
  if (!(rate > 0) || !(msl > 0) || !Number.isInteger(samples) || samples < 2)
    throw new RangeError(`no forecast of ${samples} samples at ${rate} a second and an MSL of ${msl} ms`);
  const { choice } = space;
  const { bind, connect } = choice.algorithms.for(request);
  const connects = path !== undefined && connect !== undefined;
  const selection = connects ? connect : bind;
  const wish = connects
    ? choice.wishToConnect(space.claimToConnect(request, path), request, path.remote)
    : choice.wishToBind(space.claimToBind(request), request);
  const random = seededRandom(seed);
  const other = (name: string): Selection => {
    const { bind, connect } = choice.algorithms.elsewhere(request, random.fork(name));
    return connects ? connect! : bind;
  };
  const trial = new Trial(choice, wish);
  return {
    selection: selection.name,
    range: [wish.low, wish.high],
    suitable: trial.suitable(),
    cost: trial.cost(selection, random.fork("cost"), samples),
    predictability: trial.predictability(other, random.fork("observer"), samples),
    collision: trial.collision(other("collision"), random.fork("collision choices"), {
      rate,
      connections: Math.max(1, Math.round((rate * 2 * msl) / 1000)),
    }),
  };
}

/** Choices in a field as it is, none of which counts. */
class Trial<Owner> {
  readonly #choice: Choice<Owner>;
  readonly #wish: Wish;
  readonly #chooser = new Chooser();

  constructor(choice: Choice<Owner>, wish: Wish) {
    this.#choice = choice;
    this.#wish = wish;
  }

  suitable(): number {
    const { field } = this.#choice;
    const { low, high } = this.#wish;
    if (this.#choice.isSpent) return 0;
    field.begin("strict");
    let count = 0;
    for (let port = low; port <= high; port++) if (field.obstacle(port) === undefined) count++;
    return count;
  }

  /** The host's own selection, as it stands, with other chance. */
  cost(selection: Selection, random: Random, samples: number): Forecast["cost"] {
    const unmoved = withoutMemory(selection);
    let [sum, worst] = [0, 0];
    for (let i = 0; i < samples; i++) {
      this.#choose(unmoved, random);
      sum += this.#chooser.looked;
      worst = Math.max(worst, this.#chooser.looked);
    }
    return { mean: sum / samples, worst };
  }

  /** Two choices in a row with each of many secrets: the observer has seen the first. */
  predictability(
    other: (name: string) => Selection,
    random: Random,
    samples: number,
  ): Forecast["predictability"] {
    const { field } = this.#choice;
    const steps: number[] = [];
    const [low, size] = [this.#wish.low, sizeOf([this.#wish.low, this.#wish.high])];
    try {
      for (let i = 0; i < samples; i++) {
        const selection = other(`secrets ${i}`);
        field.elsewhere = undefined;
        const first = this.#choose(selection, random);
        if (first < 0) break;
        field.elsewhere = new PortBitmap();
        field.elsewhere.add(first);
        const second = this.#choose(selection, random);
        if (second >= 0) steps.push((second - low + size - (first - low)) % size);
      }
    } finally {
      field.elsewhere = undefined;
    }
    if (steps.length < 2) return { bits: 0, bestGuess: steps.length === 0 ? 0 : 1 };
    return { bits: Math.max(0, -Math.log2(coincidences(steps))), bestGuess: commonest(steps) };
  }

  /** One long run at the rate; each connection gives its port back before the next. */
  collision(
    selection: Selection,
    random: Random,
    { rate, connections }: { rate: number; connections: number },
  ): Forecast["collision"] {
    const lastUse = new Map<number, number>();
    const { now } = this.#wish;
    const length = Math.min(2 * connections + 2000, longestRun);
    const from = Math.min(connections, length >> 1);
    let again = 0;
    try {
      for (let i = 0; i < length; i++) {
        this.#wish.now = now + (i * 1000) / rate;
        const port = this.#choose(selection, random);
        if (port < 0) return { connections, probability: 0 };
        const before = lastUse.get(port);
        if (i >= from && before !== undefined && i - before <= connections) again++;
        lastUse.set(port, i);
      }
    } finally {
      this.#wish.now = now;
    }
    return { connections, probability: again / (length - from) };
  }

  #choose(selection: Selection, random: Random): number {
    if (this.#choice.isSpent) return -1;
    return this.#chooser.choose(selection, this.#wish, this.#choice.field, random);
  }
}

/** The selection as it is; what it learns of these choices it forgets. */
function withoutMemory(selection: Selection): Selection {
  if (selection.kind === "walk")
    return { ...selection, propose: selection.propose.bind(selection), settle: () => {} };
  if (selection.kind === "abreast") return selection;
  return { ...selection, draw: (wish, random) => ({ ...selection.draw(wish, random), keep: () => {} }) };
}
