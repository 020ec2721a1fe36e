/** IPv4 on the way in (RFC 791; RFC 1122, section 3.2.1): checks, options, reassembly, and up to the transport. */
import { type Address, anyV4, isLoopback, isMulticast, isUnspecified } from "../../base/address.ts";
import { checksumTrusted, checksumUnknown, newPacket, type Packet } from "../../base/packet.ts";
import { type Ipv4Packet, newIpv4Packet, parseIpv4Into } from "../../wire/ip/ipv4.ts";
import { parseIpv4Options } from "../../wire/ip/ipv4-options.ts";
import type { Core } from "../core.ts";
import type { CounterName, Counters } from "../counters.ts";
import type { Cast } from "../interface/local-addresses.ts";
import type { NetworkInterface } from "../interface/network-interface.ts";
import type { IpDatagram } from "../transport.ts";
import { emptyDatagram } from "../udp/empty-datagram.ts";
import { FragmentsIn, wholeOf } from "./fragments-in.ts";
import type { Icmp } from "./icmp.ts";
import type { LinkCast } from "./ip-input.ts";

export class Ipv4Input {
  readonly #core: Core;
  readonly #icmp: Icmp;
  readonly #fragments: FragmentsIn;
  /** The one datagram lent to transports; deliveries never nest. */
  readonly #datagram: IpDatagram;

  /** The packet under way. Addresses equal to the last packet's are the same objects. */
  readonly #header: Ipv4Packet = newIpv4Packet();

  // What was found of the last packet's addresses, while the routing table stays as it is.
  #by: NetworkInterface | undefined;
  #source: Address = anyV4;
  #destination: Address = anyV4;
  #cast: Cast = "unicast";
  #generation = -1;

  constructor(core: Core, icmp: Icmp) {
    this.#core = core;
    this.#icmp = icmp;
    this.#fragments = new FragmentsIn(core, icmp, 4);
    this.#datagram = emptyDatagram(4, core.interfaces[0]!);
  }

  get fragments(): FragmentsIn {
    return this.#fragments;
  }

