/** A connection of this host: a TCB, the port it holds, the way its segments take, and who is told of it. */

import type { Endpoint } from "../../base/endpoint.ts";
import { type Instant, never } from "../../base/time/clock.ts";
import { anyCpu, type Binding } from "../../ports/binding.ts";
import type { Profile } from "../../ports/profile.ts";
import type { TimerId, TimerOwner } from "../../protocols/ip/timers.ts";
import type { Tcb, TcpEvent } from "../../protocols/tcp/connection.ts";
import type { PortOwner } from "../socket-core/world.ts";
import type { IcmpError, Route, SendOptions } from "../transport.ts";
import type { TcpListener } from "./tcp-listener.ts";
import type { TcpNotices } from "./tcp-notices.ts";

/** Whoever holds the connection: a socket. */
export interface ConnectionHolder {
  /** Something happened to a connection of its own. */
  connectionEvent(connection: TcpConnection, event: TcpEvent): void;
  /** Its segments are handled by another CPU than before. */
  handledBy(cpu: number): void;
  /** ICMP told of an error that ends nothing. */
  softError(error: IcmpError): void;
  /** The connection is over; its port, if bind(2) named it, is the socket's again (SOCK_BINDPORT_LOCK). */
  readonly keepsPort: boolean;
  portKept(binding: Binding<PortOwner>): void;
}

/** What a connection asks of the transport. */
export interface ConnectionKeeper {
  /** It has something to send, or deadlines that moved: `output` at the end of the batch. */
  touch(connection: TcpConnection): void;
  /** It has rested in FIN-WAIT-2, and a new connection has its five-tuple now. */
  replaced(connection: TcpConnection): void;
  /** Its timer rang: `expire`. */
  expire(connection: TcpConnection, now: Instant): void;
}

/** No timer taken yet. */
const noTimer: TimerId = -1;

export class TcpConnection implements PortOwner, TimerOwner {
  readonly kind = "tcp-connection";
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly tcb: Tcb;
  binding: Binding<PortOwner> | undefined;
  route: Route;
  /** Shared with those of the same socket until an option changes. */
  sending: SendOptions;
  /** Its segments go astray: see {@link Profile.mappedForGood}. */
  astray = false;
  /** Interface the socket is bound to, 0 for none. */
  device = 0;
  holder: ConnectionHolder | undefined = undefined;
  /** Who is to be told what becomes of the data. */
  notices: TcpNotices | undefined = undefined;
  /** While it waits in one of the listener's queues. */
  listener: TcpListener | undefined = undefined;
  /** That handled its last segment. */
  incomingCpu: number = anyCpu;
  /** Its user has read the end of what the peer sends. */
  endRead = false;
  /** It is among those whose rest has been counted (TcpExtTW). */
  restCounted = false;
  /** For listings, once the socket is gone. */
  label = "";
  touched = false;
  /** It has more to send than the queue of its interface would have. */
  held = false;
  timer: TimerId = noTimer;
  armedFor: Instant = never;
  readonly #keeper: ConnectionKeeper;

  constructor(
    keeper: ConnectionKeeper,
    local: Endpoint,
    remote: Endpoint,
    route: Route,
    sending: SendOptions,
    makeTcb: (owner: TcpConnection) => Tcb,
  ) {
    this.#keeper = keeper;
    this.local = local;
    this.remote = remote;
    this.route = route;
    this.sending = sending;
    this.tcb = makeTcb(this);
  }

  /** Nothing more can be sent or will come; the socket is in CLOSE, as Linux counts. */
  get over(): boolean {
    const { state } = this.tcb;
    return state === "CLOSED" || state === "TIME-WAIT";
  }

  /** The handshake is under way. */
  get opening(): boolean {
    const { state } = this.tcb;
    return state === "SYN-SENT" || state === "SYN-RECEIVED";
  }

  get hasTimer(): boolean {
    return this.timer !== noTimer;
  }

  portReturned(): void {
    this.#keeper.replaced(this);
  }

  /** The timer was given up. */
  forgetTimer(): void {
    this.timer = noTimer;
    this.armedFor = never;
  }

  timerExpired(_id: TimerId, now: Instant): void {
    this.armedFor = never;
    this.#keeper.expire(this, now);
  }
}
