/** Every parser of bytes from a network, for tests that feed all of them the same inputs: fuzzers above all. */
import { fromHex } from "../../src/base/text.ts";
import { parseArp } from "../../src/wire/arp.ts";
import { parseEthernet } from "../../src/wire/ethernet.ts";
import { parseIcmpv4 } from "../../src/wire/icmpv4.ts";
import { parseIcmpv6 } from "../../src/wire/icmpv6.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseIpv4Options } from "../../src/wire/ipv4-options.ts";
import { parseIpv6 } from "../../src/wire/ipv6.ts";
import { parseIpv6Extension } from "../../src/wire/ipv6-extensions.ts";
import { walkIpv6 } from "../../src/wire/ipv6-walk.ts";
import { parseNd } from "../../src/wire/nd.ts";
import { protocols } from "../../src/wire/protocols.ts";
import { parseQuotedIpv4, parseQuotedIpv6 } from "../../src/wire/quoted.ts";
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
  { name: "quoted ipv4", parse: parseQuotedIpv4, inputs: from(/^(ipv4|icmpv4)/) },
  { name: "quoted ipv6", parse: parseQuotedIpv6, inputs: from(/^(ipv6|icmpv6)/) },
  { name: "udp", parse: parseUdp, inputs: from(/^ipv4 udp/, 20) },
  { name: "tcp", parse: parseTcp, inputs: from(/^ipv4 tcp/, 20) },
  { name: "tcp options", parse: parseTcpOptions, inputs: from(/^ipv4 tcp/, 40) },
];
