/** Every parser of bytes from a network, for tests that feed all of them the same inputs: fuzzers above all. */
import { fromHex } from "../../src/base/text.ts";
import { parsePcapng } from "../../src/wire/capture/pcapng-reader.ts";
import { dissect, summarize } from "../../src/wire/dissect.ts";
import { parseIcmpv4 } from "../../src/wire/icmp/icmpv4.ts";
import { parseIcmpv6 } from "../../src/wire/icmp/icmpv6.ts";
import { parseIgmp } from "../../src/wire/icmp/igmp.ts";
import { parseMld } from "../../src/wire/icmp/mld.ts";
import { parseNd } from "../../src/wire/icmp/nd.ts";
import { parseQuotedIpv4, parseQuotedIpv6 } from "../../src/wire/icmp/quoted.ts";
import { parseIpv4 } from "../../src/wire/ip/ipv4.ts";
import { parseIpv4Options } from "../../src/wire/ip/ipv4-options.ts";
import { parseIpv6 } from "../../src/wire/ip/ipv6.ts";
import { parseIpv6Extension } from "../../src/wire/ip/ipv6-extensions.ts";
import { walkIpv6 } from "../../src/wire/ip/ipv6-walk.ts";
import { packetLine } from "../../src/wire/line.ts";
import { parseArp } from "../../src/wire/link/arp.ts";
import { parseEthernet } from "../../src/wire/link/ethernet.ts";
import { protocols } from "../../src/wire/protocols.ts";
import { parseSctpCauses } from "../../src/wire/sctp/causes.ts";
import { parseSctpChunk } from "../../src/wire/sctp/chunks.ts";
import { parseSctpData } from "../../src/wire/sctp/data.ts";
import { parseSctpParameters } from "../../src/wire/sctp/parameters.ts";
import { parseSctp, sctpChunkLength } from "../../src/wire/sctp/sctp.ts";
import { parseTcp } from "../../src/wire/tcp.ts";
import { parseTcpOptions } from "../../src/wire/tcp-options.ts";
import { parseUdp } from "../../src/wire/udp.ts";
import { samples } from "../wire/samples.ts";

export interface ParserCase {
  readonly name: string;
  /** Never throws, and looks at nothing outside bytes[start, end). */
  parse(bytes: Uint8Array, start: number, end: number): unknown;
  /** Well-formed inputs to mutate. */
  readonly inputs: readonly Uint8Array[];
}

/** The samples whose names `pattern` matches, from byte `skip` on. */
function from(pattern: RegExp, skip = 0): Uint8Array[] {
  return Object.entries(samples)
    .filter(([name]) => pattern.test(name))
    .map(([, hex]) => fromHex(hex).slice(skip));
}

/** A section, an interface and a packet of four bytes with its direction. */
const pcapngFile = `0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffffffffffff 0000001c
  00000001 00000014 00650000 00000000 00000014
  00000006 00000030 00000000 00000000 00000007 00000002 00000063 abcd0000 00020004 00000002 00000000 00000030`;

const ipv6Kinds = [protocols.hopByHop, protocols.routing, protocols.fragment, protocols.destinationOptions];

export const parsers: readonly ParserCase[] = [
  { name: "ethernet", parse: parseEthernet, inputs: from(/^(arp|vlan)/) },
  { name: "arp", parse: parseArp, inputs: from(/^arp/, 14) },
  { name: "ipv4", parse: parseIpv4, inputs: from(/^(ipv4|icmpv4|igmp|sctp)/) },
  { name: "ipv4 options", parse: parseIpv4Options, inputs: from(/^(ipv4 options|igmp)/, 20) },
  { name: "ipv6", parse: parseIpv6, inputs: from(/^(ipv6|icmpv6|nd|mld)/) },
  {
    name: "ipv6 walk",
    parse: (bytes, start, end) => walkIpv6(protocols.hopByHop, start, bytes, start, end),
    inputs: from(/^(ipv6 ext|mld)/, 40),
  },
  {
    name: "ipv6 extensions",
    parse: (bytes, start, end) => ipv6Kinds.map((kind) => parseIpv6Extension(kind, bytes, start, end)),
    inputs: from(/^(ipv6 (ext|frag)|mld)/, 40),
  },
  { name: "icmpv4", parse: parseIcmpv4, inputs: from(/^icmpv4/, 20) },
  { name: "icmpv6", parse: parseIcmpv6, inputs: from(/^(icmpv6|nd)/, 40) },
  { name: "nd", parse: parseNd, inputs: from(/^nd/, 40) },
  { name: "igmp", parse: parseIgmp, inputs: from(/^igmp/, 24) },
  { name: "mld", parse: parseMld, inputs: from(/^mld/, 48) },
  { name: "quoted ipv4", parse: parseQuotedIpv4, inputs: from(/^(ipv4|icmpv4)/) },
  { name: "quoted ipv6", parse: parseQuotedIpv6, inputs: from(/^(ipv6|icmpv6)/) },
  { name: "udp", parse: parseUdp, inputs: from(/^ipv4 udp/, 20) },
  { name: "tcp", parse: parseTcp, inputs: from(/^ipv4 tcp/, 20) },
  { name: "sctp", parse: parseSctp, inputs: from(/^sctp/, 20) },
  { name: "sctp data", parse: parseSctpData, inputs: from(/^sctp cookie/, 20 + 12 + 12) },
  {
    name: "sctp chunks",
    parse: (bytes, start, end) => {
      const length = sctpChunkLength(bytes, start, end);
      return length < 0 ? length : parseSctpChunk(bytes, start, start + length);
    },
    inputs: from(/^sctp/, 20 + 12),
  },
  { name: "sctp parameters", parse: parseSctpParameters, inputs: from(/^sctp init/, 20 + 12 + 20) },
  { name: "sctp causes", parse: parseSctpCauses, inputs: from(/^sctp abort/, 20 + 12 + 4) },
  { name: "line", parse: (bytes, start, end) => packetLine(bytes, start, end), inputs: from(/^[^av]/) },
  {
    name: "dissection of IP",
    parse: (bytes, start, end) => [dissect("ip", bytes, start, end), summarize("ip", bytes, start, end)],
    inputs: from(/^[^av]/),
  },
  {
    name: "dissection of Ethernet",
    parse: (bytes, start, end) => [
      dissect("ethernet", bytes, start, end),
      summarize("ethernet", bytes, start, end),
    ],
    inputs: from(/^[av]/),
  },
  {
    name: "pcapng",
    parse: (bytes, start, end) =>
      JSON.stringify(parsePcapng(bytes.subarray(start, end)), (key, value) => {
        if (key === "bytes") return undefined;
        return typeof value === "bigint" ? `${value}` : value;
      }),
    inputs: [fromHex(pcapngFile)],
  },
  { name: "tcp options", parse: parseTcpOptions, inputs: from(/^ipv4 tcp/, 40) },
];
