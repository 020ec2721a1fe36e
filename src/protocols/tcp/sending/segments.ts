/** One segment, put together from the TCB and handed to the world. Only the `output` files call this. */
import type { Instant } from "../../../base/time/clock.ts";
import { tcpFlags } from "../../../wire/tcp.ts";
import { noBlocks, offerOptions, timestampNow } from "../options.ts";
import { acknowledgmentSent } from "../receiving/delayed-ack.ts";
import { announceFirstWindow, announceWindow } from "../receiving/receive-window.ts";
import { urgentPointer } from "../receiving/urgent.ts";
import { blocksToReport } from "../recovery/sack.ts";
import type { Tcb } from "../tcb.ts";
import type { OutgoingSegment } from "../world.ts";

const { SYN, ACK, RST, URG } = tcpFlags;

/** A segment without anything. */
export function emptySegment(): OutgoingSegment {
  return {
    sourcePort: 0,
    destinationPort: 0,
    sequence: 0,
    acknowledgment: 0,
    flags: 0,
    window: 0,
    checksum: 0,
    urgentPointer: 0,
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    timestampValue: 0,
    timestampEcho: 0,
    sack: noBlocks,
    payloadOffset: 0,
    payloadLength: 0,
    segmentSize: 0,
  };
}

/** The one that all are told with: `transmit` reads it before it returns. It carries nothing from one to the next. */
const segment = emptySegment();

/** Sends `length` bytes at `sequence`, with `flags`; `size` bytes a segment where the link is to cut it, else 0. */
export function sendSegment(
  tcb: Tcb,
  sequence: number,
  flags: number,
  length: number,
  size: number,
  now: Instant,
): void {
  const pointer = tcb.sndUrgent && (flags & (SYN | RST)) === 0 ? urgentPointer(tcb, sequence) : 0;
  segment.sequence = sequence;
  segment.acknowledgment = tcb.rcvNxt;
  segment.flags = pointer > 0 ? flags | URG : flags;
  segment.urgentPointer = pointer;
  segment.window = announceWindow(tcb);
  segment.mss = 0;
  segment.windowScale = -1;
  segment.sackPermitted = false;
  segment.timestamps = tcb.timestamps;
  segment.timestampValue = tcb.timestamps ? timestampNow(tcb, now) : 0;
  segment.timestampEcho = tcb.timestamps ? tcb.tsRecent : 0;
  segment.sack = (flags & RST) === 0 ? blocksToReport(tcb) : noBlocks;
  segment.payloadOffset = length > 0 ? (sequence - tcb.sndUna) | 0 : 0;
  segment.payloadLength = length;
  segment.segmentSize = size;
  acknowledgmentSent(tcb);
  const count = length > size && size > 0 ? Math.ceil(length / size) : 1;
  tcb.segmentsOut += count;
  if (length > 0) tcb.textSegmentsOut += count;
  tcb.bytesSent += length;
  tcb.world.transmit(tcb, segment);
}

/** Sends the SYN, or in SYN-RECEIVED the SYN-ACK, with what they offer. */
export function sendSyn(tcb: Tcb, now: Instant): void {
  const answering = tcb.state === "SYN-RECEIVED";
  clear(tcb.iss, answering ? SYN | ACK : SYN);
  segment.acknowledgment = answering ? tcb.rcvNxt : 0;
  segment.window = announceFirstWindow(tcb);
  offerOptions(tcb, segment, now);
  tcb.segmentsOut++;
  tcb.world.transmit(tcb, segment);
}

/** Sends <SEQ=SEG.ACK><CTL=RST>: the answer to an ACK of another connection (section 3.10.7.3, first). */
export function sendRefusal(tcb: Tcb): void {
  clear(tcb.refusal, RST);
  tcb.segmentsOut++;
  tcb.world.transmit(tcb, segment);
}

function clear(sequence: number, flags: number): void {
  segment.sequence = sequence;
  segment.acknowledgment = 0;
  segment.flags = flags;
  segment.urgentPointer = 0;
  segment.window = 0;
  segment.mss = 0;
  segment.windowScale = -1;
  segment.sackPermitted = false;
  segment.timestamps = false;
  segment.timestampValue = 0;
  segment.timestampEcho = 0;
  segment.sack = noBlocks;
  segment.payloadOffset = 0;
  segment.payloadLength = 0;
  segment.segmentSize = 0;
}
