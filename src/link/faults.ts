/**
 * A link that fails as networks fail: packets are lost, doubled, changed, overtaken and late, by chance but replayably.
 *
 * Each kind of fault draws from a stream of its own, so that turning one on or up changes nothing in the others. Delay and
 * jitter keep packets in order; only reordering lets others overtake.
 */

import { checksumUnknown, type Packet } from "../base/packet.ts";
import type { Random } from "../base/random.ts";
import type { Clock, Instant } from "../base/time/clock.ts";
import type { Tracer } from "../base/trace.ts";
import type { Link } from "./link.ts";
import { TreatedLink, type Treatment } from "./treated.ts";

/** What happens to packets of one direction. Probabilities are from 0 to 1, times in milliseconds; all default to 0. */
export interface Faults {
  readonly loss?: number | undefined;
  /** A second copy follows the first. */
  readonly duplication?: number | undefined;
  /** One bit, anywhere in the packet, is the other way round. */
  readonly corruption?: number | undefined;
  /** The packet lags `reorderingDelay` behind, and later ones overtake it. */
  readonly reordering?: number | undefined;
  /** Default 10. */
  readonly reorderingDelay?: number | undefined;
  readonly delay?: number | undefined;
  /** The delay varies by this much up and down. */
  readonly jitter?: number | undefined;
}

export interface FaultCounts {
  lost: number;
  duplicated: number;
  corrupted: number;
  reordered: number;
}

export interface FaultOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Faults on the way out of the host, and on the way in. */
  readonly out?: Faults | undefined;
  readonly in?: Faults | undefined;
  /** Most packets on their way each way; default 16,384. */
  readonly limit?: number | undefined;
  /** Is told of packets lost. */
  readonly tracer?: Tracer;
}

/** @throws RangeError where a probability or a time is none. */
export function faulty(
  inner: Link,
  options: FaultOptions,
): TreatedLink<{ out: FaultCounts; in: FaultCounts }> {
  const counts = { out: newCounts(), in: newCounts() };
  return new TreatedLink(inner, options.clock, {
    counts,
    out: treatment(options.out ?? {}, options.random.fork("out"), counts.out, inner.name, options.tracer),
    in: treatment(options.in ?? {}, options.random.fork("in"), counts.in, inner.name, options.tracer),
    limit: options.limit ?? 16_384,
  });
}

function newCounts(): FaultCounts {
  return { lost: 0, duplicated: 0, corrupted: 0, reordered: 0 };
}

function treatment(
  faults: Faults,
  random: Random,
  counts: FaultCounts,
  link: string,
  tracer: Tracer,
): Treatment {
  const loses = chance(faults, "loss", random);
  const doubles = chance(faults, "duplication", random);
  const corrupts = chance(faults, "corruption", random);
  const reorders = chance(faults, "reordering", random);
  const due = dueTimes(faults, random);
  const lag = span(faults, "reorderingDelay", 10);
  const place = random.fork("place");
  return (packet, now, pass) => {
    if (loses()) {
      counts.lost++;
      const { bytes, start, end } = packet;
      tracer?.({ kind: "drop", at: now, layer: "link", reason: "loss", interface: link, bytes, start, end });
      return;
    }
    const twice = doubles();
    if (twice) counts.duplicated++;
    for (let copies = twice ? 2 : 1; copies > 0; copies--) {
      const late = reorders();
      const copy = pass(packet, due(now) + (late ? lag : 0));
      if (late) counts.reordered++;
      if (!corrupts() || copy === undefined) continue;
      flipBit(copy, place);
      counts.corrupted++;
    }
  };
}

/** Whether it happens this time. */
function chance(
  faults: Faults,
  kind: "loss" | "duplication" | "corruption" | "reordering",
  random: Random,
): () => boolean {
  const probability = faults[kind] ?? 0;
  if (!(probability >= 0 && probability <= 1))
    throw new RangeError(`${kind} is a probability from 0 to 1, not ${probability}`);
  const stream = random.fork(kind);
  const bound = probability * 2 ** 32;
  return probability === 0 ? () => false : () => stream.uint32() < bound;
}

/** When packets that set out now arrive, none before an earlier one. */
function dueTimes(faults: Faults, random: Random): (now: Instant) => Instant {
  const delay = span(faults, "delay", 0);
  const jitter = span(faults, "jitter", 0);
  const stream = random.fork("jitter");
  let last = -Infinity;
  return (now) => {
    const swing = jitter === 0 ? 0 : (stream.uint32() / 2 ** 31 - 1) * jitter;
    last = Math.max(last, now + Math.max(0, delay + swing));
    return last;
  };
}

function span(faults: Faults, kind: "delay" | "jitter" | "reorderingDelay", otherwise: number): number {
  const value = faults[kind] ?? otherwise;
  if (!(value >= 0 && value < Infinity)) throw new RangeError(`${kind} is in milliseconds, not ${value}`);
  return value;
}

function flipBit(packet: Packet, random: Random): void {
  const length = packet.end - packet.start;
  if (length === 0) return;
  const bit = random.below(length * 8);
  packet.bytes[packet.start + (bit >>> 3)]! ^= 1 << (bit & 7);
  packet.checksum = checksumUnknown;
}
