/**
 * The door of the TCP machine (RFC 9293): state + event + now -> state + output. A connection is a {@link Tcb}; whoever holds
 * it brings events, calls {@link output} once after each batch of them, and {@link expire} when {@link nextDeadline} has come.
 *
 *     const tcb = newTcb({ config: linuxTcp, world, family: 4, mtu: 1500, iss });
 *     openActive(tcb, now);
 *     output(tcb, now); // world.transmit(SYN)
 */
export { abort, close, shutdownReceive, shutdownSend } from "./close.ts";
export { linuxTcp, rfcTcp, type TcpConfig } from "./config.ts";
export { configure } from "./configure.ts";
export type { TcpDrop } from "./drop.ts";
export { icmpArrives, type TcpIcmpError } from "./icmp.ts";
export { type ArrivalInfo, segmentArrives } from "./input.ts";
export { initialSequence, timestampOffset } from "./isn.ts";
export { listenArrives, openActive, openPassive } from "./open.ts";
export { output } from "./output.ts";
export { pathMtuChanged } from "./path-mtu.ts";
export { peerFinished, readable, receive, setReceiveBuffer, urgentAhead } from "./receive.ts";
export { resetFor } from "./reset.ts";
export { sackedBlockLimit } from "./scoreboard.ts";
export { isSendable, isWritable, push, send, sendFlags, sendSpace, setSendBuffer } from "./send.ts";
export { snapshot, type TcpSnapshot } from "./snapshot.ts";
export { isSynchronized, type TcpState } from "./state.ts";
export { establishDrop, type ListenDrop, type ListenQueues, synDrop } from "./syn-cache.ts";
export { type ConnectionOptions, newTcb, type Tcb, type TcpOptions } from "./tcb.ts";
export {
  reopenedSequence,
  type TimeWait,
  type TimeWaitVerdict,
  timeWaitAck,
  timeWaitArrives,
  timeWaitOf,
} from "./time-wait.ts";
export { expire, nextDeadline } from "./timers.ts";
export type { OutgoingSegment, TcpEvent, TcpWorld } from "./world.ts";
