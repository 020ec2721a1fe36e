/** What a test injects: objects made into packets of a script, and packets into bytes. */
import type {
  Echoed,
  IpAnnotations,
  Packet,
  Tcp,
  TcpOption,
} from "../../packetdrill/language/script/packets.ts";
import type { Chunk } from "../../packetdrill/language/script/sctp.ts";
import { type Envelope, reversed } from "../../packetdrill/packets/envelope.ts";
import { emitPacket } from "../../packetdrill/packets/packet-emit.ts";
import { flagsOf, quotedToWire, toWire } from "../../packetdrill/packets/tcp-numbers.ts";
import type { Timestamps } from "../../packetdrill/packets/timestamps.ts";
import { fillTransportChecksum } from "../../wire/checksums.ts";
import { protocols } from "../../wire/protocols.ts";
import { tcpFlags } from "../../wire/tcp.ts";
import type { ConnectionNumbers } from "./numbers.ts";
import { bytesOf } from "./payload.ts";

/** A segment to the stack. What is left out goes on from what went before. */
export interface TcpSegment extends IpAnnotations {
  /** `S`, `.`, `P.`, `FP.` … Default: `P.` with a payload, `.` without. */
  readonly flags?: string;
  /** From the peer's initial number; of a SYN the initial number itself. Default: the next one, 0 for a SYN. */
  readonly seq?: number;
  /** Payload bytes, zeros. */
  readonly length?: number;
  /** The payload; text in UTF-8. */
  readonly payload?: string | Uint8Array;
  /** Default: all that the stack has sent. */
  readonly ack?: number;
  /** The raw 16-bit field. Default: that of the segment before, at first 65535. */
  readonly win?: number;
  readonly urg?: number;
  /** Default: none. They fill whole words: pad them with `nop`. */
  readonly options?: readonly TcpOption[];
}

export interface UdpDatagram extends IpAnnotations {
  readonly length?: number;
  readonly payload?: string | Uint8Array;
}

export interface IcmpMessage extends IpAnnotations {
  /** As scripts name them: `unreachable`, `packet_too_big`, `type_7`. */
  readonly type: string;
  readonly code?: string;
  readonly mtu?: number;
  readonly id?: number;
  /** What it quotes of the stack's packet. Default: the first one of the connection. */
  readonly echoed?: Echoed;
}

export interface SctpPacket extends IpAnnotations {
  /** Verification tag, as it is on the wire. */
  readonly tag?: number;
  readonly checksum?: "good" | "bad_crc32c" | "zero_checksum";
  readonly chunks: readonly Chunk[];
}

/** What of a peer's past a segment goes on from. */
export interface Past {
  readonly numbers: ConnectionNumbers;
  readonly window: number;
}

export function inbound(content: Packet["content"], wanted: IpAnnotations): Packet {
  const names = ["ecn", "tos", "dscp", "ttl", "flowLabel"] as const;
  const ip = Object.fromEntries(
    names.filter((name) => wanted[name] !== undefined).map((name) => [name, wanted[name]]),
  );
  return { kind: "packet", at: 0, direction: "inbound", outer: [], ip, content };
}

/** The segment with everything that was left out. */
export function tcpContent(segment: TcpSegment, past: Past): Tcp {
  const { numbers } = past;
  const length = segment.payload === undefined ? (segment.length ?? 0) : bytesOf(segment.payload).length;
  const flags = segment.flags ?? (length > 0 ? "P." : ".");
  const bare: Tcp = { protocol: "tcp", flags, seq: sequence(0, length), options: segment.options ?? [] };
  const bits = flagsOf(bare);
  const syn = (bits & tcpFlags.SYN) !== 0;
  const start = segment.seq ?? (syn ? 0 : numbers.next);
  const received = (numbers.received + (syn ? numbers.scriptLocal : 0)) >>> 0;
  const ack = segment.ack ?? ((bits & tcpFlags.ACK) === 0 ? undefined : received);
  return {
    ...bare,
    seq: sequence(start, length),
    ...(ack !== undefined && { ack }),
    win: segment.win ?? past.window,
    ...(segment.urg !== undefined && { urg: segment.urg }),
  };
}

function sequence(start: number, length: number): Tcp["seq"] {
  return { start, end: (start + length) >>> 0, length, form: "relative" };
}

/** What a packet needs beside itself to become bytes. */
export interface Surroundings {
  /** As the stack sends. */
  readonly envelope: Envelope;
  readonly numbers: ConnectionNumbers;
  readonly timestamps: Timestamps;
  /** What an ICMP error quotes where nothing is said. */
  readonly quoted: Echoed;
}

/** @throws RangeError where there can be no such packet; TypeError for an echoed timestamp that the stack never sent. */
export function bytesOfPacket(
  packet: Packet,
  payload: Uint8Array | undefined,
  around: Surroundings,
): Uint8Array {
  const content = onTheWire(packet.content, around);
  const envelope = reversed(around.envelope);
  const tag = content.protocol === "sctp" ? { tag: content.tag ?? 0 } : {};
  const bytes = emitPacket({ ...packet, content }, envelope, { quoted: around.quoted, ...tag });
  if (typeof bytes === "string") throw new RangeError(bytes);
  if (payload !== undefined && payload.length > 0) fillPayload(content.protocol, payload, envelope, bytes);
  return bytes;
}

function onTheWire(content: Packet["content"], { numbers, timestamps }: Surroundings): Packet["content"] {
  if (content.protocol === "icmp" && content.echoed?.protocol === "tcp")
    return { ...content, echoed: { protocol: "tcp", seq: quotedToWire(content.echoed.seq, numbers) } };
  return content.protocol === "tcp" ? echoing(toWire(content, numbers), timestamps) : content;
}

/** A segment with ACK echoes a timestamp of the stack by the name an expectation gave it. */
function echoing(tcp: Tcp, timestamps: Timestamps): Tcp {
  if (!Array.isArray(tcp.options) || (flagsOf(tcp) & tcpFlags.ACK) === 0) return tcp;
  const options = tcp.options.map((option) => {
    if (option.kind !== "TS" || option.literalEcr || option.ecr === null) return option;
    const ecr = timestamps.echo(option.ecr, false);
    if (ecr === undefined)
      throw new TypeError(`TS ecr ${option.ecr} echoes nothing: no expected packet had TS val ${option.ecr}`);
    return { ...option, ecr };
  });
  return { ...tcp, options };
}

function fillPayload(
  protocol: "tcp" | "udp" | string,
  payload: Uint8Array,
  envelope: Envelope,
  bytes: Uint8Array,
): void {
  bytes.set(payload, bytes.length - payload.length);
  const start = envelope.family === 4 ? 20 : 40;
  const number = protocol === "tcp" ? protocols.tcp : protocols.udp;
  fillTransportChecksum(number, envelope.source, envelope.destination, bytes, start, bytes.length);
}
