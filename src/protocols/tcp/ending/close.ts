/** How a connection ends: CLOSE, ABORT, the peer's reset, and time (RFC 9293, sections 3.6, 3.10.4, 3.10.5). */

import type { ErrnoName } from "../../../base/errno.ts";
import { type Instant, never } from "../../../base/time/clock.ts";
import { readable } from "../receiving/receive.ts";
import { output } from "../sending/output.ts";
import { enter } from "../state.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";

/** SHUT_WR: no more data of ours; a FIN follows what was sent. The peer may go on (MAY-1). */
export function shutdownSend(tcb: Tcb, _now: Instant): void {
  if (tcb.finQueued) return;
  switch (tcb.state) {
    case "SYN-SENT":
      enter(tcb, "CLOSED");
      return;
    case "SYN-RECEIVED": // the FIN waits for ESTABLISHED
      tcb.finQueued = true;
      return;
    case "ESTABLISHED":
      tcb.finQueued = true;
      enter(tcb, "FIN-WAIT-1");
      return;
    case "CLOSE-WAIT":
      tcb.finQueued = true;
      enter(tcb, "LAST-ACK");
      return;
    default: // there is nothing to shut, or it is shut
  }
}

/** SHUT_RD: the user reads no more. What comes is still acknowledged until our own FIN is queued. */
export function shutdownReceive(tcb: Tcb): void {
  tcb.receiveShutdown = true;
}

/**
 * The user gives the connection up: an orderly end goes on by itself. Data that nobody will read any more resets it
 * (RFC 2525, section 2.17; SHLD-3), as does SO_LINGER with no time.
 */
export function close(tcb: Tcb, now: Instant): void {
  if (tcb.state === "CLOSED") return;
  tcb.orphan = true;
  tcb.receiveShutdown = true;
  const unread = readable(tcb) > 0 && tcb.state !== "TIME-WAIT";
  if (unread || tcb.lingerReset) {
    abort(tcb, now);
    return;
  }
  shutdownSend(tcb, now);
  startFinWait2(tcb, now);
}

/** ABORT: resets the peer, if it knows of the connection, and forgets everything. */
export function abort(tcb: Tcb, now: Instant): void {
  if (tcb.state === "CLOSED") return;
  if (hearsReset(tcb)) {
    tcb.wishes |= wish.reset;
    output(tcb, now);
  }
  enter(tcb, "CLOSED");
}

/** A segment came that the user will not hear of: <SEQ=SEG.ACK><CTL=RST>, and the connection is over. */
export function refuse(tcb: Tcb, acknowledgment: number, now: Instant): void {
  tcb.refusal = acknowledgment;
  tcb.wishes = wish.refuse;
  output(tcb, now);
  enter(tcb, "CLOSED");
}

/** RFC 9293, section 3.10.5: the others have nothing left that a reset could save. */
function hearsReset({ state }: Tcb): boolean {
  return (
    state === "SYN-RECEIVED" ||
    state === "ESTABLISHED" ||
    state === "FIN-WAIT-1" ||
    state === "FIN-WAIT-2" ||
    state === "CLOSE-WAIT"
  );
}

/** The peer sent a reset that counts (section 3.10.7.4, second; MUST-12). */
export function peerReset(tcb: Tcb): void {
  tcb.error = resetError(tcb);
  enter(tcb, "CLOSED");
}

/** What the user hears; EPIPE as Linux says it. A connection that was over anyway ends without a word. */
function resetError({ state, passive }: Tcb): ErrnoName | undefined {
  switch (state) {
    case "SYN-RECEIVED":
      return passive ? undefined : "ECONNREFUSED";
    case "CLOSE-WAIT":
      return "EPIPE";
    case "CLOSING":
    case "LAST-ACK":
      return undefined;
    default:
      return "ECONNRESET";
  }
}

/** It ends because of what did not happen. An ICMP error heard before tells more than the timeout (RFC 1122, 4.2.3.9). */
export function fail(tcb: Tcb, error: ErrnoName): void {
  tcb.error = tcb.softError ?? error;
  enter(tcb, "CLOSED");
}

/** The wait of 2 MSL begins (MUST-13). */
export function enterTimeWait(tcb: Tcb, now: Instant): void {
  tcb.timeWaitUntil = now + tcb.config.timeWait;
  enter(tcb, "TIME-WAIT");
}

/** As Linux does: nobody is left to hear of a peer that never closes its side (tcp_fin_timeout). */
export function startFinWait2(tcb: Tcb, now: Instant): void {
  if (tcb.state !== "FIN-WAIT-2" || !tcb.orphan) return;
  if (tcb.finWait2 < 0) abort(tcb, now);
  else tcb.finWait2At = now + tcb.finWait2;
}

/** FIN-WAIT-2 lasted too long. */
export function finWait2Expired(tcb: Tcb): void {
  tcb.finWait2At = never;
  enter(tcb, "CLOSED");
}
