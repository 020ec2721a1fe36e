/** Selective acknowledgments, the receiver's side: what a segment reports of the data beyond RCV.NXT (RFC 2018, section 4). */
import type { IntervalSet } from "../../../base/ranges.ts";
import { lessThan } from "../../../base/sequence.ts";
import { blocksThatFit, noBlocks, sackLength } from "../options.ts";
import type { Tcb } from "../tcb.ts";

/** Text ending at `end` has come out of order: its block is to be reported first. */
export function remember(tcb: Tcb, end: number): void {
  const recent = tcb.sackRecent;
  recent.unshift(end);
  if (recent.length > blocksThatFit(tcb)) recent.pop();
}

/** [start, end) came although we had it already: the next acknowledgment says so first (RFC 2883, section 4). */
export function reportDuplicate(tcb: Tcb, start: number, end: number): void {
  if (!tcb.sackPermitted || !tcb.config.duplicateSack) return;
  tcb.duplicateStart = start;
  tcb.duplicateEnd = end;
}

/** Bytes of the SACK option the next segment will bear. */
export function sackOptionLength(tcb: Tcb): number {
  const { outOfOrder } = tcb;
  const holes = outOfOrder !== undefined && outOfOrder.count > 0;
  if (!holes && tcb.duplicateStart === tcb.duplicateEnd) return 0;
  return sackLength(blocksToReport(tcb).length >> 1);
}

/** Edges of the blocks for the next segment: the duplicate, the newest block, then those reported before. */
export function blocksToReport(tcb: Tcb): readonly number[] {
  const { outOfOrder } = tcb;
  const duplicate = tcb.duplicateStart !== tcb.duplicateEnd;
  const holes = outOfOrder !== undefined && outOfOrder.count > 0;
  if (!tcb.sackPermitted || (!duplicate && !holes)) return noBlocks;
  const edges = duplicate ? [tcb.duplicateStart, tcb.duplicateEnd] : [];
  const limit = blocksThatFit(tcb) * 2;
  if (holes) {
    for (const end of tcb.sackRecent) addBlock(edges, outOfOrder, blockOf(outOfOrder, end), limit, duplicate);
    for (let i = 0; i < outOfOrder.count && edges.length < limit; i++)
      addBlock(edges, outOfOrder, i, limit, duplicate);
  }
  return edges;
}

/** The interval that holds the octet before `end`; -1 where it has been delivered since. */
function blockOf(blocks: IntervalSet, end: number): number {
  for (let i = 0; i < blocks.count; i++)
    if (lessThan(blocks.start(i), end) && !lessThan(blocks.end(i), end)) return i;
  return -1;
}

function addBlock(
  edges: number[],
  blocks: IntervalSet,
  index: number,
  limit: number,
  duplicate: boolean,
): void {
  if (index < 0 || edges.length >= limit) return;
  const start = blocks.start(index);
  for (let i = duplicate ? 2 : 0; i < edges.length; i += 2) if (edges[i] === start) return;
  edges.push(start, blocks.end(index));
}
