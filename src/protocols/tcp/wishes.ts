/** What input, calls and timers ask of output, as bits of `tcb.wishes`: only output makes segments. */
export const wish = {
  /** An acknowledgment, at once. */
  acknowledge: 0x01,
  /** The SYN, or the SYN-ACK. */
  synchronize: 0x02,
  /** The first segment that counts as lost, whatever cwnd says. */
  retransmit: 0x04,
  /** A probe of the peer's window; or, where it is open, the small segment that was held back. */
  probe: 0x08,
  /** A segment that an idle peer must answer. */
  keepAlive: 0x10,
  /** All that waits, small or not: nothing holds it back. */
  push: 0x80,
  /** A reset of this connection. */
  reset: 0x20,
  /** A reset for a segment that belongs to another connection: `tcb.refusal` is its sequence number. */
  refuse: 0x40,
} as const;
