/** Packets of the stack as tests get them: plain data, numbers counted as scripts count them, times in seconds. */
import type { IpAnnotations, Packet, TcpOption } from "../../packetdrill/language/script/packets.ts";
import type { Sctp } from "../../packetdrill/language/script/sctp.ts";
import type { Seen } from "../../packetdrill/packets/packet-parse.ts";

/** What every packet has. */
export interface SeenPacket {
  /** When the stack sent it, in seconds since the beginning; of several as one, when the last was sent. */
  readonly time: number;
  /** As a line of a script. */
  readonly line: string;
  /** The IP packet; of several as one, the last. */
  readonly bytes: Uint8Array;
  /** What the IP header says: the byte of ECN and DSCP, time to live, flow label. */
  readonly ip: IpAnnotations;
  /** Ports of the stack and of the peer; 0 for ICMP. */
  readonly localPort: number;
  readonly remotePort: number;
}

export interface SeenTcp extends SeenPacket {
  readonly protocol: "tcp";
  /** `S`, `S.`, `FP.` … */
  readonly flags: string;
  /** From the initial sequence number; of a SYN as the expectation has it, or 0. */
  readonly seq: number;
  readonly length: number;
  readonly ack: number;
  /** The raw 16-bit field. */
  readonly win: number;
  readonly urg: number;
  /** Values of timestamps are those of the wire. */
  readonly options: readonly TcpOption[];
  readonly payload: Uint8Array;
}

export interface SeenUdp extends SeenPacket {
  readonly protocol: "udp";
  readonly length: number;
  readonly payload: Uint8Array;
}

export interface SeenIcmp extends SeenPacket {
  readonly protocol: "icmp";
  /** As scripts name them: `unreachable`, `port_unreachable`. */
  readonly type: string;
  readonly code: string | undefined;
  readonly mtu: number | undefined;
  readonly id: number | undefined;
}

export interface SeenSctp extends SeenPacket {
  readonly protocol: "sctp";
  /** Verification tag. */
  readonly tag: number;
  readonly body: Sctp["body"];
}

/** One or several captured packets as one, in the numbers of the script. */
export interface Arrived {
  readonly seen: Seen;
  readonly bytes: Uint8Array;
  readonly payload: Uint8Array;
  /** Microseconds. */
  readonly time: number;
}

/** Of any protocol. */
export function seenPacket({ seen, bytes, time }: Arrived, line: string): SeenPacket {
  const { sourcePort: localPort, destinationPort: remotePort } = seen.envelope;
  return { time: time / 1e6, line, bytes, ip: seen.packet.ip, localPort, remotePort };
}

export function seenTcp(arrived: Arrived, line: string): SeenTcp {
  const { content } = arrived.seen.packet;
  if (content.protocol !== "tcp") throw new TypeError("this is no TCP segment");
  const { flags, seq, ack = 0, win = 0, urg = 0, options } = content;
  return {
    ...seenPacket(arrived, line),
    ...{ protocol: "tcp", flags, seq: seq.start, length: seq.length, ack, win, urg },
    options: typeof options === "string" || options === null ? [] : options,
    payload: arrived.payload,
  };
}

export function seenUdp(arrived: Arrived, line: string): SeenUdp {
  const { payload } = arrived;
  return { ...seenPacket(arrived, line), protocol: "udp", length: payload.length, payload };
}

export function seenIcmp(arrived: Arrived, line: string): SeenIcmp {
  const { content } = arrived.seen.packet;
  if (content.protocol !== "icmp") throw new TypeError("this is no ICMP message");
  const { type, code, mtu, id } = content;
  return { ...seenPacket(arrived, line), protocol: "icmp", type, code, mtu, id };
}

export function seenSctp(arrived: Arrived, line: string): SeenSctp {
  const { content } = arrived.seen.packet;
  if (content.protocol !== "sctp") throw new TypeError("this is no SCTP packet");
  return { ...seenPacket(arrived, line), protocol: "sctp", tag: arrived.seen.tag, body: content.body };
}

/** The payload at the end of a captured packet of UDP or TCP. */
export function payloadBytes(
  { packet }: { readonly packet: Packet },
  bytes: Uint8Array,
  end: number,
): Uint8Array {
  const { content } = packet;
  if (content.protocol === "tcp") return bytes.subarray(end - content.seq.length, end);
  return content.protocol === "udp" ? bytes.subarray(end - content.length, end) : new Uint8Array(0);
}
