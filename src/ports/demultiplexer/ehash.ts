/** Linux's hash of a four-tuple (inet_ehashfn of Linux 6.15 and later, net/ipv4/inet_hashtables.c; inet6_ehashfn). */
import { type Address, isV4 } from "../../base/address.ts";
import { jhash3 } from "../../base/hash/jhash.ts";
import { swapped } from "../selection/linux/hash.ts";

export function linuxEhash(
  secret: number,
  local: Address,
  localPort: number,
  remote: Address,
  remotePort: number,
): number {
  const port = ((remotePort & 255) << 8) | (remotePort >>> 8);
  const far = isV4(remote) ? swapped(remote.w3) : v6Hash(remote, secret);
  return (localPort + jhash3(swapped(local.w3), far, port, secret)) | 0;
}

/** __ipv6_addr_jhash. */
function v6Hash({ w0, w1, w2, w3 }: Address, secret: number): number {
  return jhash3(swapped(w0 ^ w1), swapped(w2), swapped(w3), secret);
}
