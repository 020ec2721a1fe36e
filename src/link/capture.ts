/**
 * A link that shows a sink what passes, as it would look on a wire: packets that stand for many are cut, partial
 * checksums completed. What the sink makes of it (pcapng, a list, lines of text) is its own business.
 */

import type { Packet } from "../base/packet.ts";
import type { Clock, Instant } from "../base/time/clock.ts";
import type { Link } from "./link.ts";
import { PacketPool } from "./pool.ts";
import { type Direction, TapLink } from "./tap.ts";
import { eachWirePacket } from "./wire-packets.ts";

/** One packet of a capture. Its bytes are lent: copy what is kept. */
export interface CapturedPacket {
  readonly instant: Instant;
  readonly direction: Direction;
  /** Name of the link. */
  readonly link: string;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly comment: string | undefined;
}

export interface CaptureOptions {
  readonly clock: Clock;
  readonly sink: (packet: CapturedPacket) => void;
  /** What is worth saying about a wire packet, if anything. */
  readonly comment?: ((packet: Packet, direction: Direction) => string | undefined) | undefined;
}

export function captured(inner: Link, { clock, sink, comment }: CaptureOptions): Link {
  const pool = new PacketPool();
  const { medium } = inner.capabilities;
  return new TapLink(inner, (packet, direction) => {
    const instant = clock.now();
    eachWirePacket(packet, medium, pool, (each) => {
      const { bytes, start, end } = each;
      sink({ instant, direction, link: inner.name, bytes, start, end, comment: comment?.(each, direction) });
    });
  });
}
