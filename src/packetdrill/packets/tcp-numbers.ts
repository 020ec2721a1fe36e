/**
 * Between the numbers a script writes and those on the wire. A SYN carries absolute numbers; after it everything counts
 * from the initial sequence numbers. The remote side is the script, so that its initial number is what the script says;
 * that of the stack under test is learned.
 */

import { tcpFlags } from "../../wire/tcp.ts";
import { parseTcpFlags } from "../language/names/tcp-flags.ts";
import type { Sequence, Tcp, TcpOptions } from "../language/script/packets.ts";

export interface InitialNumbers {
  /** Of the stack under test, as the script writes it, and as it is. */
  readonly scriptLocal: number;
  readonly liveLocal: number;
  /** Of the remote side, the same in both. */
  readonly remote: number;
}

/** Flag bits; a script's flags were checked before. */
export function flagsOf(tcp: Tcp): number {
  const flags = parseTcpFlags(tcp.flags);
  return typeof flags === "number" ? flags : 0;
}

/** An inbound segment of the script with the numbers that go on the wire. Timestamps are not touched. */
export function toWire(tcp: Tcp, initial: InitialNumbers): Tcp {
  const { scriptLocal, liveLocal, remote } = initial;
  const flags = flagsOf(tcp);
  const syn = (flags & tcpFlags.SYN) !== 0;
  const local = syn ? liveLocal - scriptLocal : liveLocal;
  return renumbered(
    tcp,
    syn || tcp.seq.form === "literal" ? 0 : remote,
    flags & tcpFlags.ACK ? local : 0,
    local,
  );
}

/** An outbound segment from the wire with the numbers a script would write. */
export function toScript(tcp: Tcp, initial: InitialNumbers): Tcp {
  const { scriptLocal, liveLocal, remote } = initial;
  const flags = flagsOf(tcp);
  const syn = (flags & tcpFlags.SYN) !== 0;
  const acknowledged = syn ? 0 : -remote;
  return renumbered(
    tcp,
    syn ? scriptLocal - liveLocal : -liveLocal,
    flags & tcpFlags.ACK ? acknowledged : 0,
    acknowledged,
  );
}

/** The sequence number that an inbound ICMP error quotes: it counts from the local initial number, SYN or not. */
export function quotedToWire(seq: Sequence, initial: InitialNumbers): Sequence {
  return shifted(seq, seq.form === "literal" ? 0 : initial.liveLocal);
}

function renumbered(tcp: Tcp, sequence: number, acknowledgment: number, edges: number): Tcp {
  const ack = tcp.ack === undefined ? {} : { ack: (tcp.ack + acknowledgment) >>> 0 };
  return { ...tcp, seq: shifted(tcp.seq, sequence), ...ack, options: shiftedSack(tcp.options, edges) };
}

function shifted(seq: Sequence, by: number): Sequence {
  return { ...seq, start: (seq.start + by) >>> 0, end: (seq.end + by) >>> 0 };
}

function shiftedSack(options: TcpOptions, by: number): TcpOptions {
  if (options === null || typeof options === "string" || by === 0) return options;
  return options.map((option) => {
    if (option.kind !== "sack") return option;
    const blocks = option.blocks.map(({ left, right }) => ({
      left: (left + by) >>> 0,
      right: (right + by) >>> 0,
    }));
    return { kind: "sack", blocks };
  });
}
