/**
 * The door of the TCP machine (RFC 9293): state + event + now -> state + output. A connection is a {@link Tcb}; whoever holds
 * it brings events, calls {@link output} once after each batch of them, and {@link expire} when {@link nextDeadline} has come.
 *
 *     const tcb = newTcb({ config: linuxTcp, world, family: 4, mtu: 1500, iss });
 *     openActive(tcb, now);
 *     output(tcb, now); // world.transmit(SYN)
 */

export { linuxTcp, rfcTcp, type TcpConfig } from "./config.ts";
export { configure } from "./configure.ts";
export type { TcpDrop } from "./drop.ts";
export { abort, close, shutdownReceive, shutdownSend } from "./ending/close.ts";
export { resetFor } from "./ending/reset.ts";
export {
  reopenedSequence,
  type TimeWait,
  type TimeWaitVerdict,
  timeWaitAck,
  timeWaitArrives,
  timeWaitOf,
} from "./ending/time-wait.ts";
export { initialSequence, timestampOffset } from "./opening/isn.ts";
export { listenArrives, openActive, openPassive } from "./opening/open.ts";
export { establishDrop, type ListenDrop, type ListenQueues, synDrop } from "./opening/syn-cache.ts";
export { icmpArrives, type TcpIcmpError } from "./receiving/icmp.ts";
export { type ArrivalInfo, segmentArrives } from "./receiving/input.ts";
export { peerFinished, readable, receive, setReceiveBuffer, urgentAhead } from "./receiving/receive.ts";
export { sackedBlockLimit } from "./recovery/scoreboard.ts";
export { output } from "./sending/output.ts";
export { pathMtuChanged } from "./sending/path-mtu.ts";
export { isSendable, isWritable, push, send, sendFlags, sendSpace, setSendBuffer } from "./sending/send.ts";
export { snapshot, type TcpSnapshot } from "./snapshot.ts";
export { isSynchronized, type TcpState } from "./state.ts";
export { type ConnectionOptions, newTcb, type Tcb, type TcpOptions } from "./tcb.ts";
export { expire, nextDeadline } from "./timers.ts";
export type { OutgoingSegment, TcpEvent, TcpWorld } from "./world.ts";
