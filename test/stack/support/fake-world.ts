/** A host that is only what sockets see of one: addresses, a table of routes, and a record of what was sent. */
import {
  type Address,
  address,
  isLoopback,
  isMulticast,
  isV4,
  limitedBroadcast,
  loopbackV4,
  loopbackV6,
  sameAddress,
} from "../../../src/base/address.ts";
import type { ErrnoName } from "../../../src/base/errno.ts";
import { checksumTrusted, newPacket, type Packet } from "../../../src/base/packet.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { Instant } from "../../../src/base/time/clock.ts";
import { TimerWheel } from "../../../src/base/time/timer-wheel.ts";
import { type Link, newLinkStats } from "../../../src/link/link.ts";
import { PortManager } from "../../../src/ports/port-manager.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { icmpRateLimits } from "../../../src/protocols/ip/rate-limit.ts";
import type { TimerOwner, Timers } from "../../../src/protocols/ip/timers.ts";
import { type CounterName, Counters } from "../../../src/stack/counters.ts";
import type { Interface } from "../../../src/stack/interface/interface.ts";
import type { Socket } from "../../../src/stack/socket.ts";
import type { PortOwner, RawTaker, SocketWorld, Waiter } from "../../../src/stack/socket-core/world.ts";
import type {
  IcmpError,
  IpDatagram,
  IpOutput,
  Route,
  RouteWish,
  SendOptions,
  Transport,
} from "../../../src/stack/transport.ts";
import { Sysctl } from "../../../src/stack/views/sysctl.ts";

/** Headroom for what a real host would put in front. */
const headroom = 64;

export interface Sent {
  readonly route: Route;
  readonly options: SendOptions;
  /** The transport header and the payload. */
  readonly bytes: Uint8Array;
  readonly segmentSize: number;
}

export const own4 = address("10.9.0.1");
export const own6 = address("fd00:9::1");

export class FakeWorld implements SocketWorld {
  readonly random = seededRandom("fake world");
  readonly counters = new Counters();
  readonly ports: PortManager<PortOwner>;
  readonly sysctl: Sysctl;
  readonly sockets = new Set<Socket>();
  readonly rawSockets = new Set<RawTaker>();
  readonly sent: Sent[] = [];
  readonly unreachables: IpDatagram[] = [];
  readonly groups: string[] = [];
  readonly transports: Transport[] = [];
  credentials = { uid: 0, privileged: true };
  time: Instant = 0;
  /** What IP says to the next packet. */
  refusal: ErrnoName | undefined;
  mtu = 1500;
  /** Packets that links have use for. */
  room = Infinity;
  readonly name = "fake";
  readonly tracer = undefined;
  readonly drops: string[] = [];
  readonly confirmed: Route[] = [];
  readonly reduced: IcmpError[] = [];
  readonly timers: Timers;
  readonly #wheel = new TimerWheel(0);
  readonly #owners = new Map<number, TimerOwner>();
  readonly #interfaces: readonly Interface[];
  #ids = 0;
  #waiting: Waiter[] = [];

