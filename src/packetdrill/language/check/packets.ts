/** Whether a packet can be sent, or can come. */
import { parseAddress } from "../../../base/address.ts";
import { hasMtu, icmpCodeNumber, icmpTypeNumber } from "../names/icmp-names.ts";
import { parseTcpFlags } from "../names/tcp-flags.ts";
import { tcpOptionsLength } from "../names/tcp-option-lengths.ts";
import type {
  Encapsulation,
  Icmp,
  IpAnnotations,
  Packet,
  Ports,
  Sequence,
  Tcp,
  TcpOption,
} from "../script/packets.ts";
import { type CheckContext, type ReportPacket, range } from "./context.ts";
import { checkSctp } from "./sctp.ts";

export function checkPacket(packet: Packet, context: CheckContext): void {
  const report: ReportPacket = (message) => context.report("semantic", packet.at, message);
  const inbound = packet.direction === "inbound";
  for (const header of packet.outer) checkEncapsulation(header, report);
  checkAnnotations(packet.ip, inbound, report);
  if (packet.ports !== undefined) checkPorts(packet.ports, report);
  const { content } = packet;
  switch (content.protocol) {
    case "tcp":
      checkTcp(content, inbound, report);
      break;
    case "udp":
      range("UDP payload", content.length, 0, 65_535 - 8, report);
      break;
    case "udplite":
      range("UDP-Lite payload", content.length, 0, 65_535 - 8, report);
      range("checksum coverage", content.coverage, 0, 65_535, report);
      break;
    case "icmp":
      if (!inbound && context.dialect === "nplab") report("outbound ICMP packets are not supported");
      checkIcmp(content, context, report);
      break;
    case "sctp":
      checkSctp(content, inbound, report);
      if (content.udpEncapsulation !== undefined) checkPorts(content.udpEncapsulation, report);
      break;
  }
}

function checkEncapsulation(header: Encapsulation, report: ReportPacket): void {
  switch (header.type) {
    case "ipv4":
    case "ipv6":
      for (const text of [header.source, header.destination]) {
        if (parseAddress(text) === undefined) report(`${text} is no address`);
      }
      break;
    case "mpls":
      for (const label of header.labels) {
        range("label", label.label, 0, 0xfffff, report);
        range("traffic class", label.trafficClass, 0, 7, report);
        range("ttl", label.ttl, 0, 255, report);
      }
      break;
    case "gre":
      range("key", header.gre.key, 0, 0xffffffff, report);
      range("seq", header.gre.seq, 0, 0xffffffff, report);
      break;
  }
}

function checkAnnotations(ip: IpAnnotations, inbound: boolean, report: ReportPacket): void {
  if (inbound && ip.ecn === "ect01") report("ect01 is for outbound packets: an inbound one has ect0 or ect1");
  range("tos", ip.tos, 0, 255, report);
  range("dscp", ip.dscp, 0, 63, report);
  range("ttl", ip.ttl, 0, 255, report);
  range("flow label", ip.flowLabel, 0, 0xfffff, report);
}

function checkPorts(ports: Ports, report: ReportPacket): void {
  range("port", ports.source, 0, 65_535, report);
  range("port", ports.destination, 0, 65_535, report);
}

function checkTcp(tcp: Tcp, inbound: boolean, report: ReportPacket): void {
  const flags = parseTcpFlags(tcp.flags);
  if (typeof flags === "object") report(`invalid TCP flag ${JSON.stringify(flags.invalid)}`);
  checkSequence(tcp.seq, inbound, report);
  range("ack", tcp.ack, 0, 0xffffffff, report);
  range("win", tcp.win, 0, 65_535, report);
  range("urg", tcp.urg, 0, 65_535, report);
  if (inbound && tcp.win === undefined) report("an inbound packet needs its window (win)");
  if (inbound && tcp.options === null) report("the options of an inbound packet cannot be left open (<...>)");
  if (Array.isArray(tcp.options)) for (const option of tcp.options) checkTcpOption(option, inbound, report);
  const length = tcpOptionsLength(tcp.options) ?? 0;
  if (length % 4 !== 0) {
    report(`TCP options fill whole words of four bytes, these end ${length % 4} into one: pad them with nop`);
  }
  if (length > 40) report(`TCP options have at most 40 bytes, these have ${length}`);
  if (tcp.udpEncapsulation !== undefined) checkPorts(tcp.udpEncapsulation, report);
}

