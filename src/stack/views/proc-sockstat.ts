/** /proc/net/sockstat and sockstat6: how many sockets there are (net/ipv4/proc.c, net/ipv6/proc.c). */
import type { Instant } from "../../base/time/clock.ts";
import type { SocketDomain } from "../socket.ts";
import { isMinisocket } from "./proc-sockets.ts";
import type { HostSnapshot } from "./snapshot.ts";
import type { SocketSnapshot } from "./snapshot-sockets.ts";

const pageSize = 4096;

export function sockstat(host: HostSnapshot): string {
  const { sockets, reassembly, now } = host;
  const tcp = sockets.filter(({ protocol }) => protocol === "tcp");
  const udp = sockets.filter(({ protocol }) => protocol === "udp");
  const open = sockets.filter(({ id }) => id !== 0);
  const resting = tcp.filter((socket) => isMinisocket(socket, now));
  const orphans = tcp.filter((socket) => socket.orphan && !isMinisocket(socket, now));
  const used = `inuse ${inUse(host, "tcp", "AF_INET")} orphan ${orphans.length} tw ${resting.length}`;
  return lines([
    `sockets: used ${open.length}`,
    `TCP: ${used} alloc ${tcp.length - resting.length} mem ${pages(tcp)}`,
    `UDP: inuse ${inUse(host, "udp", "AF_INET")} mem ${pages(udp)}`,
    "UDPLITE: inuse 0",
    `RAW: inuse ${inUse(host, "raw", "AF_INET")}`,
    `FRAG: inuse ${reassembly.v4.datagrams} memory ${reassembly.v4.bytes}`,
  ]);
}

export function sockstat6(host: HostSnapshot): string {
  const { v6 } = host.reassembly;
  return lines([
    `TCP6: inuse ${inUse(host, "tcp", "AF_INET6")}`,
    `UDP6: inuse ${inUse(host, "udp", "AF_INET6")}`,
    "UDPLITE6: inuse 0",
    `RAW6: inuse ${inUse(host, "raw", "AF_INET6")}`,
    `FRAG6: inuse ${v6.datagrams} memory ${v6.bytes}`,
  ]);
}

/**
 * Those in the kernel's hashes: TCP that listens or is connected, but neither in TIME-WAIT nor half open at a listener; UDP with a
 * port; every raw socket.
 */
function inUse(host: HostSnapshot, protocol: SocketSnapshot["protocol"], domain: SocketDomain): number {
  const { sockets, now } = host;
  return sockets.filter(
    (socket) => socket.protocol === protocol && socket.domain === domain && isHashed(socket, now),
  ).length;
}

function isHashed(socket: SocketSnapshot, now: Instant): boolean {
  const { protocol, state, id } = socket;
  if (protocol === "raw") return true;
  if (protocol === "udp") return socket.local.port !== 0;
  if (state === "CLOSED" || state === "UNCONNECTED" || isMinisocket(socket, now)) return false;
  return state !== "SYN-RECEIVED" || id !== 0;
}

/** Of what waits in their queues; the kernel also counts what it has set aside for more. */
function pages(sockets: readonly SocketSnapshot[]): number {
  const waiting = sockets.filter(({ state }) => state !== "LISTEN");
  const bytes = waiting.reduce((sum, { receiveQueue, sendQueue }) => sum + receiveQueue + sendQueue, 0);
  return Math.ceil(bytes / pageSize);
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
