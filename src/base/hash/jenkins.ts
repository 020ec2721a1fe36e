/** Bob Jenkins's one-at-a-time hash, as gVisor has it (pkg/tcpip/hash/jenkins): pieces go in, any number, then the end. */

/** The state after `bytes[start, end)`; the first state is the seed. */
export function jenkinsAdd(state: number, bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  for (let i = start; i < end; i++) state = jenkinsAddByte(state, bytes[i]!);
  return state;
}

/** The state after one byte more. */
export function jenkinsAddByte(state: number, byte: number): number {
  state = (state + byte) | 0;
  state = (state + (state << 10)) | 0;
  return state ^ (state >>> 6);
}

/** The hash of all that went in, int32. */
export function jenkinsEnd(state: number): number {
  state = (state + (state << 3)) | 0;
  state ^= state >>> 11;
  return (state + (state << 15)) | 0;
}
