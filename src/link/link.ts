/** A link carries IP packets or Ethernet frames between an interface and the rest of the world, in batches. */
import type { Address } from "../base/address.ts";
import type { Packet } from "../base/packet.ts";

/** What a link can spare the stack, and what it needs. */
export interface LinkCapabilities {
  readonly medium: "ip" | "ethernet";
  /** Largest ordinary IP packet in bytes. */
  readonly mtu: number;
  /** Bytes the sender leaves free before `Packet.start`, so that link headers are put in front without a copy. */
  readonly headroom: number;
  /** Takes packets whose checksum is partial. */
  readonly partialChecksum: boolean;
  /** Cuts TCP packets of up to 65,535 bytes into segments of `Packet.segmentSize` itself (TSO). */
  readonly tcpSegmentation: boolean;
  /** Cuts UDP packets likewise (USO). */
  readonly udpSegmentation: boolean;
}

export interface LinkReceiver {
  /** Packets `[0, count)` of `packets` have arrived. They are lent: copy what is kept. */
  receive(packets: readonly Packet[], count: number): void;
  /** `send` took less than it was given, and there is room again. */
  writable?(): void;
  /** The link failed; it stays open unless `closed` follows. */
  failed?(error: Error): void;
  closed?(): void;
}

export interface LinkStats {
  receivedPackets: number;
  receivedBytes: number;
  sentPackets: number;
  sentBytes: number;
  /** Packets lost here because a queue was full or a write failed. */
  dropped: number;
}

/** See {@link Link.claim}. */
export type PortClaim = (protocol: number, address: Address, port: number) => () => void;

export interface Link {
  readonly name: string;
  readonly capabilities: LinkCapabilities;
  readonly stats: LinkStats;
  /** Starts delivery to `receiver`. Called once. */
  open(receiver: LinkReceiver): void;
  /**
   * Sends packets `[0, count)` in order and says how many were taken. Their memory is the caller's again on return.
   * Fewer than `count` means back-pressure: `writable` follows.
   */
  send(packets: readonly Packet[], count: number): number;
  /**
   * As {@link send}, for a sender that keeps its packets in a pool and fills each anew: the `bytes` of a packet that was
   * taken may be another array on return, of the same length and with anything in it. Absent: there is only `send`.
   */
  give?(packets: readonly Packet[], count: number): number;
  /**
   * On a link whose addresses another stack has too (raw sockets): makes a local port ours until the function returned
   * is called, which may be called again for nothing. Claims of one port add up. Until there is one, nothing sent to
   * the port is received here. An unspecified address means all the link has of its family; one it has not, none.
   * A host claims what it binds, and lets go when the binding is over.
   * @param protocol IP protocol number
   * @throws SocketError EADDRINUSE where the other stack uses the port
   */
  readonly claim?: PortClaim | undefined;
  /** Idempotent. Nothing is delivered after it. */
  close(): void;
}

export function newLinkStats(): LinkStats {
  return { receivedPackets: 0, receivedBytes: 0, sentPackets: 0, sentBytes: 0, dropped: 0 };
}
