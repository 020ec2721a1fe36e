/** Acknowledgments for segments that should not be: challenge ACKs (RFC 5961) and answers to old duplicates, rationed. */
import type { Instant } from "../../../base/time/clock.ts";
import type { Tcb } from "../tcb.ts";
import { acknowledgeNow } from "./delayed-ack.ts";

/**
 * Answers with <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, at most once an interval of this connection (RFC 5961, section 7);
 * a count for the whole host could be read by an attacker.
 */
export function challenge(tcb: Tcb, now: Instant): void {
  if (now - tcb.lastInvalidAckAt < tcb.config.invalidAckInterval) return;
  tcb.lastInvalidAckAt = now;
  acknowledgeNow(tcb);
}
