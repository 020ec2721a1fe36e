/**
 * An expected packet and the one that came, numbers translated: the first thing that differs, in the order and the
 * words of the real tools. What the script leaves open is not looked at.
 */
import { tcpFlags } from "../../wire/tcp.ts";
import { icmpCodeNumber, icmpTypeNumber } from "../language/names/icmp-names.ts";
import { tcpOptionsLength } from "../language/names/tcp-option-lengths.ts";
import type { Icmp, IpAnnotations, Packet, Tcp } from "../language/script/packets.ts";
import { compareTcpOptions } from "./compare-options.ts";
import { compareSctp } from "./compare-sctp.ts";
import { trafficClassOf } from "./packet-emit.ts";
import type { Seen } from "./packet-parse.ts";
import { flagsOf } from "./tcp-numbers.ts";

/** What differs, or undefined. TCP timestamps are the caller's, and the payload of a whole burst too. */
export function comparePacket(expected: Packet, actual: Seen): string | undefined {
  const { content } = expected;
  if (content.protocol !== actual.packet.content.protocol) {
    return `live packet field ip_protocol: expected: ${content.protocol} vs actual: ${actual.packet.content.protocol}`;
  }
  const ip = compareIp(expected, actual);
  if (ip !== undefined) return ip;
  return compareContent(expected, actual) ?? actual.flaw;
}

/** As real tools print a field. */
export function difference(name: string, expected: number, actual: number): string | undefined {
  if (expected === actual) return undefined;
  return `live packet field ${name}: expected: ${shown(expected)} vs actual: ${shown(actual)}`;
}

function shown(value: number): string {
  return `${value} (0x${value.toString(16)})`;
}

/** The first difference among several, looked at one after the other. */
export function firstOf(...checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const found = check();
    if (found !== undefined) return found;
  }
  return undefined;
}

function compareIp(expected: Packet, actual: Seen): string | undefined {
  const six = actual.envelope.family === 6;
  const length = expectedLength(expected, actual);
  return firstOf(
    () => difference(six ? "ipv6_header_length" : "ipv4_header_length", 5, actual.ihl),
    () =>
      length === undefined
        ? undefined
        : difference(six ? "ipv6_payload_len" : "ipv4_total_length", length, actual.ipLength),
    () => compareAnnotations(expected.ip, actual.packet.ip),
  );
}

/** What the length field of IP comes to; undefined where the script does not fix it. */
function expectedLength(expected: Packet, actual: Seen): number | undefined {
  const transport = transportLength(expected, actual);
  if (transport === undefined) return undefined;
  return actual.envelope.family === 4 ? 20 + transport : transport;
}

function transportLength({ content }: Packet, actual: Seen): number | undefined {
  switch (content.protocol) {
    case "tcp": {
      const live = actual.packet.content;
      const options =
        tcpOptionsLength(content.options) ?? (live.protocol === "tcp" ? tcpOptionsLength(live.options) : 0);
      return 20 + (options ?? 0) + content.seq.length;
    }
    case "udp":
    case "udplite":
      return 8 + content.length;
    default:
      return undefined;
  }
}

function compareAnnotations(expected: IpAnnotations, actual: IpAnnotations): string | undefined {
  const live = actual.tos ?? 0;
  return firstOf(
    () => (expected.tos === undefined ? undefined : difference("tos", expected.tos, live)),
    () => (expected.dscp === undefined ? undefined : difference("dscp", expected.dscp, live >>> 2)),
    () => compareEcn(expected, live & 3),
    () => (expected.ttl === undefined ? undefined : difference("ttl", expected.ttl, actual.ttl ?? 0)),
  );
}

function compareEcn(expected: IpAnnotations, live: number): string | undefined {
  if (expected.ecn === undefined) return undefined;
  if (expected.ecn === "ect01" && (live === 1 || live === 2)) return undefined;
  return difference("ip_ecn", trafficClassOf({ ecn: expected.ecn }), live);
}

function compareContent(expected: Packet, actual: Seen): string | undefined {
  const { content } = expected;
  const live = actual.packet.content;
  if (content.protocol === "tcp" && live.protocol === "tcp")
    return compareTcp(content, live, actual.reserved);
  if (content.protocol === "udplite" && live.protocol === "udplite") {
    return difference("udplite_coverage", content.coverage, live.coverage);
  }
  if (content.protocol === "icmp" && live.protocol === "icmp") return compareIcmp(content, live, actual);
  if (content.protocol === "sctp" && live.protocol === "sctp") return compareSctp(content, live, actual.tag);
  return undefined;
}

/** In the order of the real tools. */
const flagNames = [
  ["tcp_fin", tcpFlags.FIN],
  ["tcp_syn", tcpFlags.SYN],
  ["tcp_rst", tcpFlags.RST],
  ["tcp_psh", tcpFlags.PSH],
  ["tcp_ack", tcpFlags.ACK],
  ["tcp_urg", tcpFlags.URG],
  ["tcp_ece", tcpFlags.ECE],
  ["tcp_cwr", tcpFlags.CWR],
  ["tcp_ae", tcpFlags.AE],
] as const;

function compareTcp(expected: Tcp, live: Tcp, reserved: number): string | undefined {
  return firstOf(
    () => compareDataOffset(expected, live),
    () => compareFlags(expected, live),
    () => difference("tcp_reserved_bits", 0, reserved),
    () =>
      expected.seq.form === "free" ? undefined : difference("tcp_seq", expected.seq.start, live.seq.start),
    () => difference("tcp_ack_seq", expected.ack ?? 0, live.ack ?? 0),
    () => (expected.win === undefined ? undefined : difference("tcp_window", expected.win, live.win ?? 0)),
    () => difference("tcp_urg_ptr", expected.urg ?? 0, live.urg ?? 0),
    () => compareTcpOptions(expected.options, live.options),
  );
}

function compareDataOffset(expected: Tcp, live: Tcp): string | undefined {
  const options = tcpOptionsLength(expected.options);
  if (options === undefined) return undefined;
  return difference("tcp_data_offset", 5 + options / 4, 5 + (tcpOptionsLength(live.options) ?? 0) / 4);
}

function compareFlags(expected: Tcp, live: Tcp): string | undefined {
  const wanted = flagsOf(expected);
  const got = flagsOf(live);
  for (const [name, bit] of flagNames) {
    const found = difference(name, Number((wanted & bit) !== 0), Number((got & bit) !== 0));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Only type and code, as google's tool does. */
function compareIcmp(expected: Icmp, live: Icmp, { envelope: { family } }: Seen): string | undefined {
  const number = (icmp: Icmp): number => icmpTypeNumber(family, icmp.type) ?? -1;
  const code = (icmp: Icmp): number => icmpCodeNumber(family, icmp.type, icmp.code) ?? -1;
  return firstOf(
    () => difference("icmp_type", number(expected), number(live)),
    () => difference("icmp_code", code(expected), code(live)),
  );
}
