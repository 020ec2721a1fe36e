/** Text that counts as lost, once more: what lies in [HighRxt, lostEnd) and is not SACKed, as cwnd allows. */

import { greaterThan, lessThan, minSequence } from "../../../base/sequence.ts";
import type { Instant } from "../../../base/time/clock.ts";
import { tcpFlags } from "../../../wire/tcp.ts";
import { stopTiming } from "../recovery/rtt.ts";
import { holeEnd, nextUnsacked, pipe } from "../recovery/scoreboard.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";
import { pieceSize } from "./output-new.ts";
import { sendSegment } from "./segments.ts";
import { recordEnd } from "./send.ts";

const { ACK, PSH, FIN } = tcpFlags;

/** The first segment goes whatever the windows say, where that is wished; the others only into open ones. */
export function sendAgain(tcb: Tcb, now: Instant): void {
  const size = pieceSize(tcb);
  const edge = (tcb.sndUna + tcb.sndWnd) | 0;
  let room = tcb.cwnd - pipe(tcb);
  let urged = (tcb.wishes & wish.retransmit) !== 0;
  for (;;) {
    const start = nextUnsacked(tcb, tcb.highRxt);
    if (!lessThan(start, tcb.lostEnd)) {
      tcb.highRxt = tcb.lostEnd;
      return;
    }
    const end = pieceEnd(tcb, start, size);
    const length = (end - start) | 0;
    if (!urged && (room < length || greaterThan(end, edge))) return;
    urged = false;
    room -= length;
    tcb.highRxt = end;
    sendOnce(tcb, start, end, now);
  }
}

/** A full segment, unless a SACKed block or the end comes first. A FIN goes with the last of the text. */
function pieceEnd(tcb: Tcb, start: number, size: number): number {
  const hole = holeEnd(tcb, start, tcb.lostEnd);
  const end = minSequence((start + size) | 0, recordEnd(tcb, start, hole));
  return end === tcb.sndEnd && greaterThan(tcb.lostEnd, end) ? tcb.lostEnd : end;
}

/** Sends [start, end) again; one past the text stands for the FIN. */
function sendOnce(tcb: Tcb, start: number, end: number, now: Instant): void {
  const textEnd = minSequence(end, tcb.sndEnd);
  let flags: number = ACK;
  if ((textEnd === tcb.sndEnd || tcb.recordEnds.includes(textEnd)) && textEnd !== start) flags |= PSH;
  if (end !== textEnd) flags |= FIN;
  stopTiming(tcb, now);
  tcb.retransmitted++;
  tcb.bytesResent += (textEnd - start) | 0;
  tcb.lastSentAt = now;
  sendSegment(tcb, start, flags, (textEnd - start) | 0, 0, now);
}
