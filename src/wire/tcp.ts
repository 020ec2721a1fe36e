/** TCP segments (RFC 9293, section 3.1). */

/** A segment header as flat data. Options that every stack knows are fields; absent ones have the value named here. */
export interface TcpHeader {
  sourcePort: number;
  destinationPort: number;
  /** SEG.SEQ, int32 (`| 0`), as is every sequence number here. */
  sequence: number;
  /** SEG.ACK; meaningful when the ACK flag is set. */
  acknowledgment: number;
  /** Bits of {@link tcpFlags}, 9 bits with AE. */
  flags: number;
  /** SEG.WND as on the wire, unscaled. */
  window: number;
  checksum: number;
  urgentPointer: number;
  /** Maximum segment size (RFC 9293, section 3.7.1); 0: absent. */
  mss: number;
  /** Window scale shift (RFC 7323, section 2); -1: absent. */
  windowScale: number;
  /** RFC 2018, section 2. */
  sackPermitted: boolean;
  /** Timestamps option present (RFC 7323, section 3). */
  timestamps: boolean;
  /** TSval and TSecr, int32. */
  timestampValue: number;
  timestampEcho: number;
  /** SACK blocks as left and right edges in turn (RFC 2018, section 3); empty: absent. */
  sack: readonly number[];
}

/** A header found in bytes, with where its parts lie in them. */
export interface TcpSegment extends TcpHeader {
  /** The option bytes, `[optionsStart, payloadStart)`. */
  optionsStart: number;
  payloadStart: number;
  payloadEnd: number;
}

export const tcpFlags = {
  FIN: 0x01,
  SYN: 0x02,
  RST: 0x04,
  PSH: 0x08,
  ACK: 0x10,
  URG: 0x20,
  ECE: 0x40,
  CWR: 0x80,
  AE: 0x100,
} as const;
