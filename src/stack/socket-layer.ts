/** The sockets of a host: socket(2), the ports they hold, the transports below them, and when their owners are called. */
import type { Address } from "../base/address.ts";
import { type ErrnoName, SocketError } from "../base/errno.ts";
import type { Random } from "../base/random.ts";
import type { Instant } from "../base/time/clock.ts";
import type { Tracer } from "../base/trace.ts";
import type { Restart } from "../ports/hold/restart.ts";
import { PortManager } from "../ports/port-manager.ts";
import type { Profile } from "../ports/profile.ts";
import type { RateLimits } from "../protocols/ip/rate-limit.ts";
import type { TimerId, Timers } from "../protocols/ip/timers.ts";
import { protocols } from "../wire/protocols.ts";
import type { CounterName, Counters } from "./counters.ts";
import type { Interface } from "./interface/interface.ts";
import { claimPort } from "./port-claims.ts";
import { RawSocket } from "./raw/raw-socket.ts";
import { RawTap, type TappedHost } from "./raw/raw-tap.ts";
import type { Socket, SocketDomain, SocketType } from "./socket.ts";
import type { Credentials, LocalKind, PortOwner, SocketWorld, Waiter } from "./socket-core/world.ts";
import { TcpSocket } from "./tcp/tcp-socket.ts";
import { TcpTransport } from "./tcp/tcp-transport.ts";
import type { IpDatagram, IpOutput, Transport } from "./transport.ts";
import { UdpSocket } from "./udp/udp-socket.ts";
import { UdpTransport } from "./udp/udp-transport.ts";
import { Sysctl } from "./views/sysctl.ts";
import { SystemSettings } from "./views/systems/system-settings.ts";

/** What sockets need of the host below them. */
export interface SocketHost extends TappedHost {
  readonly name: string;
  readonly ip: IpOutput;
  readonly timers: Timers;
  readonly counters: Counters;
  readonly random: Random;
  readonly tracer: Tracer;
  readonly interfaces: readonly Interface[];
  readonly icmpLimits: RateLimits;
  /** A batch is under way. */
  readonly busy: boolean;
  now(): Instant;
  interfaceAt(index: number): Interface | undefined;
  interfaceNamed(name: string): Interface | undefined;
  localKind(address: Address, device: number): LocalKind | undefined;
  joinGroup(group: Address, device: number): void;
  leaveGroup(group: Address, device: number): void;
  drop(layer: string, reason: string, counter: CounterName | undefined, about?: IpDatagram): void;
  register(transport: Transport): void;
  onSettled(settled: () => void): void;
  flush(): void;
}

/** Rounds of callbacks in one batch before others get their turn: callbacks may wake each other for ever. */
const mostRounds = 256;

export class SocketLayer implements SocketWorld {
  readonly ports: PortManager<PortOwner>;
  readonly sysctl: Sysctl;
  readonly settings: SystemSettings;
  readonly sockets: Set<Socket> = new Set();
  readonly rawSockets: RawTap;
  readonly tcp: TcpTransport;
  readonly udp: UdpTransport;
  credentials: Credentials = { uid: 0, privileged: true };
  readonly #host: SocketHost;
  /** Rings when owners are to be called, and no batch is under way that would. */
  readonly #soon: TimerId;
  #waiting: Waiter[] = [];
  /** A call from outside is sending: owners are not called from inside their own calls. */
  #calling = false;
  #ids = 0;
  #closed = false;