function checkSequence(seq: Sequence, inbound: boolean, report: ReportPacket): void {
  range("payload length", seq.length, 0, 65_535, report);
  if (seq.form === "free") {
    if (inbound) report("the sequence numbers of an inbound packet cannot be left open (...)");
    return;
  }
  range("sequence number", seq.start, 0, 0xffffffff, report);
  range("sequence number", seq.end, 0, 0xffffffff, report);
  if (((seq.start + seq.length) | 0) !== (seq.end | 0)) {
    report(`inconsistent sequence numbers and payload: ${seq.start} + ${seq.length} is not ${seq.end}`);
  }
}

function checkTcpOption(option: TcpOption, inbound: boolean, report: ReportPacket): void {
  switch (option.kind) {
    case "mss":
      range("mss", option.value, 0, 65_535, report);
      return;
    case "wscale":
      range("wscale", option.value, 0, 255, report);
      return;
    case "sack":
      for (const block of option.blocks) {
        range("sack edge", block.left, 0, 0xffffffff, report);
        range("sack edge", block.right, 0, 0xffffffff, report);
      }
      return;
    case "TS":
      range("TS val", option.val, 0, 0xffffffff, report);
      range("TS ecr", option.ecr, 0, 0xffffffff, report);
      if (inbound && (option.val === null || option.ecr === null))
        report("an inbound packet needs its TS values");
      return;
    case "FO":
    case "FOEXP":
      checkHexadecimal("cookie", option.cookie, 16, report);
      return;
    case "md5":
      if (option.digest === "valid") {
        if (!inbound) report("md5 valid is for inbound packets");
        return;
      }
      checkHexadecimal("digest", option.digest, 16, report);
      return;
    case "AccECN":
      for (const counter of [option.e0b, option.ceb, option.e1b])
        range("counter", counter, 0, 0xffffff, report);
      return;
    case "tarr":
      range("rate", option.rate, 0, 255, report);
      return;
    case "generic":
      range("option kind", option.number, 0, 255, report);
      checkHexadecimal("option", option.bytes, 38, report);
      return;
    case "experimental":
      checkHexadecimal("option", option.bytes, 36, report);
      return;
    default:
      return;
  }
}

function checkHexadecimal(what: string, digits: string, most: number, report: ReportPacket): void {
  if (digits.length % 2 !== 0) report(`a ${what} is written in pairs of hexadecimal digits, not ${digits}`);
  if (digits.length / 2 > most) report(`a ${what} has at most ${most} bytes`);
}

function checkIcmp(icmp: Icmp, context: CheckContext, report: ReportPacket): void {
  const { family } = context;
  range("mtu", icmp.mtu, 0, family === 4 ? 65_535 : 0xffffffff, report);
  range("id", icmp.id, 0, 65_535, report);
  if (icmp.echoed?.protocol === "tcp") checkSequence(icmp.echoed.seq, true, report);
  else range("echoed length", icmp.echoed?.length, 0, 65_535, report);
  const type = icmpTypeNumber(family, icmp.type);
  if (type === undefined) {
    report(`${icmp.type} is no type of ICMPv${family}`);
    return;
  }
  const code = icmpCodeNumber(family, icmp.type, icmp.code);
  if (code === undefined) {
    report(`${icmp.code} is no code of ICMPv${family} ${icmp.type}`);
    return;
  }
  if (icmp.mtu !== undefined && !hasMtu(family, type, code)) {
    report(
      `only ${family === 4 ? "unreachable frag_needed" : "packet_too_big"} of ICMPv${family} has an mtu`,
    );
  }
}
