/** Which ports of shared addresses are ours: everything else is between the network and the machine's kernel. */
import { type Address, isUnspecified, isV4, sameAddress } from "../../base/address.ts";
import { i32, u16 } from "../../base/bytes.ts";

const tcp = 6;
const udp = 17;

interface Claims {
  readonly address: Address;
  /** How often each port is claimed; made on the first claim. */
  tcp: Uint32Array | undefined;
  udp: Uint32Array | undefined;
}

/** Counts claims by address and port, and says which packets they make ours. */
export class SharedPorts {
  readonly #claims: readonly Claims[];

  constructor(addresses: readonly Address[]) {
    this.#claims = addresses.map((address) => ({ address, tcp: undefined, udp: undefined }));
  }

  /** Our addresses that a local address means: itself, or for the unspecified one all of its family. */
  meant(address: Address): Address[] {
    const own = this.#claims.map((claims) => claims.address);
    if (!isUnspecified(address)) return own.filter((candidate) => sameAddress(candidate, address));
    return own.filter((candidate) => isV4(candidate) === isV4(address));
  }

  add(protocol: number, address: Address, port: number): void {
    const claims = this.#claims.find((candidate) => sameAddress(candidate.address, address));
    const counts = claims && tableOf(claims, protocol);
    if (counts !== undefined) counts[port]!++;
  }

  remove(protocol: number, address: Address, port: number): void {
    const claims = this.#claims.find((candidate) => sameAddress(candidate.address, address));
    const counts = claims && tableOf(claims, protocol);
    if (counts !== undefined) counts[port]!--;
  }

  /**
   * Whether the IP packet in `bytes[start, end)` is for us: to one of our addresses or to many, not from ourselves (on
   * the loopback interface we hear our own), and of TCP and UDP to a claimed port. ICMP is not asked for a port.
   */
  isOurs(bytes: Uint8Array, start: number, end: number): boolean {
    const v4 = bytes[start]! >>> 4 === 4;
    const header = v4 ? (bytes[start]! & 15) * 4 : 40;
    if (end - start < header + 4) return false;
    const protocol = v4 ? bytes[start + 9]! : bytes[start + 6]!;
    const toMany = v4 ? bytes[start + 16]! >= 0xe0 : bytes[start + 24] === 0xff;
    const port = u16(bytes, start + header + 2);
    let claimed = false;
    let addressed = toMany;
    for (const claims of this.#claims) {
      if (isV4(claims.address) !== v4) continue;
      if (hasAddress(bytes, v4 ? start + 12 : start + 8, claims.address, v4)) return false;
      if (!toMany && !hasAddress(bytes, v4 ? start + 16 : start + 24, claims.address, v4)) continue;
      addressed = true;
      const counts = protocol === tcp ? claims.tcp : protocol === udp ? claims.udp : undefined;
      if (counts !== undefined && counts[port]! > 0) claimed = true;
    }
    return addressed && (claimed || (protocol !== tcp && protocol !== udp));
  }
}

function tableOf(claims: Claims, protocol: number): Uint32Array | undefined {
  if (protocol === tcp) claims.tcp ??= new Uint32Array(65_536);
  else if (protocol === udp) claims.udp ??= new Uint32Array(65_536);
  else return undefined;
  return protocol === tcp ? claims.tcp : claims.udp;
}

function hasAddress(bytes: Uint8Array, at: number, address: Address, v4: boolean): boolean {
  if (v4) return i32(bytes, at) === address.w3;
  return (
    i32(bytes, at + 12) === address.w3 &&
    i32(bytes, at + 8) === address.w2 &&
    i32(bytes, at + 4) === address.w1 &&
    i32(bytes, at) === address.w0
  );
}
