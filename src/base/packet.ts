/**
 * One packet on its way, in memory that somebody else owns and will use again.
 * Received packets are lent until `receive` returns; packets handed to `send` may be reused as soon as it returns.
 */

/** What is known of the transport checksum. */
export const checksumUnknown = 0;
/** It was verified, or the sender vouches for it (a local peer). */
export const checksumTrusted = 1;
/**
 * The field holds only the pseudo-header sum; whoever puts the packet on a real wire completes it. On a received packet
 * it counts as verified: the packet comes from a local peer and never crossed a wire.
 */
export const checksumPartial = 2;
export type ChecksumState = typeof checksumUnknown | typeof checksumTrusted | typeof checksumPartial;

/** A slot: mutable, reused, flat. */
export interface Packet {
  bytes: Uint8Array;
  /** First byte of the IP header, or of the Ethernet header on an Ethernet link. */
  start: number;
  /** One past the last byte. */
  end: number;
  checksum: ChecksumState;
  /** Where the transport header starts, from `start`; the partial checksum is summed from here. */
  checksumStart: number;
  /** Where the checksum field stands, from `checksumStart` (TCP 16, UDP 6). */
  checksumOffset: number;
  /**
   * Payload bytes per wire segment of a packet that stands for many (TSO, USO, GRO), else 0.
   * Such a packet is TCP or UDP by its own protocol field.
   */
  segmentSize: number;
  /**
   * Of what a host sends to itself: the interface whose address it goes to, by index, whatever link carries it there.
   * Else 0: it is for the interface that received it.
   */
  device: number;
}

export function newPacket(bytes: Uint8Array, start = 0, end: number = bytes.length): Packet {
  return {
    bytes,
    start,
    end,
    checksum: checksumUnknown,
    checksumStart: 0,
    checksumOffset: 0,
    segmentSize: 0,
    device: 0,
  };
}
