/** Segments that ask a silent peer how it is (RFC 9293, sections 3.8.6.1 and 3.8.4). */
import type { Instant } from "../../../base/time/clock.ts";
import { tcpFlags } from "../../../wire/tcp.ts";
import type { Tcb } from "../tcb.ts";
import { pieceSize, sendPiece } from "./output-new.ts";
import { sendSegment } from "./segments.ts";

const { ACK, PSH } = tcpFlags;

/**
 * The persist timer rang. A window that is open after all gets the small segment that was held back for it (the override
 * timeout of section 3.8.6.2.1); a closed one is probed (MUST-36).
 */
export function sendProbe(tcb: Tcb, now: Instant): void {
  const unsent = (tcb.sndEnd - tcb.sndNxt) | 0;
  if (unsent <= 0 || tcb.sndNxt !== tcb.sndUna) return;
  const size = pieceSize(tcb);
  if (tcb.sndWnd > 0) {
    sendPiece(tcb, Math.min(unsent, tcb.sndWnd, size), size, now, PSH); // as Linux does (tcp_write_wakeup)
  } else if (tcb.config.windowProbe === "octet") sendPiece(tcb, 1, size, now);
  else sendStale(tcb, now);
}

export function sendKeepAlive(tcb: Tcb, now: Instant): void {
  if (tcb.sndNxt === tcb.sndUna) sendStale(tcb, now);
}

/** A sequence number the peer has already acknowledged, and no data (SHLD-12): it must answer with an ACK. */
function sendStale(tcb: Tcb, now: Instant): void {
  sendSegment(tcb, (tcb.sndUna - 1) | 0, ACK, 0, 0, now);
}
