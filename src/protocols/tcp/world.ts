/** How a TCP machine reaches the world: the functions it is given, and what it says through them. */
import type { TcpHeader } from "../../wire/tcp.ts";
import type { TcpState } from "./state.ts";
import type { Tcb } from "./tcb.ts";

/**
 * A segment the machine wants sent. Flat, and reused by the machine: read it inside `transmit`, keep nothing.
 * The ports and the checksum are the receiver's to fill in.
 */
export interface OutgoingSegment extends TcpHeader {
  /** The payload is `payloadLength` bytes of the TCB's send buffer, from this many bytes after SND.UNA. */
  payloadOffset: number;
  payloadLength: number;
  /** Payload bytes per wire segment where this stands for many (TSO), else 0. */
  segmentSize: number;
}

/** What happened to a connection, as its socket must know it. */
export type TcpEvent =
  /** The handshake is done (either side). */
  | "established"
  /** There is more to receive, or the peer's FIN has been reached. */
  | "readable"
  /** The send buffer has room again. */
  | "writable"
  /** SND.UNA passed a sequence number of `tcb.watched`. */
  | "acknowledged"
  /** The peer announced urgent data further on than before (RFC 9293 MUST-32). */
  | "urgent"
  /** R1 timeouts in a row: the way to the peer may be dead (RFC 9293 MUST-20, SHLD-9). */
  | "stalled"
  /** A reset, timeout or ICMP error ended it; `tcb.error` names the errno. `closed` follows. */
  | "error"
  /**
   * It entered TIME-WAIT: after the next `output`, which acknowledges the peer's FIN, the TCB may be replaced by what
   * {@link timeWaitOf} keeps. `closed` does not follow.
   */
  | "time-wait"
  /** It reached CLOSED: nothing of it is left, the port may go. */
  | "closed";

export interface TcpWorld {
  /** Sends now: header and payload are copied before it returns. */
  transmit(tcb: Tcb, segment: OutgoingSegment): void;
  notify(tcb: Tcb, event: TcpEvent): void;
  /**
   * Whether there is use for more text already, where a link is slower than we are; where not, `output` is to be called
   * again when there is. Absent: always.
   */
  admits?(tcb: Tcb): boolean;
  /** Told of every change of state, before `notify`. */
  trace?(tcb: Tcb, from: TcpState, to: TcpState): void;
}
