/**
 * The keyed hashes F and G of RFC 6056, sections 3.3.3 and 3.3.4: an offset for each (local address, remote address, remote
 * port) that nobody without the key can foresee. The RFC leaves them open; this is SipHash-2-4.
 */
import { type Address, anyV6 } from "../../../base/address.ts";
import { type Hash64, type SipKey, siphashWords, sipKey } from "../../../base/hash/siphash.ts";
import type { Random } from "../../../base/random.ts";
import type { Wish } from "../../demultiplexer/flow.ts";

export type FlowHash = (wish: Wish) => Hash64;

export function flowHash(random: Random): FlowHash {
  const key: SipKey = sipKey(random.bytes(new Uint8Array(16)));
  const message = new Int32Array(9);
  return ({ local, remote, remotePort }) => {
    put(message, 0, local);
    put(message, 4, remote ?? anyV6);
    message[8] = remotePort;
    return siphashWords(key, message);
  };
}

function put(message: Int32Array, at: number, { w0, w1, w2, w3 }: Address): void {
  message[at] = w0;
  message[at + 1] = w1;
  message[at + 2] = w2;
  message[at + 3] = w3;
}
