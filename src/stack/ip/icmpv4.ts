/** ICMP for IPv4 as a host takes part in it (RFC 792; RFC 1122, section 3.2.2). */
import { putU16, u16 } from "../../base/bytes.ts";
import { checksum, updateChecksum } from "../../base/hash/checksum.ts";
import { checksumUnknown } from "../../base/packet.ts";
import { icmpv4Types, icmpv4Unreachable, parseIcmpv4 } from "../../wire/icmp/icmpv4.ts";
import { protocols } from "../../wire/protocols.ts";
import type { Core } from "../core.ts";
import type { CounterName } from "../counters.ts";
import type { IcmpError, IpDatagram, SendOptions, Transport } from "../transport.ts";
import type { Echo } from "./icmp-echo.ts";
import type { ErrorsIn } from "./icmp-errors-in.ts";
import type { Output } from "./ip-output.ts";

const headerLength = 8;

/** What each type is counted as, on arrival. */
const counterOf: ReadonlyMap<number, CounterName> = new Map<number, CounterName>([
  [icmpv4Types.echoReply, "IcmpInEchoReps"],
  [icmpv4Types.destinationUnreachable, "IcmpInDestUnreachs"],
  [icmpv4Types.sourceQuench, "IcmpInSrcQuenchs"],
  [icmpv4Types.redirect, "IcmpInRedirects"],
  [icmpv4Types.echoRequest, "IcmpInEchos"],
  [icmpv4Types.timeExceeded, "IcmpInTimeExcds"],
  [icmpv4Types.parameterProblem, "IcmpInParmProbs"],
  [icmpv4Types.timestampRequest, "IcmpInTimestamps"],
  [icmpv4Types.timestampReply, "IcmpInTimestampReps"],
  [icmpv4Types.addressMaskRequest, "IcmpInAddrMasks"],
  [icmpv4Types.addressMaskReply, "IcmpInAddrMaskReps"],
]);

/** Who takes a redirect (RFC 1122, section 3.2.2.2). */
export type RedirectTaker = (datagram: IpDatagram) => string | undefined;

export class Icmpv4 implements Transport {
  readonly protocol: number = protocols.icmp;
  readonly #core: Core;
  readonly #output: Output;
  readonly #errors: ErrorsIn;
  readonly #echo: Echo;
  readonly #redirect: RedirectTaker;

  constructor(core: Core, output: Output, errors: ErrorsIn, echo: Echo, redirect: RedirectTaker) {
    this.#core = core;
    this.#output = output;
    this.#errors = errors;
    this.#echo = echo;
    this.#redirect = redirect;
  }

  receive(datagram: IpDatagram): void {
    const { counters } = this.#core;
    const { bytes, start, end } = datagram;
    counters.IcmpInMsgs++;
    if (end - start < headerLength) {
      this.#drop("truncated", "IcmpInErrors", datagram);
      return;
    }
    if (datagram.checksum === checksumUnknown && checksum(bytes, start, end) !== 0) {
      counters.IcmpInCsumErrors++;
      this.#drop("bad-checksum", "IcmpInErrors", datagram);
      return;
    }
    const type = bytes[start]!;
    const counter = counterOf.get(type);
    if (counter !== undefined) counters[counter]++;
    const why = this.#dispatch(type, datagram);
    if (why !== undefined) this.#drop(why, isErrorType(type) ? "IcmpInErrors" : undefined, datagram);
  }

  icmpError(error: IcmpError): void {
    this.#echo.icmpError(error);
  }

  flush(): void {
    // Nothing waits here: answers leave at once.
  }

  /** @returns why the message was ignored, or undefined. */
  #dispatch(type: number, datagram: IpDatagram): string | undefined {
    switch (type) {
      case icmpv4Types.echoRequest:
        return this.#answer(datagram);
      case icmpv4Types.echoReply:
        return this.#echo.reply(datagram);
      case icmpv4Types.destinationUnreachable:
      case icmpv4Types.timeExceeded:
      case icmpv4Types.parameterProblem:
        return this.#error(datagram);
      case icmpv4Types.redirect:
        return this.#redirect(datagram);
      // RFC 6633: source quenches are ignored. Timestamps and masks need what we do not have or tell.
      default:
        return "ignored-type";
    }
  }

  /** RFC 1122, section 3.2.2.6. As Linux does: not to broadcast or multicast (icmp_echo_ignore_broadcasts). */
  #answer(datagram: IpDatagram): string | undefined {
    if (datagram.cast !== "unicast") return "echo-to-a-group";
    const route = this.#output.route(datagram.source, { source: datagram.destination });
    if (typeof route === "string") return "no-route-back";
    const packet = this.#output.copy(datagram.bytes, datagram.start, datagram.end);
    const { bytes, start } = packet;
    // Type and code change from 0x0800 to 0, and the checksum by as much (RFC 1624).
    const before = u16(bytes, start);
    bytes[start] = icmpv4Types.echoReply;
    const updated = updateChecksum(u16(bytes, start + 2), before, u16(bytes, start));
    putU16(bytes, start + 2, updated);
    if (updated === 0) putU16(bytes, start + 2, checksum(bytes, start, packet.end));
    this.#core.counters.IcmpOutMsgs++;
    this.#core.counters.IcmpOutEchoReps++;
    replyOptions.trafficClass = datagram.trafficClass;
    this.#output.send(packet, route, replyOptions);
    return undefined;
  }

  #error(datagram: IpDatagram): string | undefined {
    const message = parseIcmpv4(datagram.bytes, datagram.start, datagram.end);
    if (typeof message === "string") return message;
    if (message.kind === "destination-unreachable") {
      const tooBig = message.code === icmpv4Unreachable.fragmentationNeeded;
      return this.#errors.arrived(datagram, { ...message, type: 3, mtu: tooBig ? message.mtu : undefined });
    }
    if (message.kind === "time-exceeded")
      return this.#errors.arrived(datagram, { ...message, type: 11, mtu: undefined });
    if (message.kind !== "parameter-problem") return "ignored-type";
    return this.#errors.arrived(datagram, { ...message, type: 12, mtu: undefined });
  }

  #drop(reason: string, counter: CounterName | undefined, datagram: IpDatagram): void {
    this.#core.drop("icmp", reason, counter, undefined, datagram);
  }
}

const replyOptions: SendOptions = {
  protocol: protocols.icmp,
  hopLimit: 64,
  trafficClass: 0,
  dontFragment: false,
  flowLabel: 0,
};

function isErrorType(type: number): boolean {
  return (
    type === icmpv4Types.destinationUnreachable ||
    type === icmpv4Types.timeExceeded ||
    type === icmpv4Types.parameterProblem ||
    type === icmpv4Types.redirect
  );
}
