/** An interface's part in IGMP and MLD: reports when groups are joined and left, answers to routers' queries. */
import {
  type Address,
  address,
  anyV4,
  anyV6,
  isLinkLocal,
  isUnspecified,
  isV4,
  sameAddress,
} from "../../base/address.ts";
import { type GroupNews, GroupReports, type GroupVersion } from "../../protocols/ip/group-reports.ts";
import { interfaceLocal, scopeOf } from "../../protocols/ip/scope.ts";
import { fillTransportChecksum } from "../../wire/checksums.ts";
import { type GroupRecord, groupRecordTypes } from "../../wire/icmp/group-records.ts";
import { emitIgmp, type IgmpMessage, igmpLength } from "../../wire/icmp/igmp.ts";
import { emitMld, type MldMessage, mldLength } from "../../wire/icmp/mld.ts";
import { emitIpv4, type Ipv4Header, ipv4HeaderLength } from "../../wire/ip/ipv4.ts";
import { emitIpv4Options } from "../../wire/ip/ipv4-options.ts";
import { emitIpv6, type Ipv6Header, ipv6HeaderLength } from "../../wire/ip/ipv6.ts";
import { emitIpv6Extension, type Ipv6Extension } from "../../wire/ip/ipv6-extensions.ts";
import { protocols } from "../../wire/protocols.ts";
import type { Core } from "../core.ts";
import type { CounterName } from "../counters.ts";
import type { Output } from "../ip/ip-output.ts";
import { inUse } from "./local-addresses.ts";
import type { NetworkInterface } from "./network-interface.ts";

const allHosts = address("224.0.0.1");
const allRoutersV4 = address("224.0.0.2");
const reportsV4 = address("224.0.0.22");
const allNodes = address("ff02::1");
const allRoutersV6 = address("ff02::2");
const reportsV6 = address("ff02::16");

/** RFC 3376, section 4: precedence Internetwork Control. */
const internetworkControl = 0xc0;
/** Group records a report carries, so that it fits any IPv6 link. */
const mostRecords = 60;

const recordType: Record<GroupNews, number> = {
  member: groupRecordTypes.modeIsExclude,
  joined: groupRecordTypes.changeToExclude,
  left: groupRecordTypes.changeToInclude,
};

export class Membership {
  readonly #core: Core;
  readonly #output: Output;
  readonly #by: NetworkInterface;
  readonly #v4: GroupReports;
  readonly #v6: GroupReports;

  constructor(core: Core, output: Output, by: NetworkInterface) {
    this.#core = core;
    this.#output = output;
    this.#by = by;
    const random = core.random.fork(`groups of ${by.name}`);
    this.#v4 = this.#reports(4, random.fork("IGMP"));
    this.#v6 = this.#reports(6, random.fork("MLD"));
  }

  joined(group: Address): void {
    if (isReported(group)) this.#of(group).joined(group, this.#core.now());
  }

  left(group: Address): void {
    if (isReported(group)) this.#of(group).left(group, this.#core.now());
  }

  /** @param group the unspecified address asks for all groups of its family. */
  queried(group: Address, maxResponse: number, version: GroupVersion): void {
    const asked = isUnspecified(group) ? undefined : group;
    this.#of(group).queried(asked, maxResponse, version, this.#core.now());
  }

  reportedByOther(group: Address): void {
    this.#of(group).reportedByOther(group);
  }

  close(): void {
    this.#v4.stop();
    this.#v6.stop();
  }

