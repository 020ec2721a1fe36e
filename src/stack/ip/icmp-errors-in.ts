/**
 * ICMP errors on their way in: whose packet is quoted, what the error means, and whether the transport may hear of it
 * (RFC 1122, section 3.2.2; RFC 4443, section 2.4 (d); RFC 5927, section 4).
 */
import { type Address, isV4 } from "../../base/address.ts";
import type { Instant } from "../../base/time/clock.ts";
import { type ErrorMeaning, meaningV4, meaningV6 } from "../../protocols/ip/icmp-errno.ts";
import { plausibleQuote } from "../../protocols/ip/icmp-errors.ts";
import type { PathMtu } from "../../protocols/ip/path-mtu.ts";
import type { TimerId, TimerOwner } from "../../protocols/ip/timers.ts";
import { parseQuotedIpv4, parseQuotedIpv6, type QuotedPacket } from "../../wire/icmp/quoted.ts";
import type { Core } from "../core.ts";
import type { IcmpError, IpDatagram } from "../transport.ts";
import type { Output } from "./ip-output.ts";

/** An error as IP made it: it remembers what the path MTU cache would say. */
interface PathError extends IcmpError {
  readonly path: PathMtu | undefined;
}

/** An ICMP error as parsed: `quoted` is lent. */
export interface ArrivedError {
  readonly type: number;
  readonly code: number;
  /** Of a Packet Too Big or Fragmentation Needed, else undefined. */
  readonly mtu: number | undefined;
  readonly quoted: Uint8Array;
}

const unknownError: ErrorMeaning = { errno: "EPROTO", hard: false };

export class ErrorsIn implements TimerOwner {
  readonly #core: Core;
  readonly #output: Output;
  /** When the first path MTU is forgotten. */
  readonly #timer: TimerId;

  constructor(core: Core, output: Output) {
    this.#core = core;
    this.#output = output;
    this.#timer = core.timers.add(this);
  }

  /** @returns why nobody was told, or undefined. */
  arrived(datagram: IpDatagram, error: ArrivedError): string | undefined {
    const v4 = datagram.family === 4;
    const { quoted } = error;
    const packet = (v4 ? parseQuotedIpv4 : parseQuotedIpv6)(quoted, 0, quoted.length);
    if (typeof packet === "string") return `quote-${packet}`;
    if (datagram.cast !== "unicast") return "error-to-a-group";
    // No ICMPv6 error is about IPv4: a mapped address would name a connection there.
    if (!v4 && (isV4(packet.source) || isV4(packet.destination))) return "quote-mapped-address";
    const loopback = this.#core.addresses.ownsLoopback ? "own" : "none";
    const ours = (address: Address): boolean => this.#core.isOurs(address);
    if (!plausibleQuote(packet.source, packet.destination, ours, loopback)) return "quote-not-ours";
    const meaning = v4 ? meaningV4(error.type, error.code) : meaningV6(error.type, error.code);
    // RFC 4443, section 2.4 (a): errors we do not know are handed up all the same; in IPv4 they do not exist.
    if (meaning === undefined && v4) return "unknown-error";
    const path = this.#path(packet, error);
    if (error.mtu !== undefined && path === undefined) return "path-mtu-not-lowered";
    this.#tell(datagram.source, packet, error, meaning ?? unknownError, path);
    return undefined;
  }

  /** Nobody answered for the next hop of a packet of ours: what it carried hears of a host unreachable, from ourselves. */
  neighbourFailed(bytes: Uint8Array, start: number, end: number): void {
    const quoted = bytes.subarray(start, end);
    const v4 = quoted[0]! >>> 4 === 4;
    const packet = (v4 ? parseQuotedIpv4 : parseQuotedIpv6)(quoted, 0, quoted.length);
    if (typeof packet === "string") return;
    const error: ArrivedError = { type: v4 ? 3 : 1, code: v4 ? 1 : 3, mtu: undefined, quoted };
    this.#tell(packet.source, packet, error, { errno: "EHOSTUNREACH", hard: false }, undefined);
  }

  /** What `IpOutput.reducePathMtu` does. */
  learnPath(error: IcmpError): void {
    const path = (error as PathError).path;
    if (path === undefined) return;
    const { pathMtus, routes, timers } = this.#core;
    pathMtus.learn(path);
    routes.touch();
    timers.arm(this.#timer, pathMtus.nextDeadline);
  }

  /** The path may have become wider (RFC 1191, section 6.3; RFC 8201, section 5.3). */
  timerExpired(id: TimerId, now: Instant): void {
    const { pathMtus, routes, timers } = this.#core;
    if (pathMtus.expire(now)) routes.touch();
    timers.arm(id, pathMtus.nextDeadline);
  }

  #path(packet: QuotedPacket, { mtu }: ArrivedError): PathMtu | undefined {
    if (mtu === undefined) return undefined;
    const route = this.#output.route(packet.destination, { source: packet.source });
    if (typeof route === "string" || route.cast !== "unicast") return undefined;
    const now = this.#core.now();
    return this.#core.pathMtus.assess(packet.destination, mtu, packet.totalLength, route.mtu, now);
  }

  #tell(
    reporter: Address,
    packet: QuotedPacket,
    { type, code, quoted }: ArrivedError,
    { errno, hard }: ErrorMeaning,
    path: PathMtu | undefined,
  ): void {
    const error: PathError = {
      family: packet.source.w2 === 0xffff && quoted[0]! >>> 4 === 4 ? 4 : 6,
      errno,
      hard,
      mtu: path?.mtu ?? 0,
      type,
      code,
      reporter,
      source: packet.source,
      destination: packet.destination,
      bytes: quoted,
      start: packet.transportStart,
      end: packet.transportEnd,
      quotedLength: packet.totalLength,
      path,
    };
    this.#core.transports[packet.protocol]?.icmpError(error);
  }
}
