/** ICMP messages of a script as bytes: header, and what they quote of the packet they answer. */
import { putU16, putU32 } from "../../base/bytes.ts";
import { fillTransportChecksum } from "../../wire/checksums.ts";
import { emitIpv4, fillIpv4Checksum, ipv4HeaderLength } from "../../wire/ip/ipv4.ts";
import { emitIpv6, ipv6HeaderLength } from "../../wire/ip/ipv6.ts";
import { protocols } from "../../wire/protocols.ts";
import { hasMtu, icmpCodeNumber, icmpTypeNumber } from "../language/names/icmp-names.ts";
import type { Echoed, Icmp } from "../language/script/packets.ts";
import { type Envelope, reversed } from "./envelope.ts";

const icmpHeaderLength = 8;
/** Of the transport header that is quoted (RFC 792). */
const quotedLength = 8;

const tcpQuote: Echoed = { protocol: "tcp", seq: { start: 0, end: 0, length: 0, form: "relative" } };

export interface IcmpLayer {
  readonly protocol: number;
  readonly length: number;
  readonly emit: (bytes: Uint8Array, at: number) => void;
}

/** The message, or why there is none. What it quotes went the other way. */
export function emitIcmp(icmp: Icmp, envelope: Envelope, quoted: Echoed = tcpQuote): IcmpLayer | string {
  const echoed = icmp.echoed ?? quoted;
  const { family } = envelope;
  const type = icmpTypeNumber(family, icmp.type);
  if (type === undefined) return `${icmp.type} is no type of ICMPv${family}`;
  const code = icmpCodeNumber(family, icmp.type, icmp.code);
  if (code === undefined) return `${icmp.code} is no code of ICMPv${family} ${icmp.type}`;
  const protocol = family === 4 ? protocols.icmp : protocols.icmpv6;
  const ip = family === 4 ? ipv4HeaderLength : ipv6HeaderLength;
  const length = icmpHeaderLength + (echoed.protocol === "raw" ? echoed.length : ip + quotedLength);
  return {
    protocol,
    length,
    emit: (bytes, at) => {
      bytes[at] = type;
      bytes[at + 1] = code;
      if (icmp.id !== undefined) putU16(bytes, at + 4, icmp.id);
      if (icmp.mtu !== undefined && hasMtu(family, type, code)) putU32(bytes, at + 4, icmp.mtu);
      if (echoed.protocol !== "raw") emitQuote(echoed, reversed(envelope), bytes, at + icmpHeaderLength);
      fillTransportChecksum(protocol, envelope.source, envelope.destination, bytes, at, at + length);
    },
  };
}

/** The IP header of the packet answered, and the first eight bytes of its transport. */
function emitQuote(echoed: Echoed, envelope: Envelope, bytes: Uint8Array, at: number): void {
  const [protocol, length] = quotedTransport(echoed);
  const { source, destination } = envelope;
  const common = { trafficClass: 0, hopLimit: 64, source, destination, payloadLength: length };
  let transport = at + ipv6HeaderLength;
  if (envelope.family === 6) emitIpv6({ ...common, flowLabel: 0, nextHeader: protocol }, bytes, at);
  else {
    const flags = { identification: 0, dontFragment: false, moreFragments: false, fragmentOffset: 0 };
    emitIpv4({ ...common, ...flags, protocol, optionsLength: 0 }, bytes, at);
    fillIpv4Checksum(bytes, at);
    transport = at + ipv4HeaderLength;
  }
  putU16(bytes, transport, envelope.sourcePort);
  putU16(bytes, transport + 2, envelope.destinationPort);
  if (echoed.protocol === "tcp") putU32(bytes, transport + 4, echoed.seq.start);
  else if (echoed.protocol === "udp") putU16(bytes, transport + 4, length);
  else if (echoed.protocol === "udplite") putU16(bytes, transport + 4, echoed.coverage);
  else putU32(bytes, transport + 4, echoed.length);
}

/** Protocol number, and the length of the packet's transport header and payload. For SCTP the number is its tag. */
function quotedTransport(echoed: Echoed): [protocol: number, length: number] {
  switch (echoed.protocol) {
    case "tcp":
      return [protocols.tcp, 20 + echoed.seq.length];
    case "udp":
      return [protocols.udp, 8 + echoed.length];
    case "udplite":
      return [136, 8 + echoed.length];
    default:
      return [protocols.sctp, 12];
  }
}
