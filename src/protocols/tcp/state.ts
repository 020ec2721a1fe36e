/** The states of a connection and how one leads to another (RFC 9293, section 3.3.2). */

import { invariant } from "../../base/invariant.ts";
import { never } from "../../base/time/clock.ts";
import type { Tcb } from "./tcb.ts";

export type TcpState =
  | "CLOSED"
  | "LISTEN"
  | "SYN-SENT"
  | "SYN-RECEIVED"
  | "ESTABLISHED"
  | "FIN-WAIT-1"
  | "FIN-WAIT-2"
  | "CLOSE-WAIT"
  | "CLOSING"
  | "LAST-ACK"
  | "TIME-WAIT";

/** RFC 9293, figure 5. Any state may also end in CLOSED: by reset, timeout or abort. */
const successors: Record<TcpState, readonly TcpState[]> = {
  CLOSED: ["LISTEN", "SYN-SENT"],
  LISTEN: ["SYN-RECEIVED"],
  "SYN-SENT": ["SYN-RECEIVED", "ESTABLISHED"],
  "SYN-RECEIVED": ["ESTABLISHED"],
  ESTABLISHED: ["FIN-WAIT-1", "CLOSE-WAIT"],
  "FIN-WAIT-1": ["FIN-WAIT-2", "CLOSING"],
  "FIN-WAIT-2": ["TIME-WAIT"],
  "CLOSE-WAIT": ["LAST-ACK"],
  CLOSING: ["TIME-WAIT"],
  "LAST-ACK": [],
  "TIME-WAIT": [],
};

/** The one place where a connection changes its state. Tells the world what its socket must know. */
export function enter(tcb: Tcb, state: TcpState): void {
  const from = tcb.state;
  invariant(state === "CLOSED" || successors[from].includes(state), `no way from ${from} to ${state}`);
  tcb.state = state;
  tcb.world.trace?.(tcb, from, state);
  if (state === "ESTABLISHED") tcb.world.notify(tcb, "established");
  else if (state === "TIME-WAIT") rest(tcb, "time-wait");
  else if (state === "CLOSED") rest(tcb, "closed");
}

/** Nothing is due any more: TIME-WAIT is timed by whoever holds the port, and CLOSED is the end. */
function rest(tcb: Tcb, event: "time-wait" | "closed"): void {
  tcb.retransmitAt = never;
  tcb.persistAt = never;
  tcb.keepAliveAt = never;
  tcb.finWait2At = never;
  if (event === "closed") {
    tcb.delayedAckAt = never;
    tcb.wishes = 0;
    tcb.sendRing.clear();
    if (tcb.error !== undefined) tcb.world.notify(tcb, "error");
  }
  tcb.world.notify(tcb, event);
}

/** The handshake is done: segments carry ACK, and the sequence numbers of both sides are known. */
export function isSynchronized(state: TcpState): boolean {
  return state !== "CLOSED" && state !== "LISTEN" && state !== "SYN-SENT" && state !== "SYN-RECEIVED";
}

/** The user may still SEND (RFC 9293, section 3.10.2); before ESTABLISHED the data is queued. */
export function maySend(state: TcpState): boolean {
  return (
    state === "ESTABLISHED" || state === "CLOSE-WAIT" || state === "SYN-SENT" || state === "SYN-RECEIVED"
  );
}

/** Text of the peer is still taken in (RFC 9293, section 3.10.7.4, seventh). */
export function mayReceive(state: TcpState): boolean {
  return state === "ESTABLISHED" || state === "FIN-WAIT-1" || state === "FIN-WAIT-2";
}
