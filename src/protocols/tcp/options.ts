/** TCP options: what a SYN offers and what a pair of SYNs settles (RFC 9293, section 3.7.1; RFC 7323; RFC 2018). */
import type { Instant } from "../../base/time/clock.ts";
import type { TcpHeader } from "../../wire/tcp.ts";
import { defaultMss, headerLength, type Tcb } from "./tcb.ts";
import type { OutgoingSegment } from "./world.ts";

/** RFC 7323, section 2.3: a larger shift is used as this one. */
const largestShift = 14;
/** Bytes of the timestamps option with its padding, and of a SACK option without its blocks. */
const timestampsLength = 12;
const sackPadding = 4;
/** RFC 2018, section 3: 40 bytes of options hold four blocks, three beside timestamps. */
const blockLength = 8;
/** No option has this value; frozen, for it is shared. */
export const noBlocks: readonly number[] = Object.freeze([]);

/** The shift that announces `bytes` in 16 bits. */
export function shiftFor(bytes: number): number {
  let shift = 0;
  for (let rest = bytes; shift < largestShift && rest >= 0x10000; rest /= 2) shift++;
  return shift;
}

/** TSval: a millisecond clock of this connection (RFC 7323, section 5.4). */
export function timestampNow(tcb: Pick<Tcb, "timestampOffset">, now: Instant): number {
  return (Math.floor(now) + tcb.timestampOffset) | 0;
}

/** Options of a SYN offer what we can; those of a SYN-ACK repeat what both can. */
export function offerOptions(tcb: Tcb, segment: OutgoingSegment, now: Instant): void {
  const { config } = tcb;
  const answering = tcb.state === "SYN-RECEIVED";
  segment.mss = tcb.rcvMssOffer;
  segment.windowScale = (answering ? tcb.windowScaling : config.windowScaling) ? shiftOffered(tcb) : -1;
  segment.sackPermitted = answering ? tcb.sackPermitted : config.sack;
  segment.timestamps = answering ? tcb.timestamps : config.timestamps;
  segment.timestampValue = segment.timestamps ? timestampNow(tcb, now) : 0;
  segment.timestampEcho = answering && segment.timestamps ? tcb.tsRecent : 0;
}

function shiftOffered(tcb: Tcb): number {
  return shiftFor(tcb.receiveBufferMost);
}

/** Takes in the options of the peer's SYN or SYN-ACK. */
export function negotiate(tcb: Tcb, syn: TcpHeader, now: Instant): void {
  const { config } = tcb;
  tcb.peerMss = syn.mss === 0 ? defaultMss(tcb.family) : syn.mss;
  tcb.windowScaling = config.windowScaling && syn.windowScale >= 0;
  tcb.sndWndShift = tcb.windowScaling ? Math.min(syn.windowScale, largestShift) : 0;
  tcb.rcvWndShift = tcb.windowScaling ? shiftOffered(tcb) : 0;
  tcb.sackPermitted = config.sack && syn.sackPermitted;
  tcb.timestamps = config.timestamps && syn.timestamps;
  if (tcb.timestamps) {
    tcb.tsRecent = syn.timestampValue;
    tcb.tsRecentAt = now;
  }
  updateMss(tcb);
}

/**
 * The effective send MSS (RFC 9293 MUST-16): what peer, path and user allow, without the options that every segment
 * bears (RFC 6691, section 2).
 */
export function updateMss(tcb: Tcb): void {
  const allowed = Math.min(tcb.peerMss, tcb.pathMss, tcb.maxSegment > 0 ? tcb.maxSegment : 0xffff);
  tcb.sndMss = Math.max(allowed, tcb.config.minimumMss) - (tcb.timestamps ? timestampsLength : 0);
  if (tcb.cwnd < tcb.sndMss) tcb.cwnd = tcb.sndMss;
}

/** Of a path MTU, what is left for a segment's options and payload. */
export function mssOfMtu(tcb: Tcb, mtu: number): number {
  return mtu - headerLength(tcb.family);
}

/** SACK blocks that fit a segment. */
export function blocksThatFit(tcb: Tcb): number {
  return tcb.timestamps ? 3 : 4;
}

/** Bytes of a SACK option of `count` blocks. */
export function sackLength(count: number): number {
  return count === 0 ? 0 : sackPadding + count * blockLength;
}