  constructor() {
    this.ports = new PortManager<PortOwner>({
      profile: linux,
      random: this.random.fork("ports"),
      now: () => this.time,
      onExpire: ({ owner }) => owner.portReturned?.(),
      onReplace: ({ owner }) => owner.portReturned?.(),
    });
    this.sysctl = new Sysctl({ ports: this.ports.settings, icmp: { ...icmpRateLimits } });
    this.timers = {
      add: (owner) => {
        const id = this.#wheel.add();
        this.#owners.set(id, owner);
        return id;
      },
      remove: (id) => {
        this.#wheel.remove(id);
        this.#owners.delete(id);
      },
      arm: (id, deadline) => this.#wheel.arm(id, deadline),
      disarm: (id) => this.#wheel.disarm(id),
    };
    this.#interfaces = [
      fakeInterface(1, "lo", 65536, [
        [loopbackV4, 8],
        [loopbackV6, 128],
      ]),
      fakeInterface(2, "eth0", 1500, [
        [own4, 24],
        [own6, 64],
      ]),
    ];
  }

  get output(): IpOutput {
    return {
      route: (destination, wish) => this.#route(destination, wish),
      allocate: (length) => newPacket(new Uint8Array(headroom + length), headroom),
      release: () => {},
      send: (packet, route, options) => this.#send(packet, route, options),
      sendUnreachable: (about) => this.unreachables.push({ ...about }),
      admits: () => this.room > 0,
      confirm: (route) => this.confirmed.push(route),
      reducePathMtu: (error) => {
        this.reduced.push({ ...error });
        this.mtu = error.mtu;
      },
    };
  }

  now(): Instant {
    return this.time;
  }

  interfaces(): readonly Interface[] {
    return this.#interfaces;
  }

  interfaceAt(index: number): Interface | undefined {
    return this.#interfaces[index - 1];
  }

  interfaceNamed(name: string): Interface | undefined {
    return this.#interfaces.find((each) => each.name === name);
  }

  localKind(asked: Address, device: number): "local" | "broadcast" | "multicast" | undefined {
    if (isMulticast(asked)) return "multicast";
    if (sameAddress(asked, limitedBroadcast) || sameAddress(asked, address("10.9.0.255"))) return "broadcast";
    if (isV4(asked) && isLoopback(asked)) return "local";
    const holder = this.#interfaces.find((each) =>
      each.addresses.some((own) => sameAddress(own.address, asked)),
    );
    return holder !== undefined && (device === 0 || holder.index === device) ? "local" : undefined;
  }

  joinGroup(group: Address, index: number): void {
    this.groups.push(`join ${group.w3 >>> 0} ${index}`);
  }

  leaveGroup(group: Address, index: number): void {
    this.groups.push(`leave ${group.w3 >>> 0} ${index}`);
  }

  drop(layer: string, reason: string, counter: CounterName | undefined): void {
    this.drops.push(`${layer} ${reason}`);
    if (counter !== undefined) this.counters[counter]++;
  }

  wake(waiter: Waiter): void {
    if (waiter.waking) return;
    waiter.waking = true;
    this.#waiting.push(waiter);
  }

  due(): void {}

  nextSocketId(): number {
    return ++this.#ids;
  }

  /** The end of a batch: transports flush, callbacks run. */
  settle(): void {
    for (const transport of this.transports) transport.flush();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      waiter.waking = false;
      waiter.onReady?.();
    }
  }

  /** Time passes; deadlines fire on the way. */
  advance(milliseconds: number): void {
    const until = this.time + milliseconds;
    for (let next = this.#wheel.next(); next <= until; next = this.#wheel.next()) {
      this.time = Math.max(this.time, next);
      this.#wheel.expire(this.time, (id) => this.#owners.get(id)?.timerExpired(id, this.time));
      this.settle();
    }
    this.time = until;
  }

  #route(destination: Address, wish: RouteWish): Route | ErrnoName {
    const kind = this.localKind(destination, 0);
    const v4 = isV4(destination);
    const onLink = v4
      ? destination.w3 >>> 8 === own4.w3 >>> 8
      : destination.w0 === own6.w0 && destination.w1 === own6.w1;
    const lo = kind === "local";
    if (!lo && !onLink && !(kind === "multicast" && wish.device !== undefined)) return "ENETUNREACH";
    if (wish.source !== undefined && isLoopback(wish.source) && !lo && kind !== "broadcast") return "EINVAL";
    const at = this.#interfaces[lo ? 0 : (wish.device ?? 2) - 1]!;
    const source =
      wish.source ??
      (lo ? (v4 ? (isLoopback(destination) ? loopbackV4 : destination) : destination) : v4 ? own4 : own6);
    const cast = lo ? "local" : kind === "multicast" || kind === "broadcast" ? kind : "unicast";
    return {
      destination,
      source,
      interface: at,
      nextHop: destination,
      cast,
      mtu: lo ? 65535 : this.mtu,
      stale: false,
    };
  }

  #send(packet: Packet, route: Route, options: SendOptions): ErrnoName | undefined {
    if (this.refusal !== undefined) return this.refusal;
    const bytes = packet.bytes.slice(packet.start, packet.end);
    const length = bytes.length + (isV4(route.destination) ? 20 : 40);
    const must = options.pathMtuDiscovery === "do" || options.pathMtuDiscovery === "probe";
    if (must && length > route.mtu && packet.segmentSize === 0) return "EMSGSIZE";
    this.room--;
    this.sent.push({ route, options: { ...options }, bytes, segmentSize: packet.segmentSize });
    return undefined;
  }

  /** What was sent last. */
  get last(): Sent {
    return this.sent[this.sent.length - 1]!;
  }

  /** The datagram that `sent` becomes at its destination. */
  arrival(sent: Sent, cast: IpDatagram["cast"] = "unicast", by = sent.route.interface.index): IpDatagram {
    const { route, options, bytes } = sent;
    return {
      family: isV4(route.destination) ? 4 : 6,
      source: route.source,
      destination: route.destination,
      protocol: options.protocol,
      hopLimit: options.hopLimit,
      trafficClass: options.trafficClass,
      bytes,
      headerStart: 0,
      start: 0,
      end: bytes.length,
      checksum: checksumTrusted,
      segmentSize: sent.segmentSize,
      interface: this.interfaceAt(by)!,
      cast,
    };
  }
}

function fakeInterface(
  index: number,
  name: string,
  mtu: number,
  own: readonly [Address, number][],
): Interface {
  const link: Link = {
    name,
    capabilities: {
      medium: "ip",
      mtu,
      headroom: 0,
      partialChecksum: true,
      tcpSegmentation: false,
      udpSegmentation: false,
    },
    stats: newLinkStats(),
    open: () => {},
    send: (_packets, count) => count,
    close: () => {},
  };
  const addresses = own.map(([at, prefixLength]) => ({
    address: at,
    prefixLength,
    family: isV4(at) ? (4 as const) : (6 as const),
    state: "preferred" as const,
  }));
  return { index, name, link, mtu, addresses, cpu: 0 };
}

/** The errno a call throws, or what it returns. */
export function outcome<Result>(call: () => Result): Result | string {
  try {
    return call();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return code;
  }
}
