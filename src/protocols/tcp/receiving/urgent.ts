/** Urgent data: a mark in the stream, never data beside it (RFC 9293, section 3.8.5; RFC 6093). */
import { greaterThan } from "../../../base/sequence.ts";
import type { Tcb } from "../tcb.ts";

/** Sixth: RCV.UP becomes the furthest mark seen, and the user hears of a new one (MUST-31, MUST-32). */
export function urgentArrives(tcb: Tcb, mark: number): void {
  if (!greaterThan(mark, tcb.rcvNxt) || (tcb.rcvUrgent && !greaterThan(mark, tcb.rcvUp))) return;
  tcb.rcvUp = mark;
  tcb.rcvUrgent = true;
  tcb.world.notify(tcb, "urgent");
}

/** The octet the user gave last is the last urgent one; the pointer names the one after it (MUST-62). */
export function markUrgent(tcb: Tcb): void {
  tcb.sndUp = tcb.sndEnd;
  tcb.sndUrgent = true;
}

/** The urgent pointer of a segment at `sequence`; 0: the segment is not urgent. As far as 16 bits reach. */
export function urgentPointer(tcb: Tcb, sequence: number): number {
  const ahead = (tcb.sndUp - sequence) | 0;
  return tcb.sndUrgent && ahead > 0 ? Math.min(ahead, 0xffff) : 0;
}
