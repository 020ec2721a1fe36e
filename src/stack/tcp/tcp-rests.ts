/**
 * Connections at rest: the port manager holds their ports. After TIME-WAIT begins a small record takes the TCB's place; before
 * it, a connection in FIN-WAIT-2 that has no user rests as it is where the system does so (tcp_time_wait).
 */
import { type Instant, never } from "../../base/time/clock.ts";
import type { Binding } from "../../ports/binding.ts";
import type { TimerId, TimerOwner } from "../../protocols/ip/timers.ts";
import { timeWaitOf } from "../../protocols/tcp/connection.ts";
import type { PortOwner, SocketWorld } from "../socket-core/world.ts";
import type { TcpConnection } from "./tcp-connection.ts";
import { TcpTimeWait } from "./tcp-time-wait.ts";

export class TcpRests implements TimerOwner {
  readonly all: Set<TcpTimeWait> = new Set();
  readonly #world: SocketWorld;
  /** For the holds of the port manager. */
  readonly #holds: TimerId;

  constructor(world: SocketWorld) {
    this.#world = world;
    this.#holds = world.timers.add(this);
  }

  /** FIN-WAIT-2, or its user is gone: where both, the five-tuple is on its way to being free. */
  finWait2(connection: TcpConnection): void {
    const { binding, tcb } = connection;
    const { orphan, state, config, timestamps } = tcb;
    if (state !== "FIN-WAIT-2" || !orphan || config.finWait2 > config.timeWait) return;
    this.#count(connection);
    const { ports } = this.#world;
    if (binding === undefined || ports.profile.hold.restsInFinWait2 !== true) return;
    // The connection itself knows when it has waited enough.
    ports.hold(binding, connection, never, { timestamps, finWait2: true });
  }

  /** TIME-WAIT, by the binding that the connection has left. */
  timeWait(connection: TcpConnection, held: Binding<PortOwner>): void {
    const { local, remote, tcb, label } = connection;
    const { ports, counters, sysctl } = this.#world;
    if (this.all.size >= sysctl.value("net.ipv4.tcp_max_tw_buckets")) {
      counters.TcpExtTCPTimeWaitOverflow++;
      ports.release(held);
      return;
    }
    const resting = new TcpTimeWait(this.all, timeWaitOf(tcb), local, remote, held, label);
    this.#count(connection);
    this.again(resting);
  }

  /** The wait begins, or begins anew: the peer does not know yet that it is over. */
  again(resting: TcpTimeWait): void {
    this.#world.ports.hold(resting.binding, resting, resting.wait.until, resting.reuse);
    this.#armHolds();
  }

  /** The wait ends before its time. */
  end(resting: TcpTimeWait): void {
    resting.portReturned();
    this.#world.ports.release(resting.binding);
  }

  /** The host is closed: every port is free. */
  close(): void {
    for (const resting of [...this.all]) this.end(resting);
    this.#world.timers.remove(this.#holds);
  }

  timerExpired(_id: TimerId, now: Instant): void {
    this.#world.ports.expire(now);
    this.#armHolds();
  }

  #armHolds(): void {
    this.#world.timers.arm(this.#holds, this.#world.ports.nextDeadline());
  }

  /** Once, also where TIME-WAIT follows FIN-WAIT-2. */
  #count(connection: TcpConnection): void {
    if (connection.restCounted) return;
    connection.restCounted = true;
    this.#world.counters.TcpExtTW++;
  }
}
