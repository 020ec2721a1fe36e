/** What happens to connections, counted under the names of Linux's TcpExt (net/ipv4/tcp_timer.c, tcp_input.c). */
import type { Instant } from "../../base/time/clock.ts";
import { expire, type Tcb, type TcpDrop } from "../../protocols/tcp/connection.ts";
import type { Counters } from "../counters.ts";

/** Does what is due at `now`, and counts it: timeouts, probes, delayed acknowledgments, and connections given up. */
export function expireCounting(tcb: Tcb, counters: Counters, now: Instant): void {
  const { keepProbes, probes, state } = tcb;
  if (tcb.delayedAckAt <= now) counters.TcpExtDelayedACKs++;
  if (tcb.retransmitAt <= now) counters.TcpExtTCPTimeouts++;
  const probing = tcb.persistAt <= now;
  expire(tcb, now);
  if (probing && tcb.probes > probes) counters.TcpExtTCPWinProbe++;
  if (tcb.keepProbes > keepProbes) counters.TcpExtTCPKeepAlive++;
  if (state !== "CLOSED" && tcb.state === "CLOSED" && tcb.error !== undefined)
    counters.TcpExtTCPAbortOnTimeout++;
}

/** Why a segment was not taken; `answered`: a challenge ACK is on its way (RFC 5961, section 7, rations them). */
export function countDrop(drop: TcpDrop, answer: "answered" | "rationed", counters: Counters): void {
  if (drop === "paws") counters.TcpExtPAWSEstab++;
  if (drop === "too-many-holes") counters.TcpExtTCPOFODrop++;
  if (drop === "blind-syn") counters.TcpExtTCPSYNChallenge++;
  if (answer === "answered" && (drop === "blind-syn" || drop === "blind-reset" || drop === "ack-too-old"))
    counters.TcpExtTCPChallengeACK++;
}
