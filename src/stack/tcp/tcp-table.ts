/**
 * The connections of a host: touched by events, sent for once a batch, timed by the host's one wheel, and each giving its
 * port back exactly once, whatever ends it.
 */
import { type Instant, never } from "../../base/time/clock.ts";
import type { Binding } from "../../ports/binding.ts";
import {
  abort,
  nextDeadline,
  type OutgoingSegment,
  output,
  pathMtuChanged,
  type Tcb,
  type TcpEvent,
  type TcpState,
  type TcpWorld,
} from "../../protocols/tcp/connection.ts";
import type { Interface } from "../interface/interface.ts";
import type { PortOwner, SocketWorld } from "../socket-core/world.ts";
import type { ConnectionKeeper, TcpConnection } from "./tcp-connection.ts";
import { expireCounting } from "./tcp-counting.ts";
import type { ListenerKeeper } from "./tcp-listener.ts";
import { TcpRests } from "./tcp-rests.ts";
import type { TcpSender } from "./tcp-sender.ts";

export class TcpTable implements TcpWorld, ConnectionKeeper, ListenerKeeper {
  readonly connections: Set<TcpConnection> = new Set();
  readonly rests: TcpRests;
  readonly #world: SocketWorld;
  readonly #sender: TcpSender;
  #touched: TcpConnection[] = [];
  #spare: TcpConnection[] = [];
  /** Those who have more to send than a link has use for, in turn. */
  readonly #held: Map<Interface, TcpConnection[]> = new Map();

  constructor(world: SocketWorld, sender: TcpSender) {
    this.#world = world;
    this.#sender = sender;
    this.rests = new TcpRests(world);
  }

  add(connection: TcpConnection): void {
    this.connections.add(connection);
    this.touch(connection);
  }

  touch(connection: TcpConnection): void {
    if (connection.touched) return;
    connection.touched = true;
    this.#touched.push(connection);
  }

  /** One `output` for every connection that was touched. */
  flush(): void {
    if (this.#held.size > 0) this.#resume();
    while (this.#touched.length > 0) {
      const touched = this.#touched;
      this.#touched = this.#spare;
      for (const connection of touched) {
        connection.touched = false;
        this.#send(connection);
      }
      touched.length = 0;
      this.#spare = touched;
    }
  }

  /** Each that waits for a link gets its turn, while there is room. */
  #resume(): void {
    for (const [by, waiting] of this.#held) {
      let turn = 0;
      for (
        let next = waiting[turn];
        next !== undefined && this.#world.output.admits(next.route);
        next = waiting[turn]
      ) {
        turn++;
        next.held = false;
        this.#send(next); // to the end of the line, if it is not done
      }
      waiting.splice(0, turn);
      if (waiting.length === 0) this.#held.delete(by);
    }
  }

