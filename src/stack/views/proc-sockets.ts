/** /proc/net/tcp, tcp6, udp and udp6 (net/ipv4/tcp_ipv4.c, net/ipv6/tcp_ipv6.c, net/ipv4/udp.c, net/ipv6/datagram.c). */
import { type Address, address } from "../../base/address.ts";
import { swap32 } from "../../base/bytes.ts";
import type { Instant } from "../../base/time/clock.ts";
import type { SocketDomain } from "../socket.ts";
import { tcpStateNumbers } from "../tcp/tcp-info.ts";
import type { HostSnapshot } from "./snapshot.ts";
import type { EndpointSnapshot, SocketSnapshot } from "./snapshot-sockets.ts";

/** Columns that lines of the IPv4 tables are padded to. */
const tcpWidth = 149;
const udpWidth = 127;

const head4 = " local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const head6 =
  " local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

/** What the kernel prints for pointers to those who may not see them. */
const hiddenPointer = "0000000000000000";
/** UDP has no states; the kernel says CLOSE of sockets that are not connected. */
const unconnected = 7;

export function tcpTable({ sockets, now }: HostSnapshot, domain: SocketDomain): string {
  const v4 = domain === "AF_INET";
  const listed = sockets.filter(
    (socket) => socket.protocol === "tcp" && socket.domain === domain && socket.state !== "CLOSED",
  );
  // As the kernel does: listeners first.
  const listeners = listed.filter(({ state }) => state === "LISTEN");
  const others = listed.filter(({ state }) => state !== "LISTEN");
  const lines = [...listeners, ...others].map(
    (socket, index) => `${decimal(index, 4)}: ${tcpLine(socket, now)}`,
  );
  const all = [`  sl ${v4 ? head4 : head6}`, ...lines];
  return all.map((line) => `${v4 ? line.padEnd(tcpWidth) : line}\n`).join("");
}

/** /proc/net/raw and raw6: as UDP's, without padding. */
export function rawTable({ sockets }: HostSnapshot, domain: SocketDomain): string {
  const listed = sockets.filter((socket) => socket.protocol === "raw" && socket.domain === domain);
  const head = `  sl ${domain === "AF_INET" ? head4 : head6} ref pointer drops`;
  const width = domain === "AF_INET" ? 4 : 5;
  const lines = listed.map((socket, index) => `${decimal(index, width)}: ${udpLine(socket)}`);
  return [head, ...lines].map((line) => `${line}\n`).join("");
}

export function udpTable({ sockets }: HostSnapshot, domain: SocketDomain): string {
  const v4 = domain === "AF_INET";
  const listed = sockets.filter(
    (socket) => socket.protocol === "udp" && socket.domain === domain && socket.local.port !== 0,
  );
  const head = `${v4 ? "   sl " : "  sl "}${v4 ? head4 : head6} ref pointer drops`;
  const lines = listed.map((socket, index) => `${decimal(index, 5)}: ${udpLine(socket)}`);
  return [head, ...lines].map((line) => `${v4 ? line.padEnd(udpWidth) : line}\n`).join("");
}

/** "%4d: local rem st tx:rx tr:when retrnsmt uid timeout inode refs pointer", and of connections five numbers more. */
function tcpLine(socket: SocketSnapshot, now: Instant): string {
  const { id, receiveQueue, sendQueue, state, tcp, uid } = socket;
  const listening = state === "LISTEN";
  const queues = `${hex(listening ? 0 : sendQueue, 8)}:${hex(receiveQueue, 8)}`;
  const status = hex(state === "UNCONNECTED" ? unconnected : tcpStateNumbers[state], 2);
  const begin = `${names(socket)} ${status} ${queues} ${timerText(socket, now)}`;
  const retransmits = hex(tcp?.retransmits ?? 0, 8);
  const owner = `${decimal(uid, 5)} ${decimal(tcp?.probes ?? 0, 8)} ${id}`;
  if (isMinisocket(socket, now)) return `${begin} ${retransmits} ${owner} 3 ${hiddenPointer}`;
  if (state === "SYN-RECEIVED") return `${begin} ${retransmits} ${owner} 1 ${hiddenPointer}`;
  if (listening) return `${begin} ${retransmits} ${owner} 1 ${hiddenPointer} 100 0 0 10 0`;
  return `${begin} ${retransmits} ${owner} 2 ${hiddenPointer} ${congestion(socket)}`;
}