  #of(group: Address): GroupReports {
    return isV4(group) ? this.#v4 : this.#v6;
  }

  #reports(family: 4 | 6, random: Core["random"]): GroupReports {
    const { groups } = this.#by;
    return new GroupReports(this.#core.timers, random, {
      report: (news, told, version) => this.#report(family, news, told, version),
      members: () => [...groups].filter((group) => isV4(group) === (family === 4) && isReported(group)),
      isMember: (group) => groups.has(group) && isReported(group),
    });
  }

  #report(family: 4 | 6, news: GroupNews, groups: readonly Address[], version: GroupVersion): void {
    if (version === "older") {
      for (const group of groups) this.#reportOlder(family, news, group);
      return;
    }
    for (let at = 0; at < groups.length; at += mostRecords) {
      const some = groups.slice(at, at + mostRecords);
      const records: GroupRecord[] = some.map((group) => ({ type: recordType[news], group, sources: [] }));
      if (family === 4) this.#sendIgmp({ kind: "report-v3", records }, reportsV4);
      else this.#sendMld({ kind: "report-v2", records }, reportsV6, "Icmp6OutMLDv2Reports");
    }
  }

  /** RFC 2236, section 2; RFC 2710, section 3. */
  #reportOlder(family: 4 | 6, news: GroupNews, group: Address): void {
    if (family === 4) {
      if (news === "left") this.#sendIgmp({ kind: "leave", group }, allRoutersV4);
      else this.#sendIgmp({ kind: "report", version: 2, group }, group);
    } else if (news === "left")
      this.#sendMld({ kind: "done", group }, allRoutersV6, "Icmp6OutGroupMembReductions");
    else this.#sendMld({ kind: "report", group }, group, "Icmp6OutGroupMembResponses");
  }

  /** TTL 1 and Router Alert (RFC 3376, section 4). */
  #sendIgmp(message: IgmpMessage, destination: Address): void {
    const optionsLength = 4;
    const payloadLength = igmpLength(message);
    const packet = this.#core.pool.allocate(ipv4HeaderLength + optionsLength + payloadLength);
    const { bytes, start } = packet;
    const source = this.#source(4);
    emitIpv4Options([{ kind: "router-alert", value: 0 }], bytes, start + ipv4HeaderLength);
    const header: Ipv4Header = {
      trafficClass: internetworkControl,
      identification: 0,
      dontFragment: true,
      moreFragments: false,
      fragmentOffset: 0,
      hopLimit: 1,
      protocol: protocols.igmp,
      source,
      destination,
      optionsLength,
      payloadLength,
    };
    emitIgmp(message, bytes, start + emitIpv4(header, bytes, start));
    this.#core.counters.IpOutRequests++;
    this.#output.transmit(packet, this.#output.routing.direct(destination, source, this.#by));
  }

  /** Hop Limit 1 and Router Alert, from fe80:: or, while there is none, from :: (RFC 3810, section 5.2.13). */
  #sendMld(message: MldMessage, destination: Address, counter: CounterName): void {
    const length = mldLength(message);
    const packet = this.#core.pool.allocate(ipv6HeaderLength + alertLength + length);
    const { bytes, start, end } = packet;
    const source = this.#source(6);
    const header: Ipv6Header = {
      trafficClass: 0,
      flowLabel: 0,
      payloadLength: alertLength + length,
      nextHeader: protocols.hopByHop,
      hopLimit: 1,
      source,
      destination,
    };
    const alertAt = start + emitIpv6(header, bytes, start);
    const at = alertAt + emitIpv6Extension(routerAlert, bytes, alertAt);
    emitMld(message, bytes, at);
    fillTransportChecksum(protocols.icmpv6, source, destination, bytes, at, end);
    const { counters } = this.#core;
    counters.Ip6OutRequests++;
    counters.Icmp6OutMsgs++;
    counters[counter]++;
    this.#output.transmit(packet, this.#output.routing.direct(destination, source, this.#by));
  }

  #source(family: 4 | 6): Address {
    const own = this.#by.addresses.find(
      (entry) => entry.family === family && inUse(entry) && (family === 4 || isLinkLocal(entry.address)),
    );
    return own?.address ?? (family === 4 ? anyV4 : anyV6);
  }
}

const routerAlert: Ipv6Extension = {
  kind: "hop-by-hop",
  nextHeader: protocols.icmpv6,
  options: [{ kind: "router-alert", value: 0 }],
};
const alertLength = 8;

/** Everybody is in these, always (RFC 3376, section 6; RFC 3810, section 6), and no router cares. */
function isReported(group: Address): boolean {
  if (isV4(group)) return !sameAddress(group, allHosts);
  return !sameAddress(group, allNodes) && scopeOf(group) > interfaceLocal;
}
