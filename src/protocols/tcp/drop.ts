/** Why a segment, or its text, was not taken. The stack counts them. */
export type TcpDrop =
  /** The connection is closed; `resetFor` answers. */
  | "closed"
  /** RFC 9293, section 3.10.7.4, first: no part of it lies in the receive window. */
  | "out-of-window"
  /** RFC 7323, section 5: older than what was received before it. */
  | "paws"
  /** RFC 7323, section 3.2: timestamps were negotiated, and it has none. */
  | "no-timestamp"
  /** RFC 5961, section 3.2: a reset in the window, but not at its left edge. */
  | "blind-reset"
  /** RFC 5961, section 4.2: a SYN in a synchronized state. */
  | "blind-syn"
  /** It lacks ACK, or in SYN-SENT both SYN and RST. */
  | "no-ack"
  /** It acknowledges what was never sent. */
  | "ack-of-unsent"
  /** The acknowledgment of our SYN-ACK echoes a timestamp that none of them had. */
  | "timestamp-never-sent"
  /** RFC 5961, section 5.2: it acknowledges what was acknowledged long ago. */
  | "ack-too-old"
  /** An earlier SYN of the same connection. */
  | "duplicate-syn"
  /** Text for a user that has closed (RFC 9293 SHLD-3). */
  | "text-after-close"
  /** All of its text had come before. */
  | "duplicate-text"
  /** More is missing before its text than an honest sender can have in flight. */
  | "too-far-ahead"
  /** Too many holes in the text received. */
  | "too-many-holes"
  /** TIME-WAIT took note of it, and of no more. */
  | "time-wait";