  /** @returns false where the link has enough to do; the connection's turn comes. */
  admits(tcb: Tcb): boolean {
    const connection = tcb.owner as TcpConnection;
    const { route } = connection;
    if (this.#world.output.admits(route)) return true;
    if (connection.held) return false;
    connection.held = true;
    const waiting = this.#held.get(route.interface);
    if (waiting === undefined) this.#held.set(route.interface, [connection]);
    else waiting.push(connection);
    return false;
  }

  expire(connection: TcpConnection, now: Instant): void {
    expireCounting(connection.tcb, this.#world.counters, now);
    this.touch(connection);
  }

  transmit(tcb: Tcb, segment: OutgoingSegment): void {
    this.#sender.send(tcb.owner as TcpConnection, segment);
  }

  notify(tcb: Tcb, event: TcpEvent): void {
    const connection = tcb.owner as TcpConnection;
    if (event === "established" && connection.listener !== undefined)
      connection.listener.established(connection);
    else if (event === "time-wait") this.#rest(connection);
    else if (event === "closed") this.#end(connection);
    if (event === "acknowledged" || event === "closed")
      connection.notices?.acknowledged(tcb, this.#world.now());
    connection.holder?.connectionEvent(connection, event);
  }

  trace(tcb: Tcb, from: TcpState, to: TcpState): void {
    const { counters, tracer, name } = this.#world;
    if (to === "CLOSED") {
      if (from === "SYN-SENT" || from === "SYN-RECEIVED") counters.TcpAttemptFails++;
      else if (from === "ESTABLISHED" || from === "CLOSE-WAIT") counters.TcpEstabResets++;
    }
    if (to === "FIN-WAIT-2") this.rests.finWait2(tcb.owner as TcpConnection);
    if (tracer === undefined) return;
    const { local, remote } = tcb.owner as TcpConnection;
    tracer({ kind: "state", of: "tcp", at: this.#world.now(), host: name, local, remote, from, to });
  }

  abort(connection: TcpConnection): void {
    abort(connection.tcb, this.#world.now());
  }

  /** Its five-tuple is another's. */
  replaced(connection: TcpConnection): void {
    this.#leave(connection);
  }

  forget(connection: TcpConnection): void {
    connection.holder = undefined;
    connection.listener = undefined;
    this.#end(connection);
  }

  /** The host is closed: nothing is sent any more, and every port is free. */
  close(): void {
    for (const connection of [...this.connections]) this.forget(connection);
    this.rests.close();
  }

  #send(connection: TcpConnection): void {
    const { tcb } = connection;
    if (connection.binding === undefined && tcb.state !== "TIME-WAIT") return;
    if (connection.route.stale) this.#findRoute(connection);
    const before = tcb.retransmitted;
    output(tcb, this.#world.now());
    this.#world.counters.TcpRetransSegs += tcb.retransmitted - before;
    if (connection.binding !== undefined) this.#arm(connection);
  }

  /** A deadline put off leaves the timer where it is: it rings early, finds nothing due, and is set anew. */
  #arm(connection: TcpConnection): void {
    const { timers } = this.#world;
    const next = nextDeadline(connection.tcb);
    if (next === never) {
      if (connection.armedFor !== never) timers.disarm(connection.timer);
      connection.armedFor = never;
      return;
    }
    if (next >= connection.armedFor) return;
    if (!connection.hasTimer) connection.timer = timers.add(connection);
    connection.armedFor = next;
    timers.arm(connection.timer, next);
  }

  /** Where there is no way any more, the old one stays: what it loses is sent again (RFC 1122, section 4.2.3.9). */
  #findRoute(connection: TcpConnection): void {
    const { tcb, local, device } = connection;
    const route = this.#world.output.route(connection.remote.address, {
      source: local.address,
      device: device === 0 ? undefined : device,
    });
    if (typeof route === "string") {
      tcb.softError = route;
      return;
    }
    if (route.mtu !== connection.route.mtu) pathMtuChanged(tcb, route.mtu, this.#world.now());
    connection.route = route;
  }

  #rest(connection: TcpConnection): void {
    const held = this.#bindingToHold(connection);
    this.#leave(connection);
    if (held !== undefined) this.rests.timeWait(connection, held);
  }

  /** The connection's own; or, where its socket goes on with the port, another that shares it. */
  #bindingToHold(connection: TcpConnection): Binding<PortOwner> | undefined {
    const { binding, holder, local, remote } = connection;
    if (binding === undefined || holder?.keepsPort !== true) return binding;
    const { ports } = this.#world;
    if (ports.disconnect(binding, "kept") === "released") return undefined;
    holder.portKept(binding);
    return ports.accept(binding, connection, { local: local.address, remote });
  }

  /** Nothing of the connection is left but what its socket has not read. */
  #end(connection: TcpConnection): void {
    const { binding, holder, listener } = connection;
    this.#leave(connection);
    listener?.ended(connection);
    if (binding === undefined) return;
    const { ports } = this.#world;
    if (holder === undefined || !holder.keepsPort) {
      ports.release(binding);
      return;
    }
    if (ports.disconnect(binding, "kept") === "bound") holder.portKept(binding);
  }

  #leave(connection: TcpConnection): void {
    this.connections.delete(connection);
    connection.binding = undefined;
    if (connection.hasTimer) this.#world.timers.remove(connection.timer);
    connection.forgetTimer();
  }
}