  constructor(host: SocketHost, profile: Profile, restart?: Restart) {
    this.#host = host;
    this.ports = new PortManager<PortOwner>({
      profile,
      restart,
      random: host.random,
      now: () => host.now(),
      claim: (protocol, address, port) => claimPort(host.interfaces, protocol, address, port),
      onExpire: ({ owner }) => owner.portReturned?.(),
      onReplace: ({ owner, protocol }) => {
        if (protocol === "tcp") host.counters.TcpExtTWRecycled++;
        owner.portReturned?.();
      },
    });
    this.sysctl = new Sysctl({ ports: this.ports.settings, icmp: host.icmpLimits });
    this.settings = new SystemSettings({ ports: this.ports.settings, profile }, this.sysctl);
    this.#soon = host.timers.add({ timerExpired: () => {} });
    this.rawSockets = new RawTap(host);
    this.tcp = new TcpTransport(this);
    this.udp = new UdpTransport(this);
    host.register(this.tcp);
    host.register(this.udp);
    host.onSettled(() => this.#settled());
  }

  /** socket(2). @throws EPROTONOSUPPORT, ESOCKTNOSUPPORT, EINVAL, EAFNOSUPPORT, EACCES, EPERM; ENETDOWN on a closed host */
  socket(domain: SocketDomain, type: SocketType, protocol = 0): Socket {
    if (this.#closed) throw new SocketError("ENETDOWN", "socket");
    const socket = this.#make(domain, type, protocol);
    this.sockets.add(socket);
    return socket;
  }

  /** Every socket is closed, and every port free: nobody waits for what is still to be said. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of [...this.sockets]) socket.close();
    this.tcp.close();
    this.#waiting = [];
    this.#host.timers.remove(this.#soon);
  }

  // What sockets and transports ask.

  get name(): string {
    return this.#host.name;
  }

  get output(): IpOutput {
    return this.#host.ip;
  }

  get counters(): Counters {
    return this.#host.counters;
  }

  get timers(): Timers {
    return this.#host.timers;
  }

  get random(): Random {
    return this.#host.random;
  }

  get tracer(): Tracer {
    return this.#host.tracer;
  }

  now(): Instant {
    return this.#host.now();
  }

  interfaces(): readonly Interface[] {
    return this.#host.interfaces;
  }

  interfaceAt(index: number): Interface | undefined {
    return this.#host.interfaceAt(index);
  }

  interfaceNamed(name: string): Interface | undefined {
    return this.#host.interfaceNamed(name);
  }

  localKind(address: Address, device: number): LocalKind | undefined {
    return this.#host.localKind(address, device);
  }

  joinGroup(group: Address, device: number): void {
    this.#host.joinGroup(group, device);
  }

  leaveGroup(group: Address, device: number): void {
    this.#host.leaveGroup(group, device);
  }

  drop(layer: string, reason: string, counter: CounterName | undefined, about?: IpDatagram): void {
    this.#host.drop(layer, reason, counter, about);
  }

  nextSocketId(): number {
    return ++this.#ids;
  }

  wake(waiter: Waiter): void {
    if (waiter.waking) return;
    waiter.waking = true;
    this.#waiting.push(waiter);
    if (!this.#host.busy && !this.#calling) this.#ringSoon();
  }

  due(): void {
    if (this.#host.busy || this.#calling) return;
    this.#calling = true;
    try {
      this.#host.flush();
    } finally {
      this.#calling = false;
      if (this.#waiting.length > 0) this.#ringSoon();
    }
  }

  #ringSoon(): void {
    this.#host.timers.arm(this.#soon, this.#host.now());
  }

  /** The batch is over: owners are called, and what they send goes out with it. */
  #settled(): void {
    if (this.#calling) return;
    for (let round = 0; this.#waiting.length > 0; round++) {
      if (round === mostRounds) {
        this.#ringSoon();
        return;
      }
      this.#callOwners();
      this.tcp.flush();
    }
  }

  /** Each once. One that throws leaves the others their turn. */
  #callOwners(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let next = 0;
    try {
      while (next < waiting.length) {
        const waiter = waiting[next++]!;
        waiter.waking = false;
        waiter.onReady?.();
      }
    } finally {
      if (next < waiting.length) {
        this.#waiting = [...waiting.slice(next), ...this.#waiting];
        this.#ringSoon();
      }
    }
  }

  #make(domain: SocketDomain, type: SocketType, protocol: number): Socket {
    const refused = refusal(domain, type, protocol, this.credentials);
    if (refused !== undefined) throw new SocketError(refused, "socket");
    if (type === "SOCK_STREAM") return new TcpSocket(this, this.tcp, domain);
    if (type === "SOCK_DGRAM") return new UdpSocket(this, domain);
    const raw = new RawSocket(this, domain, protocol);
    this.rawSockets.add(raw);
    return raw;
  }
}

/** The highest protocol number that Linux has (MPTCP); IP itself has 255. */
const highestProtocol = 262;
const highestOfIp = 255;

/** As Linux answers: net/socket.c, inet_create and inet6_create. */
function refusal(
  domain: SocketDomain,
  type: SocketType,
  protocol: number,
  { privileged }: Credentials,
): ErrnoName | undefined {
  if (domain !== "AF_INET" && domain !== "AF_INET6") return "EAFNOSUPPORT";
  if (!Number.isInteger(protocol) || protocol < 0 || protocol > highestProtocol) return "EINVAL";
  // As Linux does: nobody is in ping_group_range.
  if (type === "SOCK_DGRAM" && protocol === (domain === "AF_INET" ? protocols.icmp : protocols.icmpv6))
    return "EACCES";
  if (type === "SOCK_RAW") return refusalOfRaw(protocol, privileged ? "privileged" : "ordinary");
  if (type !== "SOCK_STREAM" && type !== "SOCK_DGRAM") return "ESOCKTNOSUPPORT";
  const own = type === "SOCK_STREAM" ? protocols.tcp : protocols.udp;
  return protocol === 0 || protocol === own ? undefined : "EPROTONOSUPPORT";
}

/** IPPROTO_RAW, 255, is for those who make their own headers: not here. */
function refusalOfRaw(protocol: number, user: "privileged" | "ordinary"): ErrnoName | undefined {
  if (protocol === 0 || protocol >= highestOfIp) return "EPROTONOSUPPORT";
  return user === "privileged" ? undefined : "EPERM";
}