/** Ticks of RTO and delayed ACK, pingpong, cwnd in segments, ssthresh (-1: none yet). */
function congestion({ tcp }: SocketSnapshot): string {
  if (tcp === undefined) return "0 0 0 0 -1";
  const segments = (bytes: number): number => Math.max(1, Math.floor(bytes / Math.max(tcp.sndMss, 1)));
  const ssthresh = tcp.ssthresh === undefined ? -1 : segments(tcp.ssthresh);
  const delayed = tcp.deadlines["delayedAck"] === undefined ? 0 : 4;
  return `${ticks(tcp.rto)} ${delayed} 0 ${tcp.cwnd === 0 ? 10 : segments(tcp.cwnd)} ${ssthresh}`;
}

function udpLine(socket: SocketSnapshot): string {
  const { drops, id, receiveQueue, sendQueue, state, uid } = socket;
  const status = hex(state === "UNCONNECTED" ? unconnected : 1, 2);
  const queues = `${hex(sendQueue, 8)}:${hex(receiveQueue, 8)}`;
  const owner = `${decimal(uid, 5)} ${decimal(0, 8)} ${id}`;
  return `${names(socket)} ${status} ${queues} 00:00000000 00000000 ${owner} 2 ${hiddenPointer} ${drops}`;
}

/**
 * A rest as the kernel keeps it, a small record in place of the socket: TIME-WAIT, and FIN-WAIT-2 of an orphan that has no more than
 * TIME-WAIT's minute to wait (tcp_time_wait, net/ipv4/tcp_minisocks.c).
 */
export function isMinisocket({ state, orphan, timer }: SocketSnapshot, now: Instant): boolean {
  if (state === "TIME-WAIT") return true;
  return state === "FIN-WAIT-2" && orphan && timer !== undefined && timer.deadline - now <= timeWaitLength;
}

/** TCP_TIMEWAIT_LEN. */
const timeWaitLength = 60_000;

/** 1: retransmission, 2: keep-alive (and a long wait in FIN-WAIT-2), 3: TIME-WAIT, 4: window probe. */
const timerNumbers: Readonly<Record<string, number>> = {
  retransmit: 1,
  keepAlive: 2,
  finWait2: 2,
  timeWait: 3,
  persist: 4,
};

function timerText(socket: SocketSnapshot, now: Instant): string {
  const { timer } = socket;
  const named = timer === undefined ? undefined : timerNumbers[timer.name];
  const number = isMinisocket(socket, now) ? timerNumbers["timeWait"] : named;
  if (timer === undefined || number === undefined) return "00:00000000";
  return `${hex(number, 2)}:${hex(ticks(Math.max(timer.deadline - now, 0)), 8)}`;
}

/** Milliseconds in USER_HZ. */
function ticks(milliseconds: number): number {
  return Math.floor(milliseconds / 10);
}

function names({ domain, local, remote }: SocketSnapshot): string {
  const none = { address: domain === "AF_INET" ? "0.0.0.0" : "::", port: 0 };
  return `${endpointText(local, domain)} ${endpointText(remote ?? none, domain)}`;
}

/** Words in memory order, as a little-endian machine prints them. */
function endpointText({ address: text, port }: EndpointSnapshot, domain: SocketDomain): string {
  const { w0, w1, w2, w3 }: Address = address(text);
  const words = domain === "AF_INET" ? [w3] : [w0, w1, w2, w3];
  return `${words.map((word) => hex(swap32(word) >>> 0, 8)).join("")}:${hex(port, 4)}`;
}

function hex(value: number, width: number): string {
  return value.toString(16).toUpperCase().padStart(width, "0");
}

function decimal(value: number, width: number): string {
  return String(value).padStart(width);
}
