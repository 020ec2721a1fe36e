/**
 * What a host says about itself while it works, to whoever listens: logs, the lab, comments in captures, tests.
 *
 * Nobody listening costs one comparison: `tracer?.({ kind: "drop", ... })` builds no event without a tracer.
 * Events are plain data but for lent bytes: copy `packet` bytes that are kept.
 */

import type { Endpoint } from "./endpoint.ts";
import type { Instant } from "./time/clock.ts";

export type Tracer = ((event: TraceEvent) => void) | undefined;

export type TraceEvent = PacketEvent | DropEvent | StateEvent | PortEvent | TimerEvent | NoteEvent;

/** Where and when. `host` is its name; machines that know neither leave both out. */
interface TraceBase {
  readonly at?: Instant | undefined;
  readonly host?: string | undefined;
}

/** A packet came in or went out, whole. */
export interface PacketEvent extends TraceBase {
  readonly kind: "packet";
  readonly direction: "in" | "out";
  /** Name of the interface or link. */
  readonly interface: string;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Something was thrown away, and is counted under `counter` where a MIB has a name for it. */
export interface DropEvent extends TraceBase {
  readonly kind: "drop";
  /** Who dropped it: "link", "ethernet", "arp", "ipv4", "ipv6", "icmp", "udp", "tcp", "sctp" ... */
  readonly layer: string;
  readonly reason: string;
  readonly counter?: string | undefined;
  readonly interface?: string | undefined;
  readonly bytes?: Uint8Array | undefined;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

/** A connection, association, neighbour or address went from one state to another. */
export interface StateEvent extends TraceBase {
  readonly kind: "state";
  /** What has the state: "tcp", "sctp", "neighbour", "address". */
  readonly of: string;
  readonly local?: Endpoint | undefined;
  readonly remote?: Endpoint | undefined;
  readonly from: string;
  readonly to: string;
  /** What made it change: a call, an arrival, a timer. */
  readonly cause?: string | undefined;
}

/** A port decision. */
export interface PortEvent extends TraceBase {
  readonly kind: "port";
  readonly action: "chosen" | "bound" | "released" | "held" | "hold-ended" | "refused" | "exhausted";
  readonly protocol: "tcp" | "udp" | "sctp" | (string & {});
  readonly local: Endpoint;
  readonly remote?: Endpoint | undefined;
  /** Why, in words: range, start, step, candidates passed over and what stood in their way. */
  readonly explanation?: string | undefined;
  /** The same as the port manager's own record. */
  readonly decision?: unknown;
  /** When a hold ends. */
  readonly until?: Instant | undefined;
}

/** A named timer was set, or went off. */
export interface TimerEvent extends TraceBase {
  readonly kind: "timer";
  /** The RFC's name: "retransmission", "delayed ACK", "TIME-WAIT" ... */
  readonly timer: string;
  readonly action: "set" | "fired" | "cancelled";
  readonly deadline?: Instant | undefined;
  readonly local?: Endpoint | undefined;
  readonly remote?: Endpoint | undefined;
}

/** Anything else worth a line. */
export interface NoteEvent extends TraceBase {
  readonly kind: "note";
  readonly topic: string;
  readonly text: string;
}
