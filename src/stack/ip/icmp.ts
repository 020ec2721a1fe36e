/** ICMP errors on their way out, for both families: whether, to whom, what they quote (RFC 1122, 3.2.2; RFC 4443, 2.4). */
import { type Address, type Family, isLinkLocal, readAddressV4, readAddressV6 } from "../../base/address.ts";
import { putU16, u16 } from "../../base/bytes.ts";
import { checksumPartial, checksumTrusted, checksumUnknown, type Packet } from "../../base/packet.ts";
import {
  type ErrorKind,
  type ErrorSubject,
  quotedLength,
  whySilent,
} from "../../protocols/ip/icmp-errors.ts";
import { RateLimiter } from "../../protocols/ip/rate-limit.ts";
import { checksumOffset, transportChecksum } from "../../wire/checksums.ts";
import { emitIcmpv4, icmpv4Types, icmpv4Unreachable } from "../../wire/icmp/icmpv4.ts";
import { emitIcmpv6, icmpv6Types, icmpv6Unreachable } from "../../wire/icmp/icmpv6.ts";
import { parseQuotedIpv6 } from "../../wire/icmp/quoted.ts";
import { protocols } from "../../wire/protocols.ts";
import type { Core } from "../core.ts";
import type { HostRoute } from "../host-route.ts";
import type { NetworkInterface } from "../interface/network-interface.ts";
import type { IpDatagram, SendOptions } from "../transport.ts";
import type { Output } from "./ip-output.ts";

/** What an error is about. Any {@link IpDatagram} is one. */
interface Offender {
  readonly family: Family;
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: number;
  readonly trafficClass: number;
  readonly bytes: Uint8Array;
  readonly headerStart: number;
  readonly start: number;
  readonly end: number;
  readonly interface: { readonly index: number };
  readonly cast: "unicast" | "broadcast" | "multicast";
  readonly checksum: Packet["checksum"];
}

type Content = Pick<ErrorSubject, "protocol" | "icmpType" | "fragmentOffset">;

interface Problem {
  readonly type: number;
  readonly code: number;
  /** Pointer. */
  readonly pointer?: number;
}

export type Unreachable = "port" | "protocol" | "administrative";

/** As Linux does: errors are marked Internetwork Control (RFC 1812, section 4.3.2.5). */
const internetworkControl = 0xc0;
const hopLimitV4 = 64;

export class Icmp {
  readonly #core: Core;
  readonly #output: Output;
  readonly #limiter: RateLimiter;

  constructor(core: Core, output: Output) {
    this.#core = core;
    this.#output = output;
    this.#limiter = new RateLimiter(core.icmpLimits, core.random.uint32() | 0);
  }

  unreachable(about: IpDatagram, reason: Unreachable): void {
    if (about.family === 4) {
      const type = icmpv4Types.destinationUnreachable;
      const codes = { port: 3, protocol: icmpv4Unreachable.protocol, administrative: 13 } as const;
      this.#send(about, { type, code: codes[reason] }, "ordinary");
    } else if (reason !== "protocol") {
      const code = reason === "port" ? icmpv6Unreachable.port : icmpv6Unreachable.prohibited;
      this.#send(about, { type: icmpv6Types.destinationUnreachable, code }, "ordinary");
    }
  }

  /** @param pointer the byte at fault, from the start of the IP header. */
  parameterProblem(about: IpDatagram, code: number, pointer: number): void {
    if (about.family === 4) {
      this.#send(about, { type: icmpv4Types.parameterProblem, code, pointer }, "ordinary");
      return;
    }
    // RFC 4443, section 2.4 (e): an unknown option is told of even to those who sent it to a group.
    const kind: ErrorKind = code === unrecognizedOption ? "answers-multicast" : "ordinary";
    this.#send(about, { type: icmpv6Types.parameterProblem, code, pointer }, kind);
  }

  /** @param first the first fragment of a datagram whose others did not come. */
  reassemblyTimeExceeded(first: Uint8Array, by: NetworkInterface): void {
    const family: Family = first[0]! >>> 4 === 4 ? 4 : 6;
    const about = offenderIn(first, family, by);
    const cast = this.#core.addresses.classify(about.destination, by);
    if (cast === undefined) return;
    const type = family === 4 ? icmpv4Types.timeExceeded : icmpv6Types.timeExceeded;
    this.#send({ ...about, cast }, { type, code: 1 }, "ordinary");
  }

