/**
 * Linux's secure_ipv4_port_ephemeral and secure_ipv6_port_ephemeral (net/core/secure_seq.c): SipHash-2-4 over the bytes as a
 * little-endian machine has them in memory. The answers for the last destinations are kept: asking again costs a comparison.
 */
import { type Address, isV4, sameAddress, writeAddressV6 } from "../../../base/address.ts";
import { type Hash64, siphash4, siphash24, sipKey } from "../../../base/hash/siphash.ts";

export type PortHash = (local: Address, remote: Address, remotePort: number, timeSeed: number) => Hash64;

interface Known extends Hash64 {
  readonly local: Address;
  readonly remote: Address;
  readonly remotePort: number;
  readonly timeSeed: number;
}

const memory = 256;

/** `keyBytes`: 16 of them, net_secret. */
export function portHash(keyBytes: Uint8Array): PortHash {
  const key = sipKey(keyBytes);
  const known: (Known | undefined)[] = new Array(memory).fill(undefined);
  const message = new Uint8Array(38);
  return (local, remote, remotePort, timeSeed) => {
    const slot = (Math.imul(remote.w3, 0x9e3779b1) >>> 24) ^ (remotePort & (memory - 1));
    const last = known[slot];
    if (
      last !== undefined &&
      last.timeSeed === timeSeed &&
      last.remotePort === remotePort &&
      sameAddress(last.remote, remote) &&
      sameAddress(last.local, local)
    )
      return last;
    const port = ((remotePort & 255) << 8) | (remotePort >>> 8);
    let hash: Hash64;
    if (isV4(remote)) hash = siphash4(key, swapped(local.w3), swapped(remote.w3), port, timeSeed);
    else {
      writeAddressV6(local, message, 0);
      writeAddressV6(remote, message, 16);
      for (let i = 0; i < 4; i++) message[32 + i] = timeSeed >>> (8 * i);
      message[36] = port;
      message[37] = port >>> 8;
      hash = siphash24(key, message);
    }
    const answer = { high: hash.high, low: hash.low, local, remote, remotePort, timeSeed };
    known[slot] = answer;
    return answer;
  };
}

/** A word's bytes the other way round: network order as a little-endian load sees it. */
export function swapped(word: number): number {
  return (word << 24) | ((word << 8) & 0xff0000) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
