/** The sockets of a host as plain data: what ss(8), /proc and the lab show. Nothing of it changes afterwards. */

import type { Endpoint } from "../../base/endpoint.ts";
import type { Instant } from "../../base/time/clock.ts";
import { never } from "../../base/time/clock.ts";
import { peerFinished, snapshot, type TcpSnapshot, type TcpState } from "../../protocols/tcp/connection.ts";
import { RawSocket } from "../raw/raw-socket.ts";
import type { SocketDomain } from "../socket.ts";
import { addressText } from "../socket-core/names.ts";
import type { SocketLayer } from "../socket-layer.ts";
import type { TcpConnection } from "../tcp/tcp-connection.ts";
import { TcpSocket } from "../tcp/tcp-socket.ts";
import type { TcpTimeWait } from "../tcp/tcp-time-wait.ts";
import { UdpSocket } from "../udp/udp-socket.ts";

export interface EndpointSnapshot {
  readonly address: string;
  readonly port: number;
}

export interface TimerSnapshot {
  /** `retransmit`, `persist`, `keepAlive`, `finWait2`, `delayedAck` or `timeWait`: the next one. */
  readonly name: string;
  readonly deadline: Instant;
}

export interface SocketSnapshot {
  /** Unique in the host; 0 where no socket holds the connection (any more). */
  readonly id: number;
  readonly protocol: "tcp" | "udp" | "raw";
  readonly domain: SocketDomain;
  /** TCP's state, or of UDP and raw `ESTABLISHED` (connected) and `UNCONNECTED`, as ss(8) has it. */
  readonly state: TcpState | "UNCONNECTED";
  readonly label: string;
  readonly uid: number;
  /** Of a raw socket the port is the protocol. */
  readonly local: EndpointSnapshot;
  readonly remote: EndpointSnapshot | undefined;
  /** Bytes to be read, and one for the end of them; of a listener, connections that wait. */
  readonly receiveQueue: number;
  /** Bytes not acknowledged; of a listener, its backlog. */
  readonly sendQueue: number;
  /** Its user has closed it, and TCP goes on without. */
  readonly orphan: boolean;
  /** Datagrams lost because the receive queue was full. */
  readonly drops: number;
  readonly timer: TimerSnapshot | undefined;
  readonly tcp: TcpSnapshot | undefined;
}

/** Sockets in order of their making, then connections without one, then those in TIME-WAIT. */
export function socketSnapshots({ sockets, tcp }: SocketLayer): SocketSnapshot[] {
  const listed: SocketSnapshot[] = [];
  for (const socket of sockets) {
    if (socket instanceof UdpSocket) listed.push(ofDatagrams(socket, "udp"));
    else if (socket instanceof TcpSocket) listed.push(ofTcp(socket));
    else if (socket instanceof RawSocket) listed.push(ofDatagrams(socket, "raw"));
  }
  for (const connection of tcp.table.connections)
    if (connection.holder === undefined) listed.push(ofOrphan(connection));
  for (const resting of tcp.table.rests.all) listed.push(ofTimeWait(resting));
  return listed;
}

function ofDatagrams(
  { core, queue, label, domain }: UdpSocket | RawSocket,
  protocol: "udp" | "raw",
): SocketSnapshot {
  const { remoteAddress, remotePort } = core;
  return {
    id: core.id,
    protocol,
    domain,
    state: remoteAddress === undefined ? "UNCONNECTED" : "ESTABLISHED",
    label,
    uid: core.uid,
    local: { address: addressText(domain, core.localAddress), port: core.localPort },
    remote: remoteAddress && { address: addressText(domain, remoteAddress), port: remotePort },
    receiveQueue: queue.cost,
    sendQueue: 0,
    orphan: false,
    drops: queue.drops,
    timer: undefined,
    tcp: undefined,
  };
}

function ofTcp(socket: TcpSocket): SocketSnapshot {
  const { core, connection, domain, listener, label } = socket;
  const living = connection?.over === false ? connection : undefined;
  return {
    id: core.id,
    protocol: "tcp",
    domain,
    state: socket.state(),
    label,
    uid: core.uid,
    local: { address: addressText(domain, core.localAddress), port: core.localPort },
    remote: living && named(domain, living.remote),
    receiveQueue: listener?.waiting ?? (connection === undefined ? 0 : unread(connection)),
    sendQueue: listener?.backlog ?? (living === undefined ? 0 : unacknowledged(living)),
    orphan: false,
    drops: 0,
    timer: living && nextTimer(living),
    tcp: living && snapshot(living.tcb),
  };
}

/** Closed by its user, or not yet accepted. */
function ofOrphan(connection: TcpConnection): SocketSnapshot {
  const { binding, label, local, remote, tcb } = connection;
  const domain = domainOf(connection);
  return {
    id: 0,
    protocol: "tcp",
    domain,
    state: tcb.state,
    label,
    uid: binding?.uid ?? 0,
    local: named(domain, local),
    remote: named(domain, remote),
    receiveQueue: unread(connection),
    sendQueue: unacknowledged(connection),
    orphan: tcb.orphan,
    drops: 0,
    timer: nextTimer(connection),
    tcp: snapshot(tcb),
  };
}

function ofTimeWait(resting: TcpTimeWait): SocketSnapshot {
  const domain = domainOf(resting);
  return {
    id: 0,
    protocol: "tcp",
    domain,
    state: "TIME-WAIT",
    label: resting.label,
    uid: resting.binding.uid,
    local: named(domain, resting.local),
    remote: named(domain, resting.remote),
    receiveQueue: 0,
    sendQueue: 0,
    orphan: false,
    drops: 0,
    timer: { name: "timeWait", deadline: resting.wait.until },
    tcp: undefined,
  };
}

function domainOf({ binding }: Pick<TcpConnection, "binding">): SocketDomain {
  return binding?.domain === 6 ? "AF_INET6" : "AF_INET";
}

function named(domain: SocketDomain, { address, port }: Endpoint): EndpointSnapshot {
  return { address: addressText(domain, address), port };
}

/** What was given to send and is not acknowledged, a SYN or FIN in flight included: write_seq - snd_una. */
function unacknowledged({ tcb }: TcpConnection): number {
  return Math.max((tcb.sndEnd - tcb.sndUna) | 0, (tcb.sndNxt - tcb.sndUna) | 0, 0);
}

/** What has come and was not read, the peer's FIN included: rcv_nxt - copied_seq. */
function unread({ tcb, endRead, holder, listener }: TcpConnection): number {
  const counts = !endRead && (holder !== undefined || listener !== undefined) && peerFinished(tcb);
  return tcb.receiveRing.length + (counts ? 1 : 0);
}

function nextTimer({ tcb }: TcpConnection): TimerSnapshot | undefined {
  let next: TimerSnapshot | undefined;
  for (const [name, deadline] of [
    ["retransmit", tcb.retransmitAt],
    ["persist", tcb.persistAt],
    ["keepAlive", tcb.keepAliveAt],
    ["finWait2", tcb.finWait2At],
    ["delayedAck", tcb.delayedAckAt],
  ] as const)
    if (deadline !== never && (next === undefined || deadline < next.deadline)) next = { name, deadline };
  return next;
}