  #send(about: Offender, problem: Problem, kind: ErrorKind): void {
    const core = this.#core;
    const { source, cast, destination } = about;
    if (whySilent({ source, cast, linkCast: "unicast", ...contentOf(about) }, kind)) return;
    const route = this.#output.route(source, {
      source: cast === "unicast" && core.isOurs(destination) ? destination : undefined,
      device: isLinkLocal(source) ? about.interface.index : undefined,
    });
    if (typeof route === "string") return;
    // As Linux does: what stays on this host is not limited.
    if (!route.interface.loopback && !this.#limiter.allow(source, core.now())) {
      core.counters[about.family === 4 ? "IcmpOutRateLimitHost" : "Icmp6OutRateLimitHost"]++;
      return;
    }
    const quoted = quote(about);
    const packet = core.pool.allocate(8 + quoted.length);
    if (about.family === 4) writeV4(problem, quoted, packet.bytes, packet.start);
    else {
      writeV6(problem, quoted, packet.bytes, packet.start);
      packet.checksum = checksumPartial;
      packet.checksumOffset = 2;
    }
    this.#count(about.family, problem.type);
    this.#output.send(packet, route, optionsFor(about, route));
  }

  #count(family: Family, type: number): void {
    const { counters } = this.#core;
    if (family === 4) {
      counters.IcmpOutMsgs++;
      if (type === icmpv4Types.destinationUnreachable) counters.IcmpOutDestUnreachs++;
      else if (type === icmpv4Types.timeExceeded) counters.IcmpOutTimeExcds++;
      else counters.IcmpOutParmProbs++;
    } else {
      counters.Icmp6OutMsgs++;
      if (type === icmpv6Types.destinationUnreachable) counters.Icmp6OutDestUnreachs++;
      else if (type === icmpv6Types.timeExceeded) counters.Icmp6OutTimeExcds++;
      else counters.Icmp6OutParmProblems++;
    }
  }
}

const unrecognizedOption = 2;

/** The packet as it would have been on a wire: one from this machine may have come with its checksum left to us. */
function quote({
  family,
  protocol,
  checksum,
  bytes,
  headerStart,
  start,
  end,
  ...about
}: Offender): Uint8Array {
  const length = quotedLength(family, end - headerStart);
  const quoted = bytes.subarray(headerStart, headerStart + length);
  const field = checksumOffset(protocol);
  const at = start - headerStart + field;
  if (checksum !== checksumTrusted || field < 0 || at + 2 > length) return quoted;
  const whole = quoted.slice();
  putU16(whole, at, transportChecksum(protocol, about.source, about.destination, bytes, start, end));
  return whole;
}

function writeV4(
  { type, code, pointer = 0 }: Problem,
  quoted: Uint8Array,
  bytes: Uint8Array,
  at: number,
): void {
  if (type === icmpv4Types.parameterProblem)
    emitIcmpv4({ kind: "parameter-problem", code, pointer, quoted }, bytes, at);
  else if (type === icmpv4Types.timeExceeded) emitIcmpv4({ kind: "time-exceeded", code, quoted }, bytes, at);
  else emitIcmpv4({ kind: "destination-unreachable", code, mtu: 0, quoted }, bytes, at);
}

function writeV6(
  { type, code, pointer = 0 }: Problem,
  quoted: Uint8Array,
  bytes: Uint8Array,
  at: number,
): void {
  if (type === icmpv6Types.parameterProblem)
    emitIcmpv6({ kind: "parameter-problem", code, pointer, quoted }, bytes, at);
  else if (type === icmpv6Types.timeExceeded) emitIcmpv6({ kind: "time-exceeded", code, quoted }, bytes, at);
  else emitIcmpv6({ kind: "destination-unreachable", code, quoted }, bytes, at);
}

function optionsFor({ family, trafficClass }: Offender, route: HostRoute): SendOptions {
  return {
    protocol: family === 4 ? protocols.icmp : protocols.icmpv6,
    hopLimit: family === 4 ? hopLimitV4 : route.interface.hopLimit,
    trafficClass: family === 4 ? internetworkControl | (trafficClass & 0x1e) : 0,
    dontFragment: false,
    flowLabel: 0,
  };
}

/** What the offender carries behind all its headers: an ICMP error may hide there. */
function contentOf({ family, bytes, headerStart, start, end, protocol }: Offender): Content {
  const plain = { protocol, icmpType: start < end ? bytes[start]! : -1 };
  if (family === 4) return { ...plain, fragmentOffset: (u16(bytes, headerStart + 6) & 0x1fff) * 8 };
  const found = parseQuotedIpv6(bytes, headerStart, end);
  if (typeof found === "string") return { ...plain, fragmentOffset: 0 };
  return { protocol: found.protocol, icmpType: bytes[found.transportStart]!, fragmentOffset: 0 };
}

/** A packet of ours to look at, header and all, as the subject of an error. */
function offenderIn(bytes: Uint8Array, family: Family, by: NetworkInterface): Omit<Offender, "cast"> {
  const v4 = family === 4;
  return {
    family,
    source: v4 ? readAddressV4(bytes, 12) : readAddressV6(bytes, 8),
    destination: v4 ? readAddressV4(bytes, 16) : readAddressV6(bytes, 24),
    // Behind a Fragment header, what the fragment carries; a first fragment has it in front of its data.
    protocol: v4 ? bytes[9]! : protocols.fragment,
    trafficClass: v4 ? bytes[1]! : 0,
    bytes,
    headerStart: 0,
    start: v4 ? (bytes[0]! & 15) * 4 : 40,
    end: bytes.length,
    checksum: checksumUnknown,
    interface: by,
  };
}
