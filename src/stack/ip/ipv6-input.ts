/** IPv6 on the way in (RFC 8200): checks, extension headers, reassembly, and up to the transport. */
import { type Address, anyV6, isLoopback, isMulticast, isUnspecified, isV4 } from "../../base/address.ts";
import { i32, u16 } from "../../base/bytes.ts";
import { checksumTrusted, checksumUnknown, newPacket, type Packet } from "../../base/packet.ts";
import { interfaceLocal, scopeOf } from "../../protocols/ip/scope.ts";
import { type Ipv6Packet, newIpv6Packet, parseIpv6Into } from "../../wire/ip/ipv6.ts";
import { ipv6FragmentHeaderLength, isIpv6Extension } from "../../wire/ip/ipv6-extensions.ts";
import { type Ipv6Problem, walkIpv6 } from "../../wire/ip/ipv6-walk.ts";
import { protocols } from "../../wire/protocols.ts";
import type { Core } from "../core.ts";
import type { CounterName, Counters } from "../counters.ts";
import type { Cast, LocalAddresses } from "../interface/local-addresses.ts";
import type { NetworkInterface } from "../interface/network-interface.ts";
import type { IpDatagram } from "../transport.ts";
import { emptyDatagram } from "../udp/empty-datagram.ts";
import { FragmentsIn, wholeOf } from "./fragments-in.ts";
import type { Icmp } from "./icmp.ts";
import type { LinkCast } from "./ip-input.ts";

/** Where a header says what follows it. */
const nextHeaderField = 6;
/** Of a Fragment header: neither set means that the packet is whole. */
const offsetAndMore = 0xfff9;

/** Codes of a Parameter Problem (RFC 4443, section 3.4; RFC 7112, section 5). */
const codes = { erroneousField: 0, unrecognizedNextHeader: 1, incompleteChain: 3 } as const;

export class Ipv6Input {
  readonly #core: Core;
  readonly #icmp: Icmp;
  readonly #fragments: FragmentsIn;
  /** The one datagram lent to transports; deliveries never nest. */
  readonly #datagram: IpDatagram;

  /** The packet under way. Addresses equal to the last packet's are the same objects. */
  readonly #header: Ipv6Packet = newIpv6Packet();

  // What was found of the last packet's addresses, while the routing table stays as it is.
  #by: NetworkInterface | undefined;
  #source: Address = anyV6;
  #destination: Address = anyV6;
  #cast: Cast = "unicast";
  #generation = -1;

  constructor(core: Core, icmp: Icmp) {
    this.#core = core;
    this.#icmp = icmp;
    this.#fragments = new FragmentsIn(core, icmp, 6);
    this.#datagram = emptyDatagram(6, core.interfaces[0]!);
  }

  get fragments(): FragmentsIn {
    return this.#fragments;
  }

