/** One datagram in the making: its fragments in order, and what is known of the whole (RFC 791, section 3.2). */
import type { Address } from "../../../base/address.ts";
import type { Instant } from "../../../base/time/clock.ts";

/** A fragment as it was found in a packet. Flat; may be reused. */
export interface Fragment {
  source: Address;
  destination: Address;
  identification: number;
  /** IPv4: the protocol, part of the key. IPv6: 0. */
  protocol: number;
  /** Fragments by different interfaces never meet. */
  interfaceIndex: number;
  /** Bytes before this one in the whole: a multiple of 8. */
  offset: number;
  /** More Fragments, as the flag's value: 1 or 0. */
  more: 0 | 1;
  trafficClass: number;
  bytes: Uint8Array;
  /** Everything before the data: `[headerStart, start)`; for IPv6 with the Fragment header, which is its end. */
  headerStart: number;
  /** The data: `[start, end)`. */
  start: number;
  end: number;
  /** IPv6: where, in bytes, the Next Header field stands that names the Fragment header. */
  nextHeaderAt: number;
}

/** The first fragment's header, as it arrived, and where its own data ends. */
export interface FirstFragment {
  readonly header: Uint8Array;
  /** From the start of `header`. */
  readonly nextHeaderAt: number;
}

interface Piece {
  readonly offset: number;
  readonly data: Uint8Array;
}

export interface Datagram {
  readonly source: Address;
  readonly destination: Address;
  readonly identification: number;
  readonly protocol: number;
  readonly interfaceIndex: number;
  readonly hash: number;
  readonly sourceHash: number;
  readonly deadline: Instant;
  /** In order of offset, without overlaps. */
  pieces: Piece[];
  first: FirstFragment | undefined;
  /** Bytes of the whole, or -1 until the last fragment has come. */
  total: number;
  received: number;
  /** A bit for each ECN codepoint seen. */
  ecnSeen: number;
  /** Bytes it takes, bookkeeping included. */
  memory: number;
  /** An overlap was found: nothing of it will be delivered. */
  spoiled: boolean;
  /** Next in the hash chain. */
  next: Datagram | undefined;
}

export type PieceProblem =
  /** Not the last, and no multiple of eight bytes (RFC 8200: ICMPv6 Parameter Problem at Payload Length). */
  | "fragment-length"
  /** It would end beyond 65,535 bytes (RFC 8200: ICMPv6 Parameter Problem at Fragment Offset). */
  | "fragment-beyond"
  | "fragment-empty"
  /** RFC 5722. */
  | "fragment-overlap"
  /** It disagrees with another about where the whole ends. */
  | "fragment-inconsistent";

/** What a datagram and a piece cost besides their bytes, roughly, as the engine keeps them. */
const datagramOverhead = 256;
const pieceOverhead = 160;
const longest = 65_535;

export function newDatagram(
  fragment: Fragment,
  hash: number,
  sourceHash: number,
  deadline: Instant,
): Datagram {
  return {
    source: fragment.source,
    destination: fragment.destination,
    identification: fragment.identification,
    protocol: fragment.protocol,
    interfaceIndex: fragment.interfaceIndex,
    hash,
    sourceHash,
    deadline,
    pieces: [],
    first: undefined,
    total: -1,
    received: 0,
    ecnSeen: 0,
    memory: datagramOverhead,
    spoiled: false,
    next: undefined,
  };
}

/** Puts a fragment in its place. */
export function insert(
  datagram: Datagram,
  fragment: Fragment,
): "whole" | "held" | "duplicate" | PieceProblem {
  const { offset } = fragment;
  const length = fragment.end - fragment.start;
  const problem = lengthProblem(fragment, length) ?? endProblem(datagram, fragment, offset + length);
  if (problem !== undefined) return problem;
  const at = placeOf(datagram.pieces, offset);
  const collision = collides(datagram.pieces, at, fragment, length);
  if (collision !== undefined) return collision;

  const piece: Piece = { offset, data: fragment.bytes.slice(fragment.start, fragment.end) };
  if (at === datagram.pieces.length) datagram.pieces.push(piece);
  else datagram.pieces.splice(at, 0, piece);
  datagram.memory += length + pieceOverhead;
  datagram.received += length;
  datagram.ecnSeen |= 1 << (fragment.trafficClass & 3);
  if (fragment.more === 0) datagram.total = offset + length;
  if (offset === 0) keepHeader(datagram, fragment);
  return datagram.received === datagram.total ? "whole" : "held";
}

function lengthProblem(fragment: Fragment, length: number): PieceProblem | undefined {
  if (length === 0) return "fragment-empty";
  if (fragment.more === 1 && length % 8 !== 0) return "fragment-length";
  const header = fragment.start - fragment.headerStart;
  // An IPv4 Total Length counts the header; an IPv6 Payload Length does not count its first 40 bytes and Fragment header.
  const headerCounted = fragment.bytes[fragment.headerStart]! >>> 4 === 4 ? header : header - 48;
  return headerCounted + fragment.offset + length > longest ? "fragment-beyond" : undefined;
}

function endProblem(datagram: Datagram, fragment: Fragment, end: number): PieceProblem | undefined {
  const { pieces, total } = datagram;
  if (total >= 0 && (end > total || (fragment.more === 0 && end !== total))) return "fragment-inconsistent";
  if (fragment.more === 1 || pieces.length === 0) return undefined;
  const last = pieces[pieces.length - 1]!;
  return last.offset + last.data.length > end ? "fragment-inconsistent" : undefined;
}

/** The index of the first piece at or after `offset`; the end is looked at first, as fragments come in order. */
function placeOf(pieces: readonly Piece[], offset: number): number {
  let low = 0;
  let high = pieces.length;
  if (high === 0 || pieces[high - 1]!.offset < offset) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (pieces[middle]!.offset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** An exact duplicate is no overlap (RFC 8200, section 4.5, errata 4089 and the last paragraph on overlaps). */
function collides(
  pieces: readonly Piece[],
  at: number,
  fragment: Fragment,
  length: number,
): "duplicate" | "fragment-overlap" | undefined {
  const before = pieces[at - 1];
  if (before !== undefined && before.offset + before.data.length > fragment.offset) return "fragment-overlap";
  const after = pieces[at];
  if (after === undefined || after.offset >= fragment.offset + length) return undefined;
  if (after.offset === fragment.offset && after.data.length === length && sameData(after.data, fragment))
    return "duplicate";
  return "fragment-overlap";
}

function sameData(data: Uint8Array, { bytes, start }: Fragment): boolean {
  for (let i = 0; i < data.length; i++) if (data[i] !== bytes[start + i]) return false;
  return true;
}

function keepHeader(datagram: Datagram, fragment: Fragment): void {
  const header = fragment.bytes.slice(fragment.headerStart, fragment.start);
  datagram.first = { header, nextHeaderAt: fragment.nextHeaderAt - fragment.headerStart };
  datagram.memory += header.length;
}
