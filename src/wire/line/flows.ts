/** Initial sequence numbers seen, so that lines can count from them as packetdrill scripts and tcpdump do. */
import { type Address, formatAddress } from "../../base/address.ts";
import { type TcpSegment, tcpFlags } from "../tcp.ts";

/** What is subtracted from the numbers of a segment. */
export interface SequenceBase {
  /** For SEG.SEQ. */
  own: number;
  /** For SEG.ACK and SACK edges. */
  peer: number;
}

/** Absolute numbers. */
export const absolute: SequenceBase = { own: 0, peer: 0 };

/** Directions of connections remembered; the longest known is forgotten first. */
const maximumDirections = 8192;

/** Remembers connections by what it is shown. Both initial sequence numbers count as 0, so that data starts at 1. */
export class LineFlows {
  /** Initial sequence number by who sends to whom. */
  readonly #initial = new Map<string, number>();

  /** The base for a segment on its way, which is taken note of. */
  baseOf(source: Address, destination: Address, segment: TcpSegment): SequenceBase {
    const there = keyOf(source, segment.sourcePort, destination, segment.destinationPort);
    const back = keyOf(destination, segment.destinationPort, source, segment.sourcePort);
    const reset = (segment.flags & tcpFlags.RST) !== 0;
    if ((segment.flags & tcpFlags.SYN) !== 0) {
      const before = this.#initial.get(there);
      if (before !== undefined && before !== segment.sequence) this.#initial.delete(back);
      this.#remember(there, segment.sequence);
    } else if (!reset && !this.#initial.has(there)) this.#remember(there, (segment.sequence - 1) | 0);
    const acknowledges = (segment.flags & tcpFlags.ACK) !== 0;
    if (acknowledges && !reset && !this.#initial.has(back))
      this.#remember(back, (segment.acknowledgment - 1) | 0);
    return { own: this.#initial.get(there) ?? 0, peer: this.#initial.get(back) ?? 0 };
  }

  /** The initial sequence number of whoever sent a packet that an ICMP error quotes, or 0. */
  initialOf(source: Address, sourcePort: number, destination: Address, destinationPort: number): number {
    return this.#initial.get(keyOf(source, sourcePort, destination, destinationPort)) ?? 0;
  }

  #remember(key: string, initial: number): void {
    this.#initial.set(key, initial);
    if (this.#initial.size <= maximumDirections) return;
    for (const oldest of this.#initial.keys()) {
      this.#initial.delete(oldest);
      return;
    }
  }
}

function keyOf(source: Address, sourcePort: number, destination: Address, destinationPort: number): string {
  return `${formatAddress(source)} ${sourcePort} ${formatAddress(destination)} ${destinationPort}`;
}