  receive(packet: Packet, by: NetworkInterface, linkCast: LinkCast): void {
    const { counters } = this.#core;
    const header = this.#header;
    counters.Ip6InReceives++;
    const problem = parseIpv6Into(header, packet.bytes, packet.start, packet.end);
    if (problem !== undefined) {
      this.#generation = -1;
      this.#drop(problem, problem === "truncated" ? "Ip6InTruncatedPkts" : "Ip6InHdrErrors", by, packet);
      return;
    }
    counters.Ip6InOctets += header.payloadEnd - packet.start;
    countEcn(counters, header.trafficClass);
    if (!this.#addressed(packet, by, linkCast)) return;
    if (this.#cast === "multicast") {
      counters.Ip6InMcastPkts++;
      counters.Ip6InMcastOctets += header.payloadEnd - packet.start;
    }
    this.#fill(packet);
    if (isIpv6Extension(header.nextHeader)) this.#walk(packet, "arrived");
    else this.#deliver(packet, packet.start + nextHeaderField);
  }

  /** Whether the packet's addresses let it in; what was found of them is in the fields then. */
  #addressed(packet: Packet, by: NetworkInterface, linkCast: LinkCast): boolean {
    const { source, destination } = this.#header;
    const { generation } = this.#core.routes;
    if (
      this.#source === source &&
      this.#destination === destination &&
      this.#by === by &&
      this.#generation === generation &&
      (linkCast === "unicast" || this.#cast !== "unicast")
    )
      return true;
    this.#generation = -1;
    const martian = whyMartian(source, destination, by, this.#core.addresses);
    if (martian !== undefined) return this.#drop(martian, "Ip6InAddrErrors", by, packet);
    const cast = this.#core.addresses.classify(destination, by);
    if (cast === undefined) return this.#drop("not-ours", "Ip6InAddrErrors", by, packet);
    if (cast === "unicast" && !by.loopback && this.#core.isOurs(source))
      return this.#drop("spoofed-source", "Ip6InAddrErrors", by, packet);
    if (linkCast === "group" && cast === "unicast")
      return this.#drop("unicast-in-link-multicast", "Ip6InDiscards", by, packet);
    this.#by = by;
    this.#source = source;
    this.#destination = destination;
    this.#cast = cast;
    this.#generation = generation;
    return true;
  }

  /** Past the extension headers to the upper layer, a fragment, or a reason to drop. The datagram is filled in. */
  #walk(packet: Packet, origin: "arrived" | "joined"): void {
    const { bytes, start } = packet;
    const datagram = this.#datagram;
    let protocolAt = start + nextHeaderField;
    let fragmented = origin === "joined";
    while (isIpv6Extension(datagram.protocol)) {
      const chain = walkIpv6(datagram.protocol, protocolAt, bytes, datagram.start, datagram.end);
      if (chain.kind === "problem") {
        this.#refuse(chain, packet);
        return;
      }
      datagram.protocol = chain.protocol;
      datagram.start = chain.payloadStart;
      protocolAt = chain.protocolAt;
      if (chain.protocol !== protocols.fragment) break;
      // One Fragment header a packet: fragments of fragments would let it be walked again and again.
      if (fragmented) {
        this.#drop("nested-fragment", "Ip6InHdrErrors", this.#by!, packet);
        return;
      }
      if (!this.#atomic(packet, protocolAt)) return;
      fragmented = true;
      protocolAt = datagram.start - ipv6FragmentHeaderLength;
    }
    this.#deliver(packet, protocolAt);
  }

  /**
   * At a Fragment header: true where it is that of an atomic fragment, which is passed over (RFC 6946). A real
   * fragment is reassembled, and where that completes a packet, that is delivered from here.
   */
  #atomic(packet: Packet, protocolAt: number): boolean {
    const { bytes } = packet;
    const datagram = this.#datagram;
    const at = datagram.start;
    if (datagram.end - at < ipv6FragmentHeaderLength)
      return this.#drop("truncated-extension", "Ip6InHdrErrors", this.#by!, packet);
    if ((u16(bytes, at + 2) & offsetAndMore) === 0) {
      datagram.protocol = bytes[at]!;
      datagram.start = at + ipv6FragmentHeaderLength;
      return true;
    }
    this.#reassemble(packet, protocolAt);
    return false;
  }

  #reassemble(packet: Packet, protocolAt: number): void {
    const { bytes, start: headerStart } = packet;
    const { start: at, end, trafficClass } = this.#datagram;
    const field = u16(bytes, at + 2);
    const offset = field & 0xfff8;
    if (offset === 0 && !chainComplete(bytes[at]!, at, bytes, end)) {
      this.#icmp.parameterProblem(this.#datagram, codes.incompleteChain, 0);
      this.#drop("incomplete-header-chain", "Ip6InHdrErrors", this.#by!, packet);
      return;
    }
    const fragment = {
      source: this.#source,
      destination: this.#destination,
      identification: i32(bytes, at + 4),
      protocol: 0,
      interfaceIndex: this.#by!.index,
      offset,
      more: (field & 1) === 0 ? 0 : 1,
      trafficClass,
      bytes,
      headerStart,
      start: at + ipv6FragmentHeaderLength,
      end,
      nextHeaderAt: protocolAt,
    } as const;
    const outcome = this.#fragments.add(fragment, packet, this.#by!);
    if (outcome === "fragment-length") this.#icmp.parameterProblem(this.#datagram, codes.erroneousField, 4);
    if (outcome === "fragment-beyond")
      this.#icmp.parameterProblem(this.#datagram, codes.erroneousField, at + 2 - headerStart);
    const whole = wholeOf(outcome);
    if (whole === undefined) return;
    const joined = newPacket(whole.bytes);
    joined.device = packet.device;
    if (parseIpv6Into(this.#header, joined.bytes, 0, joined.end) !== undefined) return;
    this.#fill(joined);
    this.#walk(joined, "joined");
  }

  #refuse(problem: Ipv6Problem, packet: Packet): void {
    const told =
      problem.report === "always" || (problem.report === "unless-multicast" && this.#cast !== "multicast");
    if (told) this.#icmp.parameterProblem(this.#datagram, problem.code, problem.at - packet.start);
    this.#drop(problem.reason, "Ip6InHdrErrors", this.#by!, packet);
  }

  #deliver(packet: Packet, protocolAt: number): void {
    const datagram = this.#datagram;
    if (datagram.protocol === protocols.noNextHeader) {
      this.#core.counters.Ip6InDelivers++;
      return;
    }
    const transport = this.#core.transports[datagram.protocol];
    const seen = this.#core.rawTap?.(datagram) === true;
    if (transport === undefined && seen) {
      this.#core.counters.Ip6InDelivers++;
      return;
    }
    if (transport === undefined) {
      this.#drop("unknown-protocol", "Ip6InUnknownProtos", this.#by!, packet);
      this.#icmp.parameterProblem(datagram, codes.unrecognizedNextHeader, protocolAt - packet.start);
      return;
    }
    this.#core.counters.Ip6InDelivers++;
    transport.receive(datagram);
  }

  #fill(packet: Packet): void {
    const header = this.#header;
    const datagram = this.#datagram;
    datagram.source = header.source;
    datagram.destination = header.destination;
    datagram.protocol = header.nextHeader;
    datagram.hopLimit = header.hopLimit;
    datagram.trafficClass = header.trafficClass;
    datagram.bytes = packet.bytes;
    datagram.headerStart = packet.start;
    datagram.start = header.payloadStart;
    datagram.end = header.payloadEnd;
    datagram.checksum = packet.checksum === checksumUnknown ? checksumUnknown : checksumTrusted;
    datagram.segmentSize = packet.segmentSize;
    datagram.interface = packet.device === 0 ? this.#by! : this.#core.arrival(packet, this.#by!);
    datagram.cast = this.#cast;
  }

  #drop(reason: string, counter: CounterName, by: NetworkInterface, packet: Packet): false {
    this.#core.drop("ipv6", reason, counter, by, packet);
    return false;
  }
}

