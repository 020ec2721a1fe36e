/** ICMP errors about our segments (RFC 9293, section 3.9.2.2; RFC 5927; RFC 5461). */

import type { ErrnoName } from "../../../base/errno.ts";
import { lessThan } from "../../../base/sequence.ts";
import type { Instant } from "../../../base/time/clock.ts";
import { fail } from "../ending/close.ts";
import type { Tcb } from "../tcb.ts";

/** What IP knows of the error, and the sequence number of the segment it quotes. */
export interface TcpIcmpError {
  readonly errno: ErrnoName;
  /** RFC 1122, section 4.2.3.9: protocol or port unreachable. */
  readonly hard: boolean;
  readonly sequence: number;
}

/**
 * An error that quotes nothing in flight is forged or late (RFC 5927, section 4.1). One that is believed ends a connection
 * only while it opens (SHLD-26, and section 5.2 of RFC 5927); later it is kept to explain a timeout (MUST-56).
 * @returns false where it was not believed.
 */
export function icmpArrives(tcb: Tcb, error: TcpIcmpError, _now: Instant): boolean {
  const { state } = tcb;
  if (state === "CLOSED" || state === "LISTEN" || state === "TIME-WAIT") return false;
  if (lessThan(error.sequence, tcb.sndUna) || !lessThan(error.sequence, tcb.sndNxt)) return false;
  tcb.softError = error.errno;
  const opening = state === "SYN-SENT" || state === "SYN-RECEIVED";
  if (opening && (error.hard || tcb.config.softErrorsAbortOpening)) fail(tcb, error.errno);
  return true;
}
