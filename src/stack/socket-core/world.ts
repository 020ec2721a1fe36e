/** What sockets and transports ask of their host. */
import type { Address } from "../../base/address.ts";
import type { Random } from "../../base/random.ts";
import type { Instant } from "../../base/time/clock.ts";
import type { Tracer } from "../../base/trace.ts";
import type { PortManager } from "../../ports/port-manager.ts";

import type { Timers } from "../../protocols/ip/timers.ts";
import type { CounterName, Counters } from "../counters.ts";
import type { Interface } from "../interface/interface.ts";
import type { Socket } from "../socket.ts";
import type { IpDatagram, IpOutput } from "../transport.ts";
import type { Sysctl } from "../views/sysctl.ts";
import type { GroupInterfaces } from "./memberships.ts";

/** What hangs on a binding. The transport that finds it tells the kinds apart. */
export interface PortOwner {
  readonly kind: "udp" | "tcp-bound" | "tcp-listener" | "tcp-connection" | "tcp-time-wait";
  /** The port manager has taken the port back: its rest is over, or gave way to a new connection. */
  portReturned?(): void;
}

/** A socket as the host's batch loop knows it. */
export interface Waiter {
  onReady: (() => void) | undefined;
  /** It is in the host's list already. */
  waking: boolean;
}

export interface Credentials {
  readonly uid: number;
  /** CAP_NET_BIND_SERVICE and CAP_NET_RAW. */
  readonly privileged: boolean;
}

/** How an address is ours, as routing's local table has it; undefined where it is not. */
export type LocalKind = "local" | "broadcast" | "multicast";

/** Whoever wants to see what IP delivers, whatever transport takes it. */
export interface RawTaker {
  offer(datagram: IpDatagram): boolean;
}

export interface RawSockets {
  add(socket: RawTaker): void;
  delete(socket: RawTaker): void;
}

export interface SocketWorld extends GroupInterfaces {
  readonly output: IpOutput;
  readonly ports: PortManager<PortOwner>;
  readonly sysctl: Sysctl;
  readonly counters: Counters;
  readonly timers: Timers;
  readonly random: Random;
  readonly credentials: Credentials;
  readonly tracer: Tracer;
  /** The host's, for traces. */
  readonly name: string;
  /** One reading a batch. */
  now(): Instant;
  interfaces(): readonly Interface[];
  interfaceAt(index: number): Interface | undefined;
  interfaceNamed(name: string): Interface | undefined;
  /** How `address` is ours, on interface `device` or (0) on any. */
  localKind(address: Address, device: number): LocalKind | undefined;
  /** Counts and traces something thrown away; `layer` and `reason` together name why. */
  drop(layer: string, reason: string, counter: CounterName | undefined, about?: IpDatagram): void;
  /** Calls `onReady` when the batch is over, once. */
  wake(waiter: Waiter): void;
  /** A transport has output due: `flush` it at the end of this batch, or now where no batch is running. */
  due(): void;
  nextSocketId(): number;
  /** Every open socket, in order of their making. */
  readonly sockets: Set<Socket>;
  /** Those that IP shows what it delivers. */
  readonly rawSockets: RawSockets;
}