/** Addresses no packet from a link may carry (RFC 4291, sections 2.5.2, 2.5.3, 2.5.5 and 2.7). */
function whyMartian(
  source: Address,
  destination: Address,
  by: NetworkInterface,
  { ownsLoopback }: LocalAddresses,
): string | undefined {
  if (isMulticast(source)) return "martian-source";
  // A mapped address on the wire would pass for IPv4 everywhere above.
  if (isV4(source) || isV4(destination)) return "mapped-address";
  if (isUnspecified(destination)) return "martian-destination";
  if (by.loopback) return undefined;
  if (ownsLoopback && (isLoopback(source) || isLoopback(destination))) return "martian-loopback";
  return isMulticast(destination) && scopeOf(destination) <= interfaceLocal ? "martian-scope" : undefined;
}

/** RFC 7112: the first fragment holds every header up to and into the upper layer's. */
function chainComplete(nextHeader: number, nextHeaderAt: number, bytes: Uint8Array, end: number): boolean {
  const start = nextHeaderAt + ipv6FragmentHeaderLength;
  const chain = walkIpv6(nextHeader, nextHeaderAt, bytes, start, end);
  if (chain.kind === "problem") return chain.reason !== "truncated-extension";
  return end - chain.payloadStart >= shortestHeader(chain.protocol);
}

/** Bytes of the upper layer that must be in the first fragment. */
function shortestHeader(protocol: number): number {
  if (protocol === protocols.tcp) return 20;
  if (protocol === protocols.udp || protocol === protocols.icmpv6) return 8;
  return protocol === protocols.noNextHeader ? 0 : 1;
}

/** By the ECN field (RFC 3168, section 5). */
function countEcn(counters: Counters, trafficClass: number): void {
  const ecn = trafficClass & 3;
  if (ecn === 0) counters.Ip6InNoECTPkts++;
  else if (ecn === 1) counters.Ip6InECT1Pkts++;
  else if (ecn === 2) counters.Ip6InECT0Pkts++;
  else counters.Ip6InCEPkts++;
}
