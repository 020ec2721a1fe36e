/** TCP and UDP for people, and the way to the other protocols above IP. */
import { i32, u16 } from "../../base/bytes.ts";
import { protocolName, protocols } from "../protocols.ts";
import { parseTcp, tcpFlags, tcpMinimumHeaderLength } from "../tcp.ts";
import { readTcpOption, type TcpOption, tcpOptionLength } from "../tcp-options.ts";
import { udpHeaderLength } from "../udp.ts";
import { type IpContext, judgeTransport } from "./context.ts";
import {
  badField,
  dataFields,
  type Field,
  field,
  fieldsOf,
  flagNames,
  hexBytes,
  type Row,
  showHex16,
  showU16,
  showU32,
} from "./field.ts";
import { dissectIcmp } from "./icmp.ts";
import { dissectIgmp } from "./igmp.ts";
import { dissectSctp } from "./sctp.ts";

/** What `protocol` says is in bytes[start, end), layer by layer. */
export function dissectTransport(
  protocol: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  context: IpContext,
): Field[] {
  switch (protocol) {
    case protocols.tcp:
      return dissectTcp(bytes, start, end, context);
    case protocols.udp:
      return dissectUdp(bytes, start, end, context);
    case protocols.sctp:
      return dissectSctp(bytes, start, end, context);
    case protocols.icmp:
    case protocols.icmpv6:
      return [dissectIcmp(protocol, bytes, start, end, context)];
    case protocols.igmp:
      return [dissectIgmp(bytes, start, end, context)];
    case protocols.ipv4:
    case protocols.ipv6:
      return context.inside(bytes, start, end, context.extent);
    default:
      return dataFields(protocolName(protocol), start, end);
  }
}

const flagBits: readonly (readonly [number, string])[] = [
  [tcpFlags.SYN, "SYN"],
  [tcpFlags.FIN, "FIN"],
  [tcpFlags.RST, "RST"],
  [tcpFlags.PSH, "PSH"],
  [tcpFlags.ACK, "ACK"],
  [tcpFlags.URG, "URG"],
  [tcpFlags.ECE, "ECE"],
  [tcpFlags.CWR, "CWR"],
  [tcpFlags.AE, "AE"],
];

const tcpRows: readonly Row[] = [
  ["Source port", 0, 2, showU16],
  ["Destination port", 2, 2, showU16],
  ["Sequence number", 4, 4, showU32],
  ["Acknowledgment number", 8, 4, showU32],
  ["Header length", 12, 1, (bytes, at) => String((bytes[at]! >>> 4) * 4)],
  ["Flags", 12, 2, (bytes, at) => flagNames(flagBits, u16(bytes, at) & 0x1ff)],
  ["Window", 14, 2, showU16],
  ["Checksum", 16, 2, showHex16],
  ["Urgent pointer", 18, 2, showU16],
];

function dissectTcp(bytes: Uint8Array, start: number, end: number, context: IpContext): Field[] {
  const segment = parseTcp(bytes, start, end);
  const fields = fieldsOf(tcpRows, bytes, start, end);
  const headerEnd = typeof segment === "string" ? end : segment.payloadStart;
  if (typeof segment !== "string") fields.push(...tcpOptions(bytes, segment.optionsStart, headerEnd));
  judgeTransport(fields, protocols.tcp, bytes, start, end, context);
  const tcp = field("TCP", ports(bytes, start, end), start, headerEnd, fields);
  const short = context.extent === "quoted" && end - start < tcpMinimumHeaderLength;
  if (typeof segment === "string" && !short) tcp.problem = segment;
  return [tcp, ...dataFields("Data", headerEnd, end)];
}

function ports(bytes: Uint8Array, start: number, end: number): string {
  return end - start < 4 ? "" : `${u16(bytes, start)} to ${u16(bytes, start + 2)}`;
}

function tcpOptions(bytes: Uint8Array, start: number, end: number): Field[] {
  const fields: Field[] = [];
  for (let at = start; at < end; ) {
    const option = readTcpOption(bytes, at, end);
    if (typeof option === "string") return [...fields, badField("Option", option, at, end)];
    const length = tcpOptionLength(option);
    const name = option.kind === "unknown" ? `Option ${option.type}` : `Option: ${option.kind}`;
    fields.push(field(name, optionValue(option, bytes, at + 2, at + length), at, at + length));
    at += length;
    if (option.kind === "end-of-list") return [...fields, ...dataFields("Padding", at, end)];
  }
  return fields;
}

function optionValue(option: TcpOption, bytes: Uint8Array, start: number, end: number): string {
  switch (option.kind) {
    case "end-of-list":
    case "no-operation":
    case "sack-permitted":
      return "";
    case "mss":
      return String(option.mss);
    case "window-scale":
      return `${option.shift} (times ${2 ** Math.min(option.shift, 14)})`;
    case "sack": {
      const blocks: string[] = [];
      for (let at = start; at < end; at += 8)
        blocks.push(`${i32(bytes, at) >>> 0} to ${i32(bytes, at + 4) >>> 0}`);
      return blocks.join(", ");
    }
    case "timestamps":
      return `value ${option.value >>> 0}, echo ${option.echo >>> 0}`;
    default:
      return hexBytes(bytes, start, end);
  }
}

const udpRows: readonly Row[] = [
  ["Source port", 0, 2, showU16],
  ["Destination port", 2, 2, showU16],
  ["Length", 4, 2, showU16],
  ["Checksum", 6, 2, showHex16],
];

function dissectUdp(bytes: Uint8Array, start: number, end: number, context: IpContext): Field[] {
  const headerEnd = Math.min(end, start + udpHeaderLength);
  const fields = fieldsOf(udpRows, bytes, start, headerEnd);
  const udp = field("UDP", ports(bytes, start, end), start, headerEnd, fields);
  if (end - start < udpHeaderLength) {
    udp.problem = "truncated";
    return [udp];
  }
  const length = u16(bytes, start + 4);
  if (length < udpHeaderLength) udp.problem = "bad-length";
  else if (length > end - start && context.extent === "whole") udp.problem = "truncated";
  const payloadEnd = Math.max(headerEnd, Math.min(end, start + length));
  if (udp.problem === "") judgeTransport(fields, protocols.udp, bytes, start, payloadEnd, context);
  return [udp, ...dataFields("Data", headerEnd, payloadEnd), ...dataFields("Padding", payloadEnd, end)];
}
