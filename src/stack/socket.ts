/** The POSIX face: what every socket of a host can be asked. Synchronous, non-blocking, no promises. */
import type { Address } from "../base/address.ts";
import type { ErrnoName } from "../base/errno.ts";
import type { Instant } from "../base/time/clock.ts";

export type SocketDomain = "AF_INET" | "AF_INET6";
export type SocketType = "SOCK_STREAM" | "SOCK_DGRAM" | "SOCK_RAW" | "SOCK_SEQPACKET";
export type ShutdownHow = "SHUT_RD" | "SHUT_WR" | "SHUT_RDWR";

/** Where to bind, connect or send. Text is parsed strictly; a name is nobody's business here. */
export interface SocketAddress {
  readonly address: string | Address;
  readonly port: number;
  /** Interface index for a link-local or multicast address (sin6_scope_id). */
  readonly scope?: number | undefined;
}

/** An endpoint as a socket reports it: text in the socket's own domain. */
export interface EndpointName {
  readonly family: "IPv4" | "IPv6";
  readonly address: string;
  readonly port: number;
  /** Interface index of a link-local address (sin6_scope_id); left out otherwise. */
  readonly scope?: number | undefined;
}

export interface MessageFlags {
  /** MSG_PEEK: leave it where it is. */
  readonly peek?: boolean | undefined;
  /** MSG_TRUNC: return the real length of a longer datagram. */
  readonly truncate?: boolean | undefined;
  /** MSG_MORE: more follows, do not send a partial segment. */
  readonly more?: boolean | undefined;
  /** MSG_OOB: urgent data. */
  readonly urgent?: boolean | undefined;
  /** MSG_EOR: a segment of TCP ends here. */
  readonly endOfRecord?: boolean | undefined;
  /** MSG_ZEROCOPY: tell when the data is no longer needed. It is copied all the same. */
  readonly zerocopy?: boolean | undefined;
}

/** A received datagram and where it came from. */
export interface Received {
  /** Bytes put into the caller's buffer; with `truncate`, the length the datagram had. */
  length: number;
  from: EndpointName;
  /** MSG_TRUNC was set: the datagram was longer than the buffer. */
  truncated: boolean;
}

/** What a socket was told beside its data, of what it had sent (`struct sock_extended_err`). */
export interface ErrorReport {
  readonly origin: "icmp" | "icmp6" | "zerocopy" | "timestamping";
  /** Left out where nothing went wrong. */
  readonly errno?: ErrnoName;
  /** ee_type, ee_code, ee_info and ee_data: what they mean is the origin's. */
  readonly type: number;
  readonly code: number;
  readonly info: number;
  readonly data: number;
  /** MSG_TRUNC: it comes with the packet it is about, of which nothing is given here. */
  readonly truncated: boolean;
  /** When, where timestamps were asked for. */
  readonly at?: Instant;
}

/** What a socket is ready for, as poll(2) says it. */
export interface Readiness {
  readonly readable: boolean;
  readonly writable: boolean;
  /** POLLERR: SO_ERROR has something. */
  readonly error: boolean;
  /** POLLHUP: both directions are over. */
  readonly hangup: boolean;
  /** POLLRDHUP: the peer has sent its last. */
  readonly readHangup: boolean;
}

/**
 * A socket. Every failure is a thrown `SocketError` with Linux's errno for that call, option and state, and leaves the
 * socket as it was, but for what Linux does all the same: the implicit bind of a datagram socket, and the directions that
 * a shutdown shuts where it answers ENOTCONN. Nothing blocks: what would is EAGAIN, or EINPROGRESS for connect.
 */
export interface Socket {
  readonly domain: SocketDomain;
  readonly type: SocketType;
  /** IP protocol number. */
  readonly protocol: number;
  /** A name for listings (`ss`), the caller's to set. */
  label: string;
  /** Called when readiness may have changed, after the batch of packets or timers that changed it. */
  onReady: (() => void) | undefined;

  bind(local: SocketAddress): void;
  listen(backlog: number): void;
  /** The next connection. @throws EAGAIN where none waits. */
  accept(): Socket;
  /** TCP throws EINPROGRESS, then `onReady` follows; UDP fixes the peer at once. `undefined` dissolves (AF_UNSPEC). */
  connect(remote: SocketAddress | undefined): void;
  /** Bytes taken. @throws EAGAIN where the buffer is full. */
  send(data: Uint8Array, flags?: MessageFlags): number;
  sendTo(data: Uint8Array, to: SocketAddress, flags?: MessageFlags): number;
  /** Bytes put into `into`; 0 is the end of the stream. @throws EAGAIN where there is nothing yet. */
  recv(into: Uint8Array, flags?: MessageFlags): number;
  recvFrom(into: Uint8Array, flags?: MessageFlags): Received;
  /** The oldest report (MSG_ERRQUEUE); sockets that are never told anything lack it. @throws EAGAIN where there is none. */
  recvError?(): ErrorReport;
  shutdown(how: ShutdownHow): void;
  /** Gives the socket up; TCP goes on closing by itself. Further calls throw EBADF, and `poll` says hangup. Idempotent. */
  close(): void;
  setOption(name: string, value: unknown): void;
  getOption(name: string): unknown;
  localEndpoint(): EndpointName;
  /** @throws ENOTCONN */
  remoteEndpoint(): EndpointName;
  poll(): Readiness;
}
