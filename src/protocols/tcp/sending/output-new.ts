/** New text: how much of it may go now, and in what pieces (RFC 9293, sections 3.7.4 and 3.8.6.2.1; RFC 5681). */

import { lessOrEqual } from "../../../base/sequence.ts";
import type { Instant } from "../../../base/time/clock.ts";
import { tcpFlags } from "../../../wire/tcp.ts";
import { restartAfterIdle } from "../congestion/window.ts";
import { textSent } from "../receiving/delayed-ack.ts";
import { startTiming } from "../recovery/rtt.ts";
import { sackOptionLength } from "../recovery/sack.ts";
import { pipe } from "../recovery/scoreboard.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";
import { sendSegment } from "./segments.ts";
import { recordEnd } from "./send.ts";
import { burstSize } from "./tso.ts";

const { ACK, PSH, FIN } = tcpFlags;

/** Sends all text, and the FIN after it, that the peer's window, cwnd and Nagle's rule let go. */
export function sendNewText(tcb: Tcb, now: Instant): void {
  if (((tcb.sndEnd - tcb.sndNxt) | 0) > 0) sendPieces(tcb, now);
  if (tcb.finQueued && tcb.sndNxt === tcb.sndEnd) sendPiece(tcb, 0, tcb.sndMss, now);
}

function sendPieces(tcb: Tcb, now: Instant): void {
  if (tcb.sndNxt === tcb.sndUna && tcb.sndWnd > 0) restartAfterIdle(tcb, now);
  const size = pieceSize(tcb);
  const most = burstSize(tcb, size);
  const start = tcb.sndNxt;
  let room = tcb.cwnd - pipe(tcb) + limitedTransmit(tcb);
  let unsent = (tcb.sndEnd - start) | 0;
  while (unsent > 0) {
    const record = tcb.recordEnds.length === 0 ? unsent : recordLength(tcb);
    const length = nextLength(tcb, Math.min(unsent, record), room, size, most);
    if (length === 0 || tcb.world.admits?.(tcb) === false) break;
    sendPiece(tcb, length, size, now);
    unsent -= length;
    room -= length;
  }
  tcb.cwndLimited = unsent > 0 && room < size;
  if (tcb.sndNxt !== start) tcb.peakFlight = (tcb.sndNxt - tcb.sndUna) | 0;
}

/** Bytes left of the record that is being sent. */
function recordLength(tcb: Tcb): number {
  return (recordEnd(tcb, tcb.sndNxt, tcb.sndEnd) - tcb.sndNxt) | 0;
}

/** Payload of a full segment: the effective send MSS less the SACK blocks it will bear (MUST-16). */
export function pieceSize(tcb: Tcb): number {
  return tcb.sndMss - sackOptionLength(tcb);
}

/** The first two duplicate ACKs let two segments more into the network (RFC 3042); with SACK, pipe says so itself. */
function limitedTransmit(tcb: Tcb): number {
  if (tcb.dupAcks === 0 || tcb.recovery !== "open" || tcb.sackPermitted) return 0;
  return Math.min(tcb.dupAcks, 2) * tcb.sndMss;
}

/** How many bytes the next segment takes; with TSO it may stand for many. 0: nothing may go. */
function nextLength(tcb: Tcb, unsent: number, room: number, size: number, most: number): number {
  const window = (tcb.sndUna + tcb.sndWnd - tcb.sndNxt) | 0;
  const usable = Math.min(unsent, window, room);
  if (usable < size) return smallLength(tcb, usable, unsent, window);
  if (usable >= most) return most;
  const tail = usable % size;
  const withTail = usable === unsent && maySendSmall(tcb, (tcb.sndNxt + usable - tail) | 0);
  return withTail ? usable : usable - tail;
}

/** Less than a full segment: the last of what there is, or as much as a small window ever held (section 3.8.6.2.1). */
function smallLength(tcb: Tcb, usable: number, unsent: number, window: number): number {
  if (usable <= 0) return 0;
  if (usable === unsent) return maySendSmall(tcb, tcb.sndNxt) ? usable : 0;
  return usable === window && 2 * usable >= tcb.maxSndWnd ? usable : 0;
}

/** Nagle's algorithm (SHLD-7, MUST-17), asked for a last small segment at `sequence`. */
function maySendSmall(tcb: Tcb, sequence: number): boolean {
  if (tcb.finQueued || tcb.sndUrgent || (tcb.wishes & wish.push) !== 0) return true;
  if (tcb.recordEnds.length > 0 && recordEnd(tcb, sequence, tcb.sndEnd) !== tcb.sndEnd) return true;
  if (tcb.cork || tcb.moreHolds) return false;
  if (tcb.noDelay) return true;
  if (tcb.config.nagle === "rfc896") return sequence === tcb.sndUna;
  return lessOrEqual(tcb.sndSml, tcb.sndUna);
}

/** The next `length` bytes leave as one segment; with the last of them PSH (MUST-61) and a FIN that waits; `push` is PSH or 0. */
export function sendPiece(tcb: Tcb, length: number, size: number, now: Instant, push = 0): void {
  const sequence = tcb.sndNxt;
  const end = (sequence + length) | 0;
  let flags: number = ACK | push;
  tcb.sndNxt = end;
  if (end === tcb.sndEnd) {
    if (length > 0 && ((!tcb.more && !tcb.cork) || (tcb.wishes & wish.push) !== 0)) flags |= PSH;
    if (tcb.finQueued) {
      flags |= FIN;
      tcb.sndNxt = (end + 1) | 0;
    }
  }
  if (length > size || tcb.recordEnds.includes(end)) flags |= PSH; // as Linux does, so that a receiver that glues segments passes them on at once
  if (length % size !== 0) tcb.sndSml = end;
  if (!tcb.timing) startTiming(tcb, tcb.sndNxt, now);
  textSent(tcb, now);
  sendSegment(tcb, sequence, flags, length, length > size ? size : 0, now);
}
