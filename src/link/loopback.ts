/** The link of 127.0.0.1 and ::1: what is sent arrives at the sender, and needs neither cutting nor checksums. */
import type { Clock } from "../base/time/clock.ts";
import type { QueueLimits } from "./inbox.ts";
import type { Link } from "./link.ts";
import { offloadCapabilities, PipeEnd, pipeQueueLimits } from "./pipe.ts";

/** The longest IP packet. */
const loopbackMtu = 0xffff;

/** A pipe bent back on itself. */
export function loopback(clock: Clock, name = "lo", limits: QueueLimits = pipeQueueLimits): Link {
  return new PipeEnd(clock, name, { ...offloadCapabilities, mtu: loopbackMtu }, limits);
}
