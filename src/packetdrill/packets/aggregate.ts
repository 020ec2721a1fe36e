/**
 * Several captured packets as the one that an expectation of more payload asks for: a burst may come in any cut, if the
 * pieces fit together and agree in everything else.
 */

import { tcpFlags } from "../../wire/tcp.ts";
import { formatTcpFlags } from "../language/names/tcp-flags.ts";
import type { Tcp } from "../language/script/packets.ts";
import { difference } from "./compare.ts";
import { compareTcpOptions } from "./compare-options.ts";
import type { Seen } from "./packet-parse.ts";
import { flagsOf } from "./tcp-numbers.ts";

/** TCP payload of a packet, 0 for others. */
export function payloadOf(seen: Seen): number {
  const { content } = seen.packet;
  return content.protocol === "tcp" ? content.seq.length : 0;
}

/**
 * Whether `next` continues the packets before it, the last of which is `before`.
 * @param missing payload bytes still expected, with those of `next`.
 * @returns what stands against it, or undefined.
 */
export function continues(before: Seen, next: Seen, missing: number): string | undefined {
  const last = before.packet.content;
  const content = next.packet.content;
  if (last.protocol !== "tcp" || content.protocol !== "tcp") return "only TCP segments come in pieces";
  const headers = compareHeaders(last, content);
  if (headers !== undefined) return headers;
  const wanted = (last.seq.start + last.seq.length) >>> 0;
  const sequence = difference("tcp_seq", wanted, content.seq.start);
  if (sequence !== undefined) return sequence;
  if (content.seq.length >= missing || last.seq.length === 0 || last.seq.length === content.seq.length)
    return undefined;
  return `fragment payload: expected ${last.seq.length} bytes vs actual ${content.seq.length} bytes`;
}

/**
 * Everything but FIN, PSH, CWR, lengths and sequence numbers. Options of what carries nothing do not matter: the real tool
 * passes a script in which one socket's SYN, sent again, comes before that of the next one, which carries data.
 */
function compareHeaders(last: Tcp, next: Tcp): string | undefined {
  const free = tcpFlags.FIN | tcpFlags.PSH | tcpFlags.CWR;
  const flags = difference("tcp_flags", flagsOf(last) & ~free, flagsOf(next) & ~free);
  if (flags !== undefined) return flags;
  return (
    difference("tcp_ack_seq", last.ack ?? 0, next.ack ?? 0) ??
    difference("tcp_window", last.win ?? 0, next.win ?? 0) ??
    (last.seq.length === 0 ? undefined : compareTcpOptions(last.options, next.options))
  );
}

/** The pieces as one: the last one's headers, options and flags, the first one's sequence number and CWR. */
export function merge(pieces: readonly Seen[]): Seen {
  const first = pieces[0]!;
  const last = pieces.at(-1)!;
  const start = first.packet.content;
  const end = last.packet.content;
  if (pieces.length === 1 || start.protocol !== "tcp" || end.protocol !== "tcp") return last;
  const length = pieces.reduce((sum, piece) => sum + payloadOf(piece), 0);
  const seq = { ...end.seq, start: start.seq.start, end: (start.seq.start + length) >>> 0, length };
  const flags = formatTcpFlags((flagsOf(end) & ~tcpFlags.CWR) | (flagsOf(start) & tcpFlags.CWR));
  const flaw = pieces.find((piece) => piece.flaw !== undefined)?.flaw;
  return {
    ...last,
    packet: { ...last.packet, content: { ...end, seq, flags } },
    ipLength: last.ipLength - end.seq.length + length,
    flaw,
  };
}
