/** Options of a connection, changed while it lives. */
import type { Instant } from "../../base/time/clock.ts";
import { updateMss } from "./options.ts";
import { acknowledgeNow } from "./receiving/delayed-ack.ts";
import { setKeepAlive } from "./sending/keep-alive.ts";
import type { ConnectionOptions, Tcb } from "./tcb.ts";

/** Sets what `change` names; `output` then does what it makes due. Values are the caller's to check. */
export function configure(tcb: Tcb, change: Partial<ConnectionOptions>, now: Instant): void {
  Object.assign(tcb, change);
  if (change.keepAlive !== undefined || change.keepIdle !== undefined) setKeepAlive(tcb, now);
  if (change.maxSegment !== undefined) updateMss(tcb);
  if (change.cork === false || change.noDelay === true) {
    tcb.more = false;
    tcb.moreHolds = false;
  }
  if (change.quickAck === true && tcb.rcvNxt !== tcb.lastAckSent) acknowledgeNow(tcb);
}
