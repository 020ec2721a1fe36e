/** Which real link the options of a command come to, and which addresses are ours on it. */
import { type Address, familyOf, formatAddress, isV4 } from "../base/address.ts";
import { formatPrefix, type Prefix } from "../base/prefix.ts";
import { LinkUnavailableError } from "../node/index.ts";
import { UsageError } from "./failure.ts";
import { kernelSource, otherOwnAddress } from "./kernel-source.ts";
import type { LinkOptions } from "./link-options.ts";

/** A link that can be opened, and the addresses of our end. */
export type LinkPlan =
  | {
      readonly kind: "tun";
      readonly name: string;
      readonly addresses: readonly string[];
      readonly peers: readonly string[];
    }
  | { readonly kind: "raw"; readonly addresses: readonly string[] };

/** What the options of a server come to: it must be told who it is. */
export function planServer(options: LinkOptions): LinkPlan {
  const { tun, raw, address = [] } = options;
  if (tun === undefined && raw === undefined)
    throw new UsageError("say which link to use: --tun NAME or --raw");
  if (address.length === 0) throw new UsageError("say which address is ours: --address CIDR");
  return planOf(options, address);
}

/** What the options of a client come to: without any, raw sockets under the address the kernel would use. */
export async function planClient(options: LinkOptions, remote: Address): Promise<LinkPlan> {
  const { tun, address = [], peer } = options;
  if (tun !== undefined && address.length === 0)
    throw new UsageError("with --tun say which address is ours: --address CIDR");
  if (tun === undefined && peer !== undefined) throw new UsageError("--peer belongs to --tun");
  if (address.length > 0) {
    if (!address.some((own) => familyOf(own.address) === familyOf(remote)))
      throw new UsageError(`${formatAddress(remote)} is IPv${familyOf(remote)}, and no --address of ours is`);
    return planOf(options, address);
  }
  return { kind: "raw", addresses: [await ownAddressTowards(remote)] };
}

function planOf({ tun, peer = [] }: LinkOptions, address: readonly Prefix[]): LinkPlan {
  const addresses = address.map(formatPrefix);
  if (tun !== undefined) return { kind: "tun", name: tun, addresses, peers: peer.map(formatPrefix) };
  if (peer.length > 0) throw new UsageError("--peer belongs to --tun");
  return { kind: "raw", addresses };
}

/** An address of the loopback network that nobody uses: a client of this machine's own servers needs no other set-up. */
const loopbackClient = "127.7.7.7/8";

/** What the kernel would send from; but what is sent from and to one address of this machine never leaves our host. */
async function ownAddressTowards(remote: Address): Promise<string> {
  const there = formatAddress(remote);
  const source = await kernelSource(there);
  if (isV4(remote)) return source === there || source === "127.0.0.1" ? loopbackClient : `${source}/32`;
  if (source !== there) return `${source}/128`;
  const other = otherOwnAddress(there);
  if (other !== undefined) return `${other}/128`;
  throw new LinkUnavailableError(
    `${there} is this machine's, and it has no second IPv6 address for us to share`,
    `give it one: sudo ip -6 addr add fd00::7/128 dev lo`,
  );
}
