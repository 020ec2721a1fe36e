/**
 * A listening socket: connections being opened, and connections open but not accepted (listen(2); RFC 4987).
 *
 * As Linux does: one more than `backlog` may wait to be accepted; then SYNs are dropped, and so are ACKs that would
 * complete a handshake, so that the peer tries again. Departs from Linux: it answers SYNs beyond its queue with cookies;
 * here the oldest half-open connection makes room (RFC 4987, section 3.4).
 */
import type { Address } from "../../base/address.ts";
import type { Endpoint } from "../../base/endpoint.ts";
import type { Binding } from "../../ports/binding.ts";
import { type TcpSegment, tcpFlags } from "../../wire/tcp.ts";
import type { SocketCore } from "../socket-core/core.ts";
import type { PortOwner, Waiter } from "../socket-core/world.ts";
import type { TcpConnection } from "./tcp-connection.ts";

/** What a listener asks of the transport. */
export interface ListenerKeeper {
  /** Sends a reset and forgets. */
  abort(connection: TcpConnection): void;
  /** Forgets without a word. */
  forget(connection: TcpConnection): void;
}

export class TcpListener implements PortOwner {
  readonly kind = "tcp-listener";
  readonly core: SocketCore;
  readonly binding: Binding<PortOwner>;
  backlog: number;
  readonly #keeper: ListenerKeeper;
  readonly #waiter: Waiter;
  /** In order of arrival. */
  readonly #opening = new Set<TcpConnection>();
  readonly #accepting = new Set<TcpConnection>();

  constructor(
    keeper: ListenerKeeper,
    core: SocketCore,
    waiter: Waiter,
    binding: Binding<PortOwner>,
    backlog: number,
  ) {
    this.#keeper = keeper;
    this.core = core;
    this.#waiter = waiter;
    this.binding = binding;
    this.backlog = backlog;
  }

  /** Connections that wait to be accepted. */
  get waiting(): number {
    return this.#accepting.size;
  }

  /** Connections in SYN-RECEIVED. */
  get opening(): number {
    return this.#opening.size;
  }

  get full(): boolean {
    return this.#accepting.size > this.backlog;
  }

  /** Whether a SYN is answered: counts where it is not. */
  admits(): boolean {
    if (!this.full) return true;
    const { counters } = this.core.world;
    counters.TcpExtListenOverflows++;
    counters.TcpExtListenDrops++;
    return false;
  }

  /** A SYN was answered. */
  opened(connection: TcpConnection): void {
    const most = Math.max(this.core.world.sysctl.value("net.ipv4.tcp_max_syn_backlog"), 1);
    if (this.#opening.size >= most) this.#dropOldest();
    this.#opening.add(connection);
    connection.listener = this;
  }

  #dropOldest(): void {
    const [oldest] = this.#opening;
    this.#opening.delete(oldest!);
    this.core.world.counters.TcpExtListenDrops++;
    this.#keeper.forget(oldest!);
  }

  /**
   * Whether a segment for a half-open connection is dropped unread: its ACK would complete the handshake, and there is
   * no room, or nobody who wants a connection without data yet (TCP_DEFER_ACCEPT).
   */
  holdsBack(connection: TcpConnection, segment: TcpSegment): "take" | "drop" | "reset" {
    const { ACK, RST, SYN } = tcpFlags;
    if ((segment.flags & (ACK | RST | SYN)) !== ACK || !this.#opening.has(connection)) return "take";
    const { counters, sysctl } = this.core.world;
    if (this.full) {
      counters.TcpExtListenOverflows++;
      return sysctl.value("net.ipv4.tcp_abort_on_overflow") === 0 ? "drop" : "reset";
    }
    const bare = segment.payloadEnd === segment.payloadStart && (segment.flags & tcpFlags.FIN) === 0;
    const { deferAccept } = this.core.tcp!;
    if (!bare || connection.tcb.retransmits >= deferAccept) return "take";
    connection.tcb.silentTimeouts = deferAccept - 1;
    return "drop";
  }

  /** The handshake is done. */
  established(connection: TcpConnection): void {
    this.#opening.delete(connection);
    this.#accepting.add(connection);
    this.core.world.counters.TcpPassiveOpens++;
    this.core.world.wake(this.#waiter);
  }

  /** A connection ended. As Linux does: one that was open is still accepted, and tells its error then. */
  ended(connection: TcpConnection): void {
    this.#opening.delete(connection);
  }

  /** The next connection. */
  take(): TcpConnection | undefined {
    const [first] = this.#accepting;
    if (first === undefined) return undefined;
    this.#accepting.delete(first);
    first.listener = undefined;
    return first;
  }

  /** Nobody listens any more: what was open is reset, what was opening forgotten. */
  close(): void {
    for (const connection of [...this.#opening]) this.#keeper.forget(connection);
    for (const connection of [...this.#accepting]) this.#keeper.abort(connection);
    this.#opening.clear();
    this.#accepting.clear();
  }

  /** The local endpoint of a connection to `address`. */
  endpointAt(address: Address): Endpoint {
    return { address, port: this.binding.port };
  }
}
