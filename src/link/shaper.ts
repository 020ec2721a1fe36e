/** A link of finite speed and length: packets are clocked out at a rate, queue before that, and travel for a while. */
import type { Clock, Instant } from "../base/time/clock.ts";
import type { Link } from "./link.ts";
import { TreatedLink, type Treatment } from "./treated.ts";

/** One direction. */
export interface Shape {
  /** Bits a second; not given: as fast as can be. */
  readonly rate?: number | undefined;
  /** Propagation delay in milliseconds; default 0. */
  readonly delay?: number | undefined;
  /** Bytes that may wait to be clocked out, the packet under way included; what finds no room is dropped. Default 262,144. */
  readonly queue?: number | undefined;
}

export interface ShapeCounts {
  /** Packets that found the queue full. */
  dropped: number;
}

export interface ShaperOptions {
  readonly clock: Clock;
  /** Out of the host, and into it. */
  readonly out?: Shape | undefined;
  readonly in?: Shape | undefined;
  /** Most packets on their way each way; default 65,536. */
  readonly limit?: number | undefined;
}

/** @throws RangeError where a rate, a time or a length is none. */
export function shaped(
  inner: Link,
  options: ShaperOptions,
): TreatedLink<{ out: ShapeCounts; in: ShapeCounts }> {
  const counts = { out: { dropped: 0 }, in: { dropped: 0 } };
  return new TreatedLink(inner, options.clock, {
    counts,
    out: treatment(options.out ?? {}, counts.out),
    in: treatment(options.in ?? {}, counts.in),
    limit: options.limit ?? 65_536,
  });
}

/** Drop-tail. The backlog is what the line needs time for until it is free, so nothing has to be counted down. */
function treatment(shape: Shape, counts: ShapeCounts): Treatment {
  const { rate = Infinity, delay = 0, queue = 262_144 } = shape;
  if (!(rate > 0)) throw new RangeError(`a rate is in bits a second, not ${rate}`);
  if (!(delay >= 0 && delay < Infinity)) throw new RangeError(`a delay is in milliseconds, not ${delay}`);
  if (!(queue >= 0)) throw new RangeError(`a queue is in bytes, not ${queue}`);
  const bytesPerMillisecond = rate / 8000;
  let free: Instant = -Infinity;
  return (packet, now, pass) => {
    const length = packet.end - packet.start;
    const begin = Math.max(now, free);
    const backlog = begin > now ? (begin - now) * bytesPerMillisecond : 0;
    if (backlog > 0 && backlog + length > queue) {
      counts.dropped++;
      return;
    }
    free = begin + length / bytesPerMillisecond;
    pass(packet, free + delay);
  };
}
