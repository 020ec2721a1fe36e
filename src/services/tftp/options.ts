/** What a server agrees to: blksize (RFC 2348), timeout and tsize (RFC 2349). Others are left out of the OACK. */

export interface TftpTerms {
  /** Data bytes in a full block. */
  readonly blockSize: number;
  /** Fixed retransmission timeout in milliseconds, where the client asked for one. */
  readonly timeout: number | undefined;
  /** What was agreed, for the OACK; empty: none is sent. */
  readonly agreed: ReadonlyMap<string, string>;
}

const defaultBlockSize = 512;
const smallestBlockSize = 8;
/** RFC 2348's largest: what fits a UDP datagram over IPv4. */
export const largestBlockSize = 65_464;

/** @param size Bytes the transfer will carry, where that is known. */
export function agree(
  asked: ReadonlyMap<string, string>,
  size: number | undefined,
  mostBlockSize: number,
): TftpTerms {
  const agreed = new Map<string, string>();
  let blockSize = defaultBlockSize;
  let timeout: number | undefined;
  for (const [name, text] of asked) {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
    if (
      name === "blksize" &&
      value !== undefined &&
      value >= smallestBlockSize &&
      value <= largestBlockSize
    ) {
      blockSize = Math.min(value, mostBlockSize);
      agreed.set(name, String(blockSize));
    } else if (name === "timeout" && value !== undefined && value >= 1 && value <= 255) {
      timeout = value * 1000;
      agreed.set(name, String(value));
    } else if (name === "tsize" && value !== undefined && size !== undefined) {
      agreed.set(name, String(size));
    }
  }
  return { blockSize, timeout, agreed };
}
