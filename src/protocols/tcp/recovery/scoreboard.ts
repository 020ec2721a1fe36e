/** What the peer has selectively acknowledged, and what that says of the rest (RFC 6675, sections 3 and 4). */
import { IntervalSet } from "../../../base/ranges.ts";
import { greaterThan, lessOrEqual, lessThan, maxSequence, minSequence } from "../../../base/sequence.ts";
import type { Tcb } from "../tcb.ts";

/** Most blocks kept. A peer that makes more holes than this is told of losses by duplicate ACKs alone. */
export const sackedBlockLimit = 512;

/**
 * Update(): enters the blocks of an ACK. Blocks that are no part of what is in flight, duplicates reported by RFC 2883
 * among them, are passed over.
 * @returns true where a block held something new.
 */
export function noteSacked(tcb: Tcb, edges: readonly number[]): boolean {
  const flight = (tcb.sndNxt - tcb.sndUna) | 0;
  let news = false;
  for (let i = 0; i + 1 < edges.length; i += 2) {
    const start = edges[i]!;
    const end = edges[i + 1]!;
    const from = (start - tcb.sndUna) | 0;
    const to = (end - tcb.sndUna) | 0;
    if (from < 0 || to <= from || to > flight) continue;
    tcb.sacked ??= new IntervalSet(sackedBlockLimit);
    if (tcb.sacked.add(start, end) > 0) news = true;
  }
  return news;
}

export function hasSacked(tcb: Tcb): boolean {
  return tcb.sacked !== undefined && tcb.sacked.count > 0;
}

/** What was cumulatively acknowledged leaves the scoreboard. */
export function forgetAcknowledged(tcb: Tcb): void {
  if (hasSacked(tcb)) tcb.sacked!.removeBefore(tcb.sndUna);
}

/**
 * IsLost() for all at once: everything not SACKed before this sequence number is lost, for enough blocks or bytes beyond
 * it have arrived. SND.UNA where nothing is. In recovery with nothing new to send, a block beyond is enough (NextSeg(),
 * rule 3).
 */
export function lostBefore(tcb: Tcb): number {
  const { sacked } = tcb;
  if (sacked === undefined || sacked.count === 0) return tcb.sndUna;
  if (tcb.recovery === "fast" && lessOrEqual(tcb.sndEnd, tcb.sndNxt)) return sacked.start(sacked.count - 1);
  const threshold = tcb.config.duplicateThreshold;
  const enough = (threshold - 1) * tcb.sndMss;
  let bytes = 0;
  for (let i = sacked.count - 1; i >= 0; i--) {
    bytes += (sacked.end(i) - sacked.start(i)) | 0;
    if (sacked.count - i >= threshold || bytes > enough) return sacked.start(i);
  }
  return tcb.sndUna;
}

/** SetPipe(): bytes of [SND.UNA, SND.NXT) thought to be in the network. */
export function pipe(tcb: Tcb): number {
  const flight = (tcb.sndNxt - tcb.sndUna) | 0;
  if (tcb.lostEnd === tcb.highRxt && !hasSacked(tcb)) return flight;
  return unsacked(tcb, tcb.lostEnd, tcb.sndNxt) + unsacked(tcb, tcb.sndUna, tcb.highRxt);
}

/** Bytes taken for lost, those sent again since among them. */
export function lost(tcb: Tcb): number {
  return tcb.recovery === "open" ? 0 : unsacked(tcb, tcb.sndUna, tcb.lostEnd);
}

/** Bytes of what was lost that went out again. */
export function resent(tcb: Tcb): number {
  return tcb.recovery === "open" ? 0 : unsacked(tcb, tcb.sndUna, tcb.highRxt);
}

/** Bytes of [start, end) that no block covers. */
function unsacked(tcb: Tcb, start: number, end: number): number {
  let bytes = (end - start) | 0;
  const { sacked } = tcb;
  if (sacked === undefined) return bytes;
  for (let i = 0; i < sacked.count; i++) {
    const low = maxSequence(sacked.start(i), start);
    const high = minSequence(sacked.end(i), end);
    if (lessThan(low, high)) bytes -= (high - low) | 0;
  }
  return bytes;
}

/** The first number from `sequence` on that no block covers. */
export function nextUnsacked(tcb: Tcb, sequence: number): number {
  const { sacked } = tcb;
  if (sacked === undefined) return sequence;
  for (let i = 0; i < sacked.count; i++)
    if (lessOrEqual(sacked.start(i), sequence) && lessThan(sequence, sacked.end(i))) return sacked.end(i);
  return sequence;
}

/** Where the hole that begins at `sequence` ends: at the next block, or at `limit`. */
export function holeEnd(tcb: Tcb, sequence: number, limit: number): number {
  const { sacked } = tcb;
  if (sacked === undefined) return limit;
  for (let i = 0; i < sacked.count; i++)
    if (greaterThan(sacked.start(i), sequence)) return minSequence(sacked.start(i), limit);
  return limit;
}
