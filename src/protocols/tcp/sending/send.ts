/** SEND: what the user gives, into the ring (RFC 9293, section 3.10.2). */

import { greaterThan, lessOrEqual, minSequence } from "../../../base/sequence.ts";
import type { Instant } from "../../../base/time/clock.ts";
import { markUrgent } from "../receiving/urgent.ts";
import { maySend } from "../state.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";

/** Bits of `send`'s flags. */
export const sendFlags = {
  /** MSG_MORE: a small segment may wait for what follows. */
  more: 1,
  /** MSG_OOB: the last octet is urgent, and all before it. */
  urgent: 2,
  /** MSG_EOR: no segment has its last octet and what is sent later. */
  endOfRecord: 4,
} as const;

/**
 * Takes as much of `bytes[start, end)` as the buffer holds; `output` sends it.
 * @returns bytes taken; 0 also where {@link isSendable} is false.
 */
export function send(
  tcb: Tcb,
  bytes: Uint8Array,
  start: number,
  end: number,
  _now: Instant,
  flags = 0,
): number {
  if (!isSendable(tcb)) return 0;
  const room = Math.min(end, start + sendSpace(tcb));
  const taken = room > start ? tcb.sendRing.write(bytes, start, room) : 0;
  tcb.sndEnd = (tcb.sndEnd + taken) | 0;
  tcb.more = (flags & sendFlags.more) !== 0;
  tcb.moreHolds = tcb.more;
  if ((flags & sendFlags.endOfRecord) !== 0 && taken === end - start) tcb.recordEnds.push(tcb.sndEnd);
  if ((flags & sendFlags.urgent) !== 0 && taken > 0 && taken === end - start) markUrgent(tcb);
  return taken;
}

/** Where the record ends that `sequence` is of, or `limit` where that comes first. */
export function recordEnd(tcb: Tcb, sequence: number, limit: number): number {
  for (const end of tcb.recordEnds) if (greaterThan(end, sequence)) return minSequence(end, limit);
  return limit;
}

/** Records whose end was acknowledged. */
export function forgetRecords(tcb: Tcb): void {
  while (tcb.recordEnds.length > 0 && lessOrEqual(tcb.recordEnds[0]!, tcb.sndUna)) tcb.recordEnds.shift();
}

/** What a cork or Nagle's rule holds back goes with the next `output`. */
export function push(tcb: Tcb): void {
  tcb.wishes |= wish.push;
}

/** The connection takes data: it is open or opening, and the user has not said that there is no more. */
export function isSendable(tcb: Tcb): boolean {
  return maySend(tcb.state) && !tcb.finQueued;
}

/** Bytes `send` would take. */
export function sendSpace(tcb: Tcb): number {
  return Math.max(0, tcb.sendBuffer - tcb.sendRing.length);
}

/** As Linux does (sk_stream_is_writeable): at least a third of the buffer is free, so that a writer is woken for something. */
export function isWritable(tcb: Tcb): boolean {
  const used = tcb.sendRing.length;
  return tcb.sendBuffer - used >= used >>> 1;
}

/** SO_SNDBUF. What was taken stays taken. */
export function setSendBuffer(tcb: Tcb, bytes: number): void {
  tcb.sendBuffer = bytes;
  tcb.sendRing.resize(Math.max(bytes, tcb.sendRing.length));
}
