/** What a service is and what it stands on: a host's sockets and its clock, nothing else. */
import type { Clock } from "../base/time/clock.ts";
import type { Socket, SocketAddress, SocketDomain, SocketType } from "../stack/socket.ts";

/** The part of a host that services use. */
export interface ServiceHost {
  readonly clock: Clock;
  socket(domain: SocketDomain, type: SocketType, protocol?: number): Socket;
}

/** Where a service listens. `domain` follows from the address unless given: `::` in AF_INET6 serves both families. */
export interface ServiceAddress extends SocketAddress {
  readonly domain?: SocketDomain | undefined;
}

/** A running service. */
export interface Service {
  readonly name: string;
  readonly counters: ServiceCounters;
  /** Stops listening and aborts what is under way. Idempotent. */
  close(): void;
}

/** What a service has done so far. Bytes are of payload. */
export interface ServiceCounters {
  /** Connections accepted, datagrams or requests taken up. */
  served: number;
  /** Connections, datagrams or requests turned away by a limit or a rule. */
  refused: number;
  /** Connections or transfers that ended in an error. */
  failed: number;
  bytesIn: number;
  bytesOut: number;
}

export function newCounters(): ServiceCounters {
  return { served: 0, refused: 0, failed: 0, bytesIn: 0, bytesOut: 0 };
}
