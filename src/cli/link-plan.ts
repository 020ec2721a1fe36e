/** Which real link the options of a command come to, and which addresses are ours on it. */
import { type Address, familyOf, formatAddress, isLoopback, isV4 } from "../base/address.ts";
import { formatPrefix, type Prefix } from "../base/prefix.ts";
import { UsageError } from "./failure.ts";
import { kernelSource } from "./kernel-source.ts";
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

/** An address of the loopback network that nobody uses: a client there needs no other set-up. */
const loopbackClient = "127.7.7.7/8";

async function ownAddressTowards(remote: Address): Promise<string> {
  if (isV4(remote) && isLoopback(remote)) return loopbackClient;
  const source = await kernelSource(formatAddress(remote));
  return `${source}/${isV4(remote) ? 32 : 128}`;
}