  receive(packet: Packet, by: NetworkInterface, linkCast: LinkCast): void {
    const { counters } = this.#core;
    const header = this.#header;
    counters.IpInReceives++;
    const problem = parseIpv4Into(header, packet.bytes, packet.start, packet.end);
    if (problem !== undefined) {
      this.#generation = -1;
      if (problem === "bad-checksum") counters.IpExtInCsumErrors++;
      if (problem === "truncated") counters.IpExtInTruncatedPkts++;
      this.#drop(problem, "IpInHdrErrors", by, packet);
      return;
    }
    counters.IpExtInOctets += header.payloadEnd - packet.start;
    countEcn(counters, header.trafficClass);
    if (!this.#addressed(packet, by, linkCast)) return;
    if (header.optionsLength > 0 && !this.#optionsPass(packet)) return;
    if (header.moreFragments || header.fragmentOffset > 0) this.#reassemble(packet);
    else this.#deliver(packet);
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
    const martian = this.#martian(source, destination, by);
    if (martian !== undefined) return this.#drop(martian, "IpInAddrErrors", by, packet);
    const cast = this.#core.addresses.classify(destination, by);
    if (cast === undefined) return this.#drop("not-ours", "IpInAddrErrors", by, packet);
    // RFC 1122, section 3.3.6: what came to everybody on the link must say so itself.
    if (linkCast === "group" && cast === "unicast")
      return this.#drop("unicast-in-link-broadcast", "IpInDiscards", by, packet);
    this.#by = by;
    this.#source = source;
    this.#destination = destination;
    this.#cast = cast;
    this.#generation = generation;
    return true;
  }

  /** Addresses no packet from a link may carry (RFC 1122, section 3.2.1.3; RFC 1812, section 5.3.7). */
  #martian(source: Address, destination: Address, by: NetworkInterface): string | undefined {
    if (isMulticast(source) || this.#core.addresses.isBroadcast(source)) return "martian-source";
    if (by.loopback) return undefined;
    if (this.#core.addresses.ownsLoopback && (isLoopback(source) || isLoopback(destination)))
      return "martian-loopback";
    if (isUnspecified(destination)) return "martian-destination";
    const toGroup = isMulticast(destination) || this.#core.addresses.isBroadcast(destination);
    if (source.w3 >>> 24 === 0 && !toGroup) return "martian-source";
    // What we sent to a group ourselves comes back by loopBack; from anybody else our own address is a lie.
    return this.#core.isOurs(source) && !toGroup ? "spoofed-source" : undefined;
  }

  /** Options are looked through, not acted on; source routes are refused (RFC 1122, section 3.2.1.8; RFC 7126). */
  #optionsPass(packet: Packet): boolean {
    const { optionsStart, payloadStart } = this.#header;
    const by = this.#by!;
    const options = parseIpv4Options(packet.bytes, optionsStart, payloadStart);
    if (!Array.isArray(options)) {
      this.#fill(packet);
      this.#icmp.parameterProblem(this.#datagram, 0, options.at - packet.start);
      return this.#drop(options.reason, "IpInHdrErrors", by, packet);
    }
    if (options.some(({ kind }) => kind === "loose-source-route" || kind === "strict-source-route"))
      return this.#drop("source-route", "IpInDiscards", by, packet);
    return true;
  }

  #reassemble(packet: Packet): void {
    const header = this.#header;
    const by = this.#by!;
    const fragment = {
      source: header.source,
      destination: header.destination,
      identification: header.identification,
      protocol: header.protocol,
      interfaceIndex: by.index,
      offset: header.fragmentOffset,
      more: header.moreFragments ? 1 : 0,
      trafficClass: header.trafficClass,
      bytes: packet.bytes,
      headerStart: packet.start,
      start: header.payloadStart,
      end: header.payloadEnd,
      nextHeaderAt: 0,
    } as const;
    const whole = wholeOf(this.#fragments.add(fragment, packet, by));
    if (whole === undefined) return;
    const joined = newPacket(whole.bytes);
    joined.device = packet.device;
    if (parseIpv4Into(header, joined.bytes, 0, joined.end) === undefined) this.#deliver(joined);
  }

  #deliver(packet: Packet): void {
    const { counters, transports } = this.#core;
    this.#fill(packet);
    if (this.#cast !== "unicast") countGroup(counters, this.#cast, this.#header.payloadEnd - packet.start);
    const transport = transports[this.#header.protocol];
    const seen = this.#core.rawTap?.(this.#datagram) === true;
    if (transport === undefined && seen) {
      counters.IpInDelivers++;
      return;
    }
    if (transport === undefined) {
      this.#drop("unknown-protocol", "IpInUnknownProtos", this.#by!, packet);
      this.#icmp.unreachable(this.#datagram, "protocol");
      return;
    }
    counters.IpInDelivers++;
    transport.receive(this.#datagram);
  }

  #fill(packet: Packet): void {
    const header = this.#header;
    const datagram = this.#datagram;
    datagram.source = header.source;
    datagram.destination = header.destination;
    datagram.protocol = header.protocol;
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
    this.#core.drop("ipv4", reason, counter, by, packet);
    return false;
  }
}

/** By the ECN field (RFC 3168, section 5). */
function countEcn(counters: Counters, trafficClass: number): void {
  const ecn = trafficClass & 3;
  if (ecn === 0) counters.IpExtInNoECTPkts++;
  else if (ecn === 1) counters.IpExtInECT1Pkts++;
  else if (ecn === 2) counters.IpExtInECT0Pkts++;
  else counters.IpExtInCEPkts++;
}

function countGroup(counters: Counters, cast: "multicast" | "broadcast", octets: number): void {
  counters[cast === "multicast" ? "IpExtInMcastPkts" : "IpExtInBcastPkts"]++;
  counters[cast === "multicast" ? "IpExtInMcastOctets" : "IpExtInBcastOctets"] += octets;
}
