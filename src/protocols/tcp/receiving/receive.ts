/**
 * Received text: in order into the ring, out of order ahead of its end until the hole closes (RFC 9293, section 3.10.7.4,
 * seventh). What waits is bounded by the window and by what was received before, its holes by `outOfOrderLimit`.
 */

import { invariant } from "../../../base/invariant.ts";
import { IntervalSet } from "../../../base/ranges.ts";
import { lessOrEqual, lessThan, minSequence } from "../../../base/sequence.ts";
import type { Instant } from "../../../base/time/clock.ts";
import type { TcpDrop } from "../drop.ts";
import { remember, reportDuplicate } from "../recovery/sack.ts";
import { mayReceive } from "../state.ts";
import type { Tcb } from "../tcb.ts";
import { acknowledgeNow, quicken, textArrived } from "./delayed-ack.ts";
import { worthUpdate } from "./receive-window.ts";

const smallestReach = 0x10000;

/** Text `bytes[start, end)` at `sequence`; `segmentSize` where several segments were glued, else 0. */
export function receiveText(
  tcb: Tcb,
  sequence: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  segmentSize: number,
  now: Instant,
): TcpDrop | undefined {
  const behind = (tcb.rcvNxt - sequence) | 0;
  tcb.textSegmentsIn += segmentSize > 0 ? Math.ceil((end - start) / segmentSize) : 1;
  if (behind > 0) {
    if (behind >= end - start) {
      noteDuplicate(tcb, sequence, end - start);
      acknowledgeNow(tcb);
      return "duplicate-text";
    }
    reportDuplicate(tcb, sequence, tcb.rcvNxt);
    start += behind;
    sequence = tcb.rcvNxt;
  }
  const room = (tcb.rcvNxt + tcb.rcvWnd - sequence) | 0;
  if (end - start > room && takesWhole(tcb, sequence)) {
    tcb.receiveRing.resize(Math.max(tcb.receiveBuffer, end - start));
  } else if (end - start > room) {
    acknowledgeNow(tcb);
    end = start + room;
    if (room <= 0) return "out-of-window";
  }
  if (sequence !== tcb.rcvNxt) return placeText(tcb, sequence, bytes, start, end, segmentSize);
  appendText(tcb, bytes, start, end);
  textArrived(tcb, end - start, segmentSize, now);
  tcb.world.notify(tcb, "readable");
  return undefined;
}

/**
 * As Linux does (tcp_sequence): where nothing waits to be read, what is next in order is taken as a whole although its end
 * lies beyond an open window, for it may be several segments that a device has glued.
 */
export function takesWhole(tcb: Tcb, sequence: number): boolean {
  const waits = tcb.receiveRing.length > 0 || (tcb.outOfOrder !== undefined && tcb.outOfOrder.count > 0);
  return !waits && tcb.rcvWnd > 0 && lessOrEqual(sequence, tcb.rcvNxt);
}

/**
 * No more may be missing before waiting text than an initial window, and twice what was received: no honest sender has more
 * in flight. Else one octet at the far end of a large window would cost us a buffer of its size.
 */
function isTooFar(tcb: Tcb, sequence: number): boolean {
  const ahead = (sequence - tcb.rcvNxt) | 0;
  const reach = Math.max(smallestReach, 16 * tcb.rcvMssOffer) + 2 * tcb.bytesReceived;
  return ahead > reach && ahead - (tcb.outOfOrder?.size ?? 0) > reach;
}

/** `length` bytes of text at `sequence` had come before, at least their beginning. */
export function noteDuplicate(tcb: Tcb, sequence: number, length: number): void {
  reportDuplicate(tcb, sequence, minSequence((sequence + length) | 0, tcb.rcvNxt));
  quicken(tcb);
}

function appendText(tcb: Tcb, bytes: Uint8Array, start: number, end: number): void {
  const taken = tcb.receiveRing.write(bytes, start, end);
  invariant(taken === end - start, "the window never exceeds the room in the ring");
  advance(tcb, taken);
  const { outOfOrder } = tcb;
  if (outOfOrder === undefined || outOfOrder.count === 0) return;
  acknowledgeNow(tcb); // RFC 5681, section 4.2: text that fills a hole, wholly or in part
  const covered = minSequence(outOfOrder.end(0), tcb.rcvNxt);
  if (lessThan(outOfOrder.start(0), covered)) reportDuplicate(tcb, outOfOrder.start(0), covered);
  outOfOrder.removeBefore(tcb.rcvNxt);
  if (outOfOrder.count > 0 && outOfOrder.start(0) === tcb.rcvNxt) {
    const ready = (outOfOrder.end(0) - tcb.rcvNxt) | 0;
    tcb.receiveRing.commit(ready);
    advance(tcb, ready);
    outOfOrder.removeBefore(tcb.rcvNxt);
  }
  if (outOfOrder.count > 0) return;
  tcb.sackRecent.length = 0;
  tcb.duplicateAcks = 0;
}

