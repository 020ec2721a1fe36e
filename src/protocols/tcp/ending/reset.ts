/** The reset that answers a segment nobody wants (RFC 9293, sections 3.5.2 and 3.10.7.1). */
import { type TcpSegment, tcpFlags } from "../../../wire/tcp.ts";
import { emptySegment } from "../sending/segments.ts";
import type { OutgoingSegment } from "../world.ts";

const { FIN, SYN, RST, ACK } = tcpFlags;

/**
 * <SEQ=SEG.ACK><CTL=RST>, or <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> where the segment has no ACK. The ports are the
 * caller's to fill in.
 * @returns undefined for a reset, which nobody answers.
 */
export function resetFor(segment: TcpSegment): OutgoingSegment | undefined {
  const { flags } = segment;
  if ((flags & RST) !== 0) return undefined;
  const reset = emptySegment();
  reset.flags = RST;
  if ((flags & ACK) !== 0) {
    reset.sequence = segment.acknowledgment;
    return reset;
  }
  const length =
    segment.payloadEnd - segment.payloadStart + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
  reset.flags = RST | ACK;
  reset.acknowledgment = (segment.sequence + length) | 0;
  return reset;
}
