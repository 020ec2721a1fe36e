/** Asking for echoes: what ping does (RFC 792; RFC 4443, section 4; RFC 1122, section 3.2.2.6). */
import { type Address, isV4, sameAddress } from "../../base/address.ts";
import { u16 } from "../../base/bytes.ts";
import { type ErrnoName, SocketError } from "../../base/errno.ts";
import { checksumPartial } from "../../base/packet.ts";
import { type Instant, never } from "../../base/time/clock.ts";
import type { TimerId, TimerOwner } from "../../protocols/ip/timers.ts";
import { emitIcmpv4 } from "../../wire/icmp/icmpv4.ts";
import { emitIcmpv6 } from "../../wire/icmp/icmpv6.ts";
import { protocols } from "../../wire/protocols.ts";
import type { Core } from "../core.ts";
import type { HostRoute } from "../host-route.ts";
import type { IcmpError, IpDatagram, SendOptions } from "../transport.ts";
import type { Output } from "./ip-output.ts";

export interface EchoRequest {
  readonly destination: Address;
  /** The local address; default as routing has it. */
  readonly source?: Address | undefined;
  /** Index of the interface to use, for link-local and multicast destinations. */
  readonly device?: number | undefined;
  /** What is to come back. Default: nothing. */
  readonly data?: Uint8Array | undefined;
  /** TTL or Hop Limit. Default 64, or what routers advertise. */
  readonly hopLimit?: number | undefined;
  /** Milliseconds to wait. Default 1000. */
  readonly timeout?: number | undefined;
  /** Never fragment; too long is EMSGSIZE. */
  readonly dontFragment?: boolean | undefined;
}

export type EchoResult =
  | { kind: "reply"; sequence: number; from: Address; hopLimit: number; length: number; roundTrip: number }
  | { kind: "error"; sequence: number; from: Address; errno: ErrnoName; type: number; code: number }
  | { kind: "timeout"; sequence: number };

interface Pending {
  readonly sequence: number;
  readonly destination: Address;
  readonly sentAt: Instant;
  readonly deadline: Instant;
  readonly done: (result: EchoResult) => void;
}

const headerLength = 8;
/** Requests under way at once: what their callbacks and a silent peer may cost. */
const limit = 4096;
const longestData = 65_507;

export class Echo implements TimerOwner {
  readonly #core: Core;
  readonly #output: Output;
  readonly #flush: () => void;
  readonly #identifier: number;
  readonly #timer: TimerId;
  readonly #pending: Map<number, Pending> = new Map();
  #sequence = 0;

  constructor(core: Core, output: Output, flush: () => void) {
    this.#core = core;
    this.#output = output;
    this.#flush = flush;
    this.#identifier = core.random.uint32() & 0xffff;
    this.#timer = core.timers.add(this);
  }

  /**
   * Sends one request; `done` is called once, after this returns.
   * @returns its sequence number.
   * @throws SocketError where it cannot be sent: ENETUNREACH, EMSGSIZE, ENOBUFS ...
   */
  send(request: EchoRequest, done: (result: EchoResult) => void): number {
    const { destination, data = empty, timeout = 1000 } = request;
    if (!(timeout > 0)) throw new RangeError(`timeout must be positive, not ${timeout}`);
    if (data.length > longestData) throw new SocketError("EMSGSIZE", "send");
    const route = this.#output.route(destination, { source: request.source, device: request.device });
    if (typeof route === "string") throw new SocketError(route, "send");
    const sequence = this.#nextSequence();
    const packet = this.#core.pool.allocate(headerLength + data.length);
    const message = { kind: "echo-request", identifier: this.#identifier, sequence, data } as const;
    if (isV4(route.destination)) emitIcmpv4(message, packet.bytes, packet.start);
    else {
      emitIcmpv6(message, packet.bytes, packet.start);
      packet.checksum = checksumPartial;
      packet.checksumOffset = 2;
    }
    this.#count(route.family);
    const now = this.#core.now();
    const pending = { sequence, destination: route.destination, sentAt: now, deadline: now + timeout, done };
    this.#pending.set(sequence, pending);
    const failed = this.#output.send(packet, route, optionsFor(request, route));
    if (failed !== undefined) {
      this.#pending.delete(sequence);
      throw new SocketError(failed, "send");
    }
    this.#rearm();
    this.#flush();
    return sequence;
  }

  /** An echo reply has arrived. @returns why it was nobody's, or undefined. */
  reply({ bytes, start, end, source, hopLimit }: IpDatagram): string | undefined {
    if (end - start < headerLength || u16(bytes, start + 4) !== this.#identifier) return "unasked-echo-reply";
    const pending = this.#take(u16(bytes, start + 6));
    if (pending === undefined) return "unasked-echo-reply";
    const { sequence, sentAt, done } = pending;
    const roundTrip = this.#core.now() - sentAt;
    done({ kind: "reply", sequence, from: source, hopLimit, length: end - start - headerLength, roundTrip });
    return undefined;
  }

  icmpError({ bytes, start, end, destination, reporter: from, errno, type, code }: IcmpError): void {
    if (end - start < headerLength || u16(bytes, start + 4) !== this.#identifier) return;
    const sequence = u16(bytes, start + 6);
    const pending = this.#pending.get(sequence);
    if (pending === undefined || !sameAddress(pending.destination, destination)) return;
    this.#take(sequence);
    pending.done({ kind: "error", sequence, from, errno, type, code });
  }

  timerExpired(_id: TimerId, now: Instant): void {
    try {
      for (const { deadline, sequence, done } of [...this.#pending.values()])
        if (deadline <= now && this.#take(sequence) !== undefined) done({ kind: "timeout", sequence });
    } finally {
      this.#rearm();
    }
  }

  #take(sequence: number): Pending | undefined {
    const pending = this.#pending.get(sequence);
    if (pending === undefined) return undefined;
    this.#pending.delete(sequence);
    if (this.#pending.size === 0) this.#core.timers.disarm(this.#timer);
    return pending;
  }

  #nextSequence(): number {
    if (this.#pending.size >= limit) throw new SocketError("ENOBUFS", "send");
    do this.#sequence = (this.#sequence + 1) & 0xffff;
    while (this.#pending.has(this.#sequence));
    return this.#sequence;
  }

  #rearm(): void {
    let next = never;
    for (const { deadline } of this.#pending.values()) if (deadline < next) next = deadline;
    this.#core.timers.arm(this.#timer, next);
  }

  #count(family: 4 | 6): void {
    const { counters } = this.#core;
    counters[family === 4 ? "IcmpOutMsgs" : "Icmp6OutMsgs"]++;
    counters[family === 4 ? "IcmpOutEchos" : "Icmp6OutEchos"]++;
  }
}

const empty = new Uint8Array(0);

function optionsFor(request: EchoRequest, { family, interface: by }: HostRoute): SendOptions {
  const { hopLimit = family === 4 ? 64 : by.hopLimit, dontFragment = false } = request;
  const protocol = family === 4 ? protocols.icmp : protocols.icmpv6;
  return { protocol, hopLimit, trafficClass: 0, dontFragment, flowLabel: 0 };
}