function advance(tcb: Tcb, count: number): void {
  tcb.rcvNxt = (tcb.rcvNxt + count) | 0;
  tcb.rcvWnd = Math.max(0, tcb.rcvWnd - count);
  tcb.bytesReceived += count;
}

/** Text beyond a hole: kept (SHLD-31), and acknowledged at once so that the peer learns of the hole (MAY-13). */
function placeText(
  tcb: Tcb,
  sequence: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  segmentSize: number,
): TcpDrop | undefined {
  const textEnd = (sequence + end - start) | 0;
  acknowledgeNow(tcb);
  quicken(tcb);
  tcb.interactive = false;
  tcb.duplicateAcks += segmentSize > 0 ? Math.ceil((end - start) / segmentSize) : 1;
  if (isTooFar(tcb, sequence)) return "too-far-ahead";
  tcb.outOfOrder ??= new IntervalSet(tcb.config.outOfOrderLimit);
  const added = tcb.outOfOrder.add(sequence, textEnd);
  if (added < 0) return "too-many-holes";
  if (added === 0) {
    remember(tcb, textEnd); // its block is the newest all the same
    reportDuplicate(tcb, sequence, textEnd);
    return "duplicate-text";
  }
  const offset = ((sequence - tcb.rcvNxt) | 0) + tcb.receiveRing.length;
  const taken = tcb.receiveRing.place(offset, bytes, start, end);
  invariant(taken === end - start, "the window never exceeds the room in the ring");
  remember(tcb, textEnd);
  return undefined;
}

/** A FIN at `sequence`, the first number after its segment's text: it counts when everything before it has come. */
export function noteFin(tcb: Tcb, sequence: number): void {
  if (tcb.finSeen || lessThan(sequence, tcb.rcvNxt)) return;
  tcb.finSeen = true;
  tcb.finSequence = sequence;
}

/** The peer's stream has ended: what waits beyond its end was never part of it. */
export function dropOutOfOrder(tcb: Tcb): void {
  tcb.outOfOrder?.clear();
  tcb.sackRecent.length = 0;
}

/** Bytes in order that the user has not read. */
export function readable(tcb: Tcb): number {
  return tcb.receiveRing.length;
}

/** Moves up to `into.length` bytes to the user and says how many. 0 with {@link peerFinished}: the end of the stream. */
export function receive(tcb: Tcb, into: Uint8Array, _now: Instant, mode: "take" | "peek" = "take"): number {
  const { receiveRing } = tcb;
  if (mode === "peek") return receiveRing.peek(0, into);
  const count = receiveRing.read(into);
  if (count > 0 && mayReceive(tcb.state) && worthUpdate(tcb)) acknowledgeNow(tcb);
  return count;
}

/** The peer's FIN has been reached: nothing comes after what is readable. */
export function peerFinished(tcb: Tcb): boolean {
  return tcb.finSeen && lessThan(tcb.finSequence, tcb.rcvNxt);
}

/** SO_RCVBUF. What the peer was promised stays promised. */
export function setReceiveBuffer(tcb: Tcb, bytes: number): void {
  tcb.receiveBuffer = bytes;
  tcb.receiveRing.resize(Math.max(bytes, tcb.receiveRing.length + tcb.rcvWnd));
  if (mayReceive(tcb.state) && worthUpdate(tcb)) acknowledgeNow(tcb);
}

/** Bytes up to the urgent mark that the user has not read; 0: none, or all read (RFC 9293 MUST-33). */
export function urgentAhead(tcb: Tcb): number {
  if (!tcb.rcvUrgent) return 0;
  const read = (tcb.rcvNxt - tcb.receiveRing.length - (peerFinished(tcb) ? 1 : 0)) | 0;
  return Math.max(0, (tcb.rcvUp - read) | 0);
}
