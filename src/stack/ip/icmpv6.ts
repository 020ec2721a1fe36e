/** ICMPv6 as a host takes part in it (RFC 4443); neighbour discovery and multicast listeners are handed on. */
import { isLinkLocal } from "../../base/address.ts";
import { putU16, u16 } from "../../base/bytes.ts";
import { updateChecksum } from "../../base/hash/checksum.ts";
import { checksumPartial, checksumUnknown } from "../../base/packet.ts";
import { verifyTransportChecksum } from "../../wire/checksums.ts";
import { icmpv6Types, parseIcmpv6 } from "../../wire/icmp/icmpv6.ts";
import { isNdType } from "../../wire/icmp/nd.ts";
import { protocols } from "../../wire/protocols.ts";
import type { Core } from "../core.ts";
import type { CounterName } from "../counters.ts";
import type { IcmpError, IpDatagram, SendOptions, Transport } from "../transport.ts";
import type { Echo } from "./icmp-echo.ts";
import type { ErrorsIn } from "./icmp-errors-in.ts";
import type { Output } from "./ip-output.ts";

/** What each type is counted as, on arrival. */
const counterOf: ReadonlyMap<number, CounterName> = new Map<number, CounterName>([
  [icmpv6Types.destinationUnreachable, "Icmp6InDestUnreachs"],
  [icmpv6Types.packetTooBig, "Icmp6InPktTooBigs"],
  [icmpv6Types.timeExceeded, "Icmp6InTimeExcds"],
  [icmpv6Types.parameterProblem, "Icmp6InParmProblems"],
  [icmpv6Types.echoRequest, "Icmp6InEchos"],
  [icmpv6Types.echoReply, "Icmp6InEchoReplies"],
  [icmpv6Types.multicastListenerQuery, "Icmp6InGroupMembQueries"],
  [icmpv6Types.multicastListenerReport, "Icmp6InGroupMembResponses"],
  [icmpv6Types.multicastListenerDone, "Icmp6InGroupMembReductions"],
  [icmpv6Types.routerSolicitation, "Icmp6InRouterSolicits"],
  [icmpv6Types.routerAdvertisement, "Icmp6InRouterAdvertisements"],
  [icmpv6Types.neighborSolicitation, "Icmp6InNeighborSolicits"],
  [icmpv6Types.neighborAdvertisement, "Icmp6InNeighborAdvertisements"],
  [icmpv6Types.redirect, "Icmp6InRedirects"],
  [icmpv6Types.multicastListenerReportV2, "Icmp6InMLDv2Reports"],
]);

/** Who takes what belongs to the link. Each says why it ignored a message, or undefined. */
export interface LinkMessages {
  /** Types 133 to 137. */
  neighbourDiscovery(datagram: IpDatagram): string | undefined;
  /** Types 130 to 132 and 143. */
  listeners(datagram: IpDatagram): string | undefined;
}

export class Icmpv6 implements Transport {
  readonly protocol: number = protocols.icmpv6;
  readonly #core: Core;
  readonly #output: Output;
  readonly #errors: ErrorsIn;
  readonly #echo: Echo;
  readonly #link: LinkMessages;

  constructor(core: Core, output: Output, errors: ErrorsIn, echo: Echo, link: LinkMessages) {
    this.#core = core;
    this.#output = output;
    this.#errors = errors;
    this.#echo = echo;
    this.#link = link;
  }

  receive(datagram: IpDatagram): void {
    const { counters } = this.#core;
    const { bytes, start, end } = datagram;
    counters.Icmp6InMsgs++;
    if (end - start < 4) {
      this.#drop("truncated", "Icmp6InErrors", datagram);
      return;
    }
    if (datagram.checksum === checksumUnknown && !this.#verified(datagram)) {
      counters.Icmp6InCsumErrors++;
      this.#drop("bad-checksum", "Icmp6InErrors", datagram);
      return;
    }
    const type = bytes[start]!;
    const counter = counterOf.get(type);
    if (counter !== undefined) counters[counter]++;
    const why = this.#dispatch(type, datagram);
    if (why !== undefined) this.#drop(why, type < 128 ? "Icmp6InErrors" : undefined, datagram);
  }

  icmpError(error: IcmpError): void {
    this.#echo.icmpError(error);
  }

  flush(): void {
    // Nothing waits here: answers leave at once.
  }

  #verified({ source, destination, bytes, start, end }: IpDatagram): boolean {
    return verifyTransportChecksum(protocols.icmpv6, source, destination, bytes, start, end) === undefined;
  }

  /** @returns why the message was ignored, or undefined. */
  #dispatch(type: number, datagram: IpDatagram): string | undefined {
    if (type === icmpv6Types.echoRequest) return this.#answer(datagram);
    if (type === icmpv6Types.echoReply) return this.#echo.reply(datagram);
    if (type < 128) return this.#error(type, datagram);
    if (isNdType(type)) return this.#link.neighbourDiscovery(datagram);
    const listeners =
      (type >= icmpv6Types.multicastListenerQuery && type <= icmpv6Types.multicastListenerDone) ||
      type === icmpv6Types.multicastListenerReportV2;
    return listeners ? this.#link.listeners(datagram) : "ignored-type";
  }

  /** RFC 4443, section 4.2. A request to a group is answered from an address of ours. */
  #answer(datagram: IpDatagram): string | undefined {
    if (datagram.end - datagram.start < 8) return "truncated";
    const { source, destination, interface: by, trafficClass } = datagram;
    const route = this.#output.route(source, {
      source: datagram.cast === "unicast" ? destination : undefined,
      device: isLinkLocal(source) ? by.index : undefined,
    });
    if (typeof route === "string") return "no-route-back";
    const packet = this.#output.copy(datagram.bytes, datagram.start, datagram.end);
    const { bytes, start } = packet;
    const before = u16(bytes, start);
    bytes[start] = icmpv6Types.echoReply;
    if (datagram.cast === "unicast" && datagram.checksum === checksumUnknown)
      // The addresses change places, and only the type changes (RFC 1624).
      putU16(bytes, start + 2, updateChecksum(u16(bytes, start + 2), before, u16(bytes, start)));
    else {
      packet.checksum = checksumPartial;
      packet.checksumOffset = 2;
    }
    this.#core.counters.Icmp6OutMsgs++;
    this.#core.counters.Icmp6OutEchoReplies++;
    replyOptions.trafficClass = trafficClass;
    replyOptions.hopLimit = route.interface.hopLimit;
    this.#output.send(packet, route, replyOptions);
    return undefined;
  }

  #error(type: number, datagram: IpDatagram): string | undefined {
    const message = parseIcmpv6(datagram.bytes, datagram.start, datagram.end);
    if (typeof message === "string") return message;
    if (message.kind === "packet-too-big")
      return this.#errors.arrived(datagram, { type, code: 0, mtu: message.mtu, quoted: message.quoted });
    const quoted =
      "quoted" in message ? message.quoted : datagram.bytes.subarray(datagram.start + 8, datagram.end);
    const code = datagram.bytes[datagram.start + 1]!;
    return this.#errors.arrived(datagram, { type, code, mtu: undefined, quoted });
  }

  #drop(reason: string, counter: CounterName | undefined, datagram: IpDatagram): void {
    this.#core.drop("icmpv6", reason, counter, undefined, datagram);
  }
}

const replyOptions: SendOptions = {
  protocol: protocols.icmpv6,
  hopLimit: 64,
  trafficClass: 0,
  dontFragment: false,
  flowLabel: 0,
};
