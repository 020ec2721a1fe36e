/** TIME-WAIT: what is kept of a connection, and what a segment does to it (RFC 9293, section 3.10.7.4). */
import type { Instant } from "../../../base/time/clock.ts";
import { type TcpHeader, type TcpSegment, tcpFlags } from "../../../wire/tcp.ts";
import type { TcpConfig } from "../config.ts";
import { timestampNow } from "../options.ts";
import { emptySegment } from "../sending/segments.ts";
import type { Tcb } from "../tcb.ts";
import type { OutgoingSegment } from "../world.ts";

const { FIN, SYN, RST, ACK } = tcpFlags;

/** What takes the place of a TCB. */
export interface TimeWait {
  readonly config: TcpConfig;
  readonly sndNxt: number;
  readonly rcvNxt: number;
  /** RCV.WND, and as it stands on the wire. */
  readonly rcvWnd: number;
  readonly window: number;
  readonly timestamps: boolean;
  readonly timestampOffset: number;
  tsRecent: number;
  tsRecentAt: Instant;
  lastAckAt: Instant;
  /** When it ends. */
  until: Instant;
}

/** `restart`: acknowledge, and the wait began anew (`until` has moved). `reopen`: a new connection takes its place. */
export type TimeWaitVerdict = "ignore" | "acknowledge" | "restart" | "reopen" | "end";

/** What must be kept of a TCB that has entered TIME-WAIT. */
export function timeWaitOf(tcb: Tcb): TimeWait {
  return {
    config: tcb.config,
    sndNxt: tcb.sndNxt,
    rcvNxt: tcb.rcvNxt,
    rcvWnd: tcb.rcvWnd,
    window: Math.min(tcb.rcvWnd >>> tcb.rcvWndShift, 0xffff),
    timestamps: tcb.timestamps,
    timestampOffset: tcb.timestampOffset,
    tsRecent: tcb.tsRecent,
    tsRecentAt: tcb.tsRecentAt,
    lastAckAt: tcb.lastInvalidAckAt,
    until: tcb.timeWaitUntil,
  };
}

/** What is to be done about a segment; `until` and TS.Recent follow it. */
export function timeWaitArrives(wait: TimeWait, segment: TcpSegment, now: Instant): TimeWaitVerdict {
  const { flags } = segment;
  if ((flags & RST) !== 0) return resets(wait, segment);
  if ((flags & (SYN | ACK)) === SYN && mayReopen(wait, segment)) return "reopen";
  if ((flags & ACK) === 0) return acknowledgeSometimes(wait, now);
  const old = isOld(wait, segment);
  const length = segment.payloadEnd - segment.payloadStart + (flags & FIN) + ((flags & SYN) >>> 1);
  if (!old && length === 0 && segment.sequence === wait.rcvNxt) {
    noteTimestamp(wait, segment, now);
    return "ignore";
  }
  wait.until = now + wait.config.timeWait; // the peer has not heard our last ACK
  if (length > 0 && !old && (flags & SYN) === 0) return "restart";
  return acknowledgeSometimes(wait, now) === "ignore" ? "ignore" : "restart";
}

/** Only an exact reset ends the wait (RFC 5961, section 3.2); none where assassination is feared (RFC 1337). */
function resets(wait: TimeWait, segment: TcpHeader): TimeWaitVerdict {
  return !wait.config.timeWaitIgnoresResets && segment.sequence === wait.rcvNxt ? "end" : "ignore";
}

/**
 * A SYN that cannot be an old duplicate opens a new connection (MAY-2, SHLD-4; RFC 6191, section 2): its timestamp, or else
 * its sequence number, is greater than the last one seen.
 */
function mayReopen(wait: TimeWait, syn: TcpHeader): boolean {
  const laterSequence = ((syn.sequence - wait.rcvNxt) | 0) > 0;
  if (!wait.timestamps) return syn.timestamps || laterSequence;
  if (!syn.timestamps) return laterSequence;
  const later = (syn.timestampValue - wait.tsRecent) | 0;
  return later > 0 || (later === 0 && laterSequence);
}

/** Where the sequence numbers of a connection that takes its place begin: beyond all of this one (as Linux does). */
export function reopenedSequence(wait: TimeWait): number {
  return (wait.sndNxt + 0xffff + 2) | 0;
}

function isOld(wait: TimeWait, segment: TcpHeader): boolean {
  return wait.timestamps && segment.timestamps && ((segment.timestampValue - wait.tsRecent) | 0) < 0;
}

function noteTimestamp(wait: TimeWait, segment: TcpHeader, now: Instant): void {
  if (!wait.timestamps || !segment.timestamps) return;
  wait.tsRecent = segment.timestampValue;
  wait.tsRecentAt = now;
}

/** As elsewhere, lest two stacks acknowledge each other for ever. */
function acknowledgeSometimes(wait: TimeWait, now: Instant): TimeWaitVerdict {
  if (now - wait.lastAckAt < wait.config.invalidAckInterval) return "ignore";
  wait.lastAckAt = now;
  return "acknowledge";
}

/** <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, for `acknowledge` and `restart`. The ports are the caller's to fill in. */
export function timeWaitAck(wait: TimeWait, now: Instant): OutgoingSegment {
  const segment = emptySegment();
  segment.flags = ACK;
  segment.sequence = wait.sndNxt;
  segment.acknowledgment = wait.rcvNxt;
  segment.window = wait.window;
  segment.timestamps = wait.timestamps;
  if (!wait.timestamps) return segment;
  segment.timestampValue = timestampNow(wait, now);
  segment.timestampEcho = wait.tsRecent;
  return segment;
}
