/**
 * The ECN codepoint of a reassembled datagram (RFC 3168, section 5.3): congestion marked on one fragment is marked on
 * the whole, and a mixture that no honest path makes is dropped. The table is Linux's (`ip_frag_ecn_table`).
 */

const notEct = 1 << 0;
const ect1 = 1 << 1;
const ect0 = 1 << 2;
const ce = 1 << 3;

/**
 * @param seen a bit (1 << codepoint) for each codepoint some fragment carried.
 * @returns the two ECN bits of the whole, or undefined where it must be dropped.
 */
export function mixEcn(seen: number): number | undefined {
  if ((seen & ce) !== 0) return (seen & notEct) !== 0 ? undefined : 3;
  if ((seen & notEct) !== 0) return (seen & (ect0 | ect1)) !== 0 ? undefined : 0;
  return (seen & ect0) !== 0 ? 2 : 1;
}
