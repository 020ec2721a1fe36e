/**
 * Blocks of ports, by which several hosts share one address: each has a block of its own that follows from its number, so that
 * nobody need write down who had which port (RFC 7422, section 2), and may have more of a common pool, within a limit
 * (RFC 6888, REQ-4). A block given back rests before another gets it (RFC 6888, REQ-8).
 */
import type { Instant } from "../../base/time/clock.ts";
import type { PortRange } from "../range.ts";
import { checkRange, isPort, sizeOf } from "../range.ts";

/** A number from 0 on: the host's place among those that share, such as the host part of its inside address. */
export type Subscriber = number;

export interface PortLease {
  readonly subscriber: Subscriber;
  readonly range: PortRange;
  /** `own` is the subscriber's for ever; `common` is of the pool. */
  readonly kind: "own" | "common";
}

/** Why there is no more: the subscriber has all it may have, or the pool has none that does not rest. */
export type LeaseRefusal = "limit" | "exhausted";

/** Whoever gives out blocks of one address: in memory, or somewhere else. */
export interface PortBlocks {
  /** The block that always is the subscriber's. @throws RangeError for one there is no block for */
  own(subscriber: Subscriber): PortLease;
  /** One more block, of the pool. */
  lease(subscriber: Subscriber, now: Instant): PortLease | LeaseRefusal;
  /** Gives a block of the pool back. @throws RangeError where it is not the subscriber's */
  release(lease: PortLease, now: Instant): void;
  /** Who has the port now; undefined where nobody has. */
  subscriberAt(port: number): Subscriber | undefined;
}

export interface DeterministicOptions {
  /** The ports that are shared. Default: all but the System Ports, 1024 to 65535. */
  readonly range?: PortRange;
  /** How many share them (the compression ratio of RFC 7422). */
  readonly subscribers: number;
  /** The part of the ports that is the pool, 0 to 1 (the dynamic address pool factor of RFC 7422). Default 0: none. */
  readonly common?: number;
  /** Ports of a block of the pool. Default 64. */
  readonly blockSize?: number;
  /** The most ports one subscriber may have, its own included. Default: no limit. */
  readonly limit?: number;
  /** Milliseconds that a block of the pool rests. Default 120,000 (RFC 6888, REQ-8). */
  readonly quarantine?: number;
}

interface CommonBlock {
  readonly range: PortRange;
  holder: Subscriber | undefined;
  /** When its rest is over. */
  restsUntil: Instant;
}

/** Own blocks one after the other from the first port on, all of one size; what is left above them is the pool. In memory. */
export function deterministicBlocks(options: DeterministicOptions): PortBlocks {
  const { range = [1024, 65535], subscribers, common = 0, blockSize = 64 } = options;
  const { limit = Infinity, quarantine = 120_000 } = options;
  checkRange(range);
  const [first, last] = range;
  const ownSize = Math.floor((sizeOf(range) * (1 - common)) / subscribers);
  if (!Number.isInteger(subscribers) || subscribers < 1 || !(common >= 0 && common < 1) || ownSize < 1)
    throw new RangeError(
      `${sizeOf(range)} ports cannot be shared by ${subscribers}, ${common} of them in common`,
    );
  if (!Number.isInteger(blockSize) || blockSize < 1 || !(quarantine >= 0) || !(limit >= ownSize))
    throw new RangeError("blocks, limits and rests are positive, and a limit is no less than an own block");
  const pool = commonBlocks(first + ownSize * subscribers, common === 0 ? 0 : last, blockSize);
  const portsOf = (subscriber: Subscriber): number =>
    pool.reduce((sum, { holder, range: each }) => sum + (holder === subscriber ? sizeOf(each) : 0), ownSize);
  const own = (subscriber: Subscriber): PortLease => {
    if (!Number.isInteger(subscriber) || subscriber < 0 || subscriber >= subscribers)
      throw new RangeError(`no subscriber ${subscriber} of ${subscribers}`);
    const low = first + subscriber * ownSize;
    return { subscriber, kind: "own", range: [low, low + ownSize - 1] };
  };
  return {
    own,
    lease(subscriber, now) {
      own(subscriber);
      if (portsOf(subscriber) + blockSize > limit) return "limit";
      const block = pool.find(({ holder, restsUntil }) => holder === undefined && restsUntil <= now);
      if (block === undefined) return "exhausted";
      block.holder = subscriber;
      return { subscriber, kind: "common", range: block.range };
    },
    release({ subscriber, range: given }, now) {
      const block = pool.find(({ range: each }) => each[0] === given[0] && each[1] === given[1]);
      if (block?.holder === undefined || block.holder !== subscriber)
        throw new RangeError(`${given[0]} to ${given[1]} is no block of the pool that ${subscriber} has`);
      block.holder = undefined;
      block.restsUntil = now + quarantine;
    },
    subscriberAt(port) {
      if (!isPort(port) || port < first || port > last) return undefined;
      const place = Math.floor((port - first) / ownSize);
      if (place < subscribers) return place;
      return pool.find(({ range: [low, high] }) => low <= port && port <= high)?.holder;
    },
  };
}

/** Whole blocks only. */
function commonBlocks(from: number, last: number, size: number): CommonBlock[] {
  const blocks: CommonBlock[] = [];
  for (let low = from; low + size - 1 <= last; low += size)
    blocks.push({ range: [low, low + size - 1], holder: undefined, restsUntil: -Infinity });
  return blocks;
}
