/** An ICMP message as packetdrill writes it: `icmp unreachable frag_needed mtu 1200 [1:1001(1000)]`. */
import type { Family } from "../../base/address.ts";
import { i32, u16 } from "../../base/bytes.ts";
import { icmpv4Types, parseIcmpv4 } from "../icmp/icmpv4.ts";
import { icmpv6Types, parseIcmpv6 } from "../icmp/icmpv6.ts";
import { parseQuotedIpv4, parseQuotedIpv6 } from "../icmp/quoted.ts";
import { protocols } from "../protocols.ts";
import type { LineFlows } from "./flows.ts";
import { sequenceRange } from "./tcp.ts";

const typesV4 = new Map<number, string>([
  [icmpv4Types.echoReply, "echo_reply"],
  [icmpv4Types.destinationUnreachable, "unreachable"],
  [icmpv4Types.sourceQuench, "source_quench"],
  [icmpv4Types.redirect, "redirect"],
  [icmpv4Types.echoRequest, "echo_request"],
  [icmpv4Types.timeExceeded, "time_exceeded"],
  [icmpv4Types.parameterProblem, "parameter_problem"],
  [icmpv4Types.timestampRequest, "timestamp_request"],
  [icmpv4Types.timestampReply, "timestamp_reply"],
  [icmpv4Types.informationRequest, "information_request"],
  [icmpv4Types.informationReply, "information_reply"],
  [icmpv4Types.addressMaskRequest, "address_mask_request"],
  [icmpv4Types.addressMaskReply, "address_mask_reply"],
]);

const typesV6 = new Map<number, string>([
  [icmpv6Types.destinationUnreachable, "unreachable"],
  [icmpv6Types.packetTooBig, "packet_too_big"],
  [icmpv6Types.timeExceeded, "time_exceeded"],
  [icmpv6Types.parameterProblem, "parameter_problem"],
  [icmpv6Types.echoRequest, "echo_request"],
  [icmpv6Types.echoReply, "echo_reply"],
]);

/** Names of codes by the name of their type. */
const codesV4: Readonly<Record<string, readonly string[]>> = {
  unreachable: [
    "net_unreachable",
    "host_unreachable",
    "protocol_unreachable",
    "port_unreachable",
    "frag_needed",
    "source_route_failed",
    "net_unknown",
    "host_unknown",
    "source_host_isolated",
    "net_prohibited",
    "host_prohibited",
    "net_unreachable_for_tos",
    "host_unreachable_for_tos",
    "packet_filtered",
    "precedence_violation",
    "precedence_cutoff",
  ],
};

const codesV6: Readonly<Record<string, readonly string[]>> = {
  unreachable: ["no_route", "admin_prohibited", "not_neighbour", "address_unreachable", "port_unreachable"],
  time_exceeded: ["exceeded_hop_limit", "exceeded_frag_time"],
  parameter_problem: ["header_field", "unknown_next_header", "unknown_option"],
};

/** The message in bytes[start, end), or undefined where there is none. */
export function icmpLine(
  family: Family,
  bytes: Uint8Array,
  start: number,
  end: number,
  flows: LineFlows | undefined,
): string | undefined {
  const message = family === 4 ? parseIcmpv4(bytes, start, end) : parseIcmpv6(bytes, start, end);
  if (typeof message === "string") return undefined;
  const type = bytes[start]!;
  const code = bytes[start + 1]!;
  const name = (family === 4 ? typesV4 : typesV6).get(type) ?? `type_${type}`;
  const codeName = (family === 4 ? codesV4 : codesV6)[name]?.[code] ?? (code === 0 ? "" : `code_${code}`);
  const words = ["icmp", name, codeName];
  if (message.kind === "packet-too-big" || codeName === "frag_needed")
    words.push(`mtu ${"mtu" in message ? message.mtu : 0}`);
  if ("identifier" in message) words.push(`id ${message.identifier}`);
  words.push("quoted" in message ? quotedText(family, message.quoted, flows) : `[raw (${end - start - 8})]`);
  return words.filter((word) => word !== "").join(" ");
}

/** What packetdrill puts in brackets for the packet that an error is about; nothing where it has no word for it. */
function quotedText(family: Family, quoted: Uint8Array, flows: LineFlows | undefined): string {
  const parse = family === 4 ? parseQuotedIpv4 : parseQuotedIpv6;
  const packet = parse(quoted, 0, quoted.length);
  if (typeof packet === "string") return "";
  const at = packet.transportStart;
  const transportLength = packet.totalLength - at;
  if (packet.protocol === protocols.udp) return `[udp (${Math.max(0, transportLength - 8)})]`;
  if (packet.protocol === protocols.sctp) return `[sctp (${Math.max(0, transportLength - 12)})]`;
  if (packet.protocol !== protocols.tcp) return "";
  const headerLength = packet.transportEnd - at > 12 ? (quoted[at + 12]! >>> 4) * 4 : 20;
  const base = flows?.initialOf(packet.source, u16(quoted, at), packet.destination, u16(quoted, at + 2)) ?? 0;
  return `[${sequenceRange(i32(quoted, at + 4), base, Math.max(0, transportLength - headerLength))}]`;
}
