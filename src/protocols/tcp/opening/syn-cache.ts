/** The two queues of a listener: connections being opened, and connections open but not accepted (listen(2), RFC 4987). */

export interface ListenQueues {
  /** Of listen(2): most connections that wait to be accepted, less one. */
  backlog: number;
  /** In ESTABLISHED, not yet accepted. */
  accepting: number;
  /** In SYN-RECEIVED. */
  opening: number;
  /** Most in SYN-RECEIVED (tcp_max_syn_backlog). */
  openingLimit: number;
}

export type ListenDrop = "accept-queue-full" | "syn-queue-full";

/** Whether a SYN is answered. As Linux does: one more than `backlog` may wait to be accepted. */
export function synDrop(queues: ListenQueues): ListenDrop | undefined {
  if (queues.accepting > queues.backlog) return "accept-queue-full";
  if (queues.opening >= Math.min(queues.openingLimit, Math.max(queues.backlog, 1))) return "syn-queue-full";
  return undefined;
}

/**
 * Whether the ACK that would establish a connection is taken. Where it is not, it is dropped unread (tcp_abort_on_overflow
 * 0): the SYN-ACK goes out again, and the peer's next ACK may find room.
 */
export function establishDrop(queues: ListenQueues): ListenDrop | undefined {
  return queues.accepting > queues.backlog ? "accept-queue-full" : undefined;
}
