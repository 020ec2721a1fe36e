/**
 * How full everything is that a network can fill. Whatever arrives, `used` never passes `limit`: hostile tests watch
 * this, and so may whoever looks after a host.
 */
import { isV4 } from "../base/address.ts";
import { fragmentLimitsV4, fragmentLimitsV6 } from "../protocols/ip/fragments/fragments.ts";
import { neighbourLimits } from "../protocols/ip/neighbours.ts";
import { pathMtuLimit } from "../protocols/ip/path-mtu.ts";
import { learnedRouteLimit } from "../protocols/ip/routes.ts";
import { sackedBlockLimit } from "../protocols/tcp/connection.ts";
import { deferredLimit } from "./batches.ts";
import type { HostCore } from "./host-core.ts";
import { groupLimit } from "./interface/groups.ts";
import type { NetworkInterface } from "./interface/network-interface.ts";
import { queueLimits } from "./ip/output-queue.ts";
import { RawSocket } from "./raw/raw-socket.ts";
import type { SocketLayer } from "./socket-layer.ts";
import type { TcpConnection } from "./tcp/tcp-connection.ts";
import { TcpSocket } from "./tcp/tcp-socket.ts";
import { UdpSocket } from "./udp/udp-socket.ts";

export interface TableUse {
  readonly name: string;
  readonly used: number;
  /** `Infinity` where only the host's own callers can fill it. */
  readonly limit: number;
}

export function tablesOf(core: HostCore, sockets: SocketLayer): TableUse[] {
  return [
    ...reassembly(core, 4),
    ...reassembly(core, 6),
    use("path MTUs", core.pathMtus.size, pathMtuLimit),
    use("learned routes", core.routes.learned, learnedRouteLimit),
    use("packets deferred", core.batches.deferred, deferredLimit),
    use("packet slots lent", core.pool.outstanding, Infinity),
    use("timers", core.timers.count, Infinity),
    ...core.interfaces.flatMap(ofInterface),
    ...ofTcp(sockets),
    ...[...sockets.sockets].flatMap(ofSocket),
  ];
}

function use(name: string, used: number, limit: number): TableUse {
  return { name, used, limit };
}

function reassembly(core: HostCore, family: 4 | 6): TableUse[] {
  const { size, memory } = core.reassembly(family);
  const limits = family === 4 ? fragmentLimitsV4 : fragmentLimitsV6;
  return [
    use(`IPv${family} datagrams in reassembly`, size, limits.datagrams),
    use(`IPv${family} bytes in reassembly`, memory, limits.memory),
  ];
}

function ofInterface({ name, groups, queue, linkLayer }: NetworkInterface): TableUse[] {
  const neighbours = [...(linkLayer?.neighbours?.() ?? [])];
  const v4 = neighbours.filter(({ address }) => isV4(address)).length;
  const packets = neighbours.map(({ waiting }) => waiting.length);
  const bytes = neighbours.map(({ waitingBytes }) => waitingBytes);
  return [
    use(`groups of ${name}`, groups.size, groupLimit),
    use(`output queue of ${name}`, queue.waiting, queueLimits.packets),
    use(`IPv4 neighbours of ${name}`, v4, neighbourLimits.neighbours),
    use(`IPv6 neighbours of ${name}`, neighbours.length - v4, neighbourLimits.neighbours),
    use(`packets for one neighbour of ${name}`, Math.max(0, ...packets), neighbourLimits.waitingPackets),
    use(`bytes for one neighbour of ${name}`, Math.max(0, ...bytes), neighbourLimits.waitingBytes),
  ];
}

function ofTcp({ tcp, sysctl }: SocketLayer): TableUse[] {
  const { connections, rests } = tcp.table;
  return [
    use("TCP connections", connections.size, Infinity),
    use("TCP TIME-WAIT", rests.all.size, sysctl.value("net.ipv4.tcp_max_tw_buckets")),
    ...[...connections].flatMap(ofConnection),
  ];
}

function ofConnection({ tcb }: TcpConnection): TableUse[] {
  return [
    use("bytes a TCP peer has sent", tcb.receiveRing.length + tcb.rcvWnd, tcb.receiveRing.capacity),
    use("holes in what a TCP peer has sent", tcb.outOfOrder?.count ?? 0, tcb.config.outOfOrderLimit),
    use("blocks a TCP peer has SACKed", tcb.sacked?.count ?? 0, sackedBlockLimit),
  ];
}

function ofSocket(socket: object): TableUse[] {
  if (socket instanceof UdpSocket || socket instanceof RawSocket) {
    const { cost, limit, length } = socket.queue;
    // Into an empty queue fits anything.
    return length <= 1 ? [] : [use(`datagrams at port ${socket.core.localPort}`, cost, limit)];
  }
  if (!(socket instanceof TcpSocket) || socket.listener === undefined) return [];
  const { backlog, opening, waiting, core } = socket.listener;
  const most = Math.max(core.world.sysctl.value("net.ipv4.tcp_max_syn_backlog"), 1);
  return [
    use(`half-open connections at port ${core.localPort}`, opening, most),
    // As Linux counts: one more than the backlog.
    use(`connections to accept at port ${core.localPort}`, waiting, backlog + 1),
  ];
}
