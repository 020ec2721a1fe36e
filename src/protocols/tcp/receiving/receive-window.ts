/** The receive window: how much is announced, and when a reader's progress is worth a segment (RFC 9293, section 3.8.6). */
import type { Tcb } from "../tcb.ts";

const largestField = 0xffff;

/** What the reader's progress would allow to announce, before the silly window rule. */
function space(tcb: Tcb): number {
  return Math.max(0, tcb.receiveBuffer - tcb.receiveRing.length);
}

/**
 * RCV.WND as it stands after the silly window rule of the receiver (section 3.8.6.2.2, MUST-39): the right edge stays
 * until it can move by an MSS or half the buffer, and never moves left (SHLD-14).
 */
export function usableWindow(tcb: Tcb): number {
  const free = space(tcb);
  const step = Math.min(tcb.receiveBuffer >>> 1, tcb.rcvMssOffer);
  return free - tcb.rcvWnd >= step ? free : tcb.rcvWnd;
}

/**
 * SEG.WND for a segment about to be sent; what it promises becomes RCV.WND. A scaled window is rounded down, so its edge
 * may seem to move left by less than one unit (RFC 7323, section 2.4); what was once promised is still accepted.
 */
export function announceWindow(tcb: Tcb): number {
  const field = Math.min(usableWindow(tcb) >>> tcb.rcvWndShift, largestField);
  const announced = field << tcb.rcvWndShift;
  if (announced > tcb.rcvWnd) tcb.rcvWnd = announced;
  return field;
}

/** SEG.WND of a SYN, which is never scaled (RFC 7323, section 2.2). */
export function announceFirstWindow(tcb: Tcb): number {
  const { firstWindow, rcvMssOffer } = tcb;
  const whole = firstWindow > rcvMssOffer ? firstWindow - (firstWindow % rcvMssOffer) : firstWindow;
  tcb.rcvWnd = Math.min(space(tcb), Number.isFinite(firstWindow) ? whole : largestField, largestField);
  return tcb.rcvWnd;
}

/** The window has opened so far that the peer should hear of it: from nothing, or to twice what it knows. */
export function worthUpdate(tcb: Tcb): boolean {
  const window = Math.min(usableWindow(tcb), largestField << tcb.rcvWndShift);
  return window > tcb.rcvWnd && window >= 2 * tcb.rcvWnd && window >>> tcb.rcvWndShift > 0;
}
