/** Opening a raw link: addresses and MTU looked at, sockets made, through whichever package there is. */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import {
  type Address,
  address,
  type Family,
  familyOf,
  formatAddress,
  isLinkLocal,
  isMulticast,
  isUnspecified,
  sameAddress,
} from "../../base/address.ts";
import { contains, parsePrefix } from "../../base/prefix.ts";
import type { Link } from "../../link/link.ts";
import { deviceMtu } from "../device.ts";
import { openPortHolder } from "../holder.ts";
import { loadNative, type Native } from "../native.ts";
import { LinkUnavailableError, requireLinux } from "../unavailable.ts";
import { RawLink } from "./raw-link.ts";
import { openNativeRawSocket } from "./raw-native.ts";
import { loadRawPackage, openPackageRawSocket, type RawPackage } from "./raw-package.ts";
import type { RawSocket } from "./raw-socket.ts";

export interface RawOptions {
  /** Addresses of this machine, shared with its kernel: `127.7.7.7`, `::1`, or what an interface has. */
  readonly addresses: readonly string[];
  /** IP protocol numbers. Default: ICMP (1, 58), TCP (6), UDP (17) and SCTP (132). */
  readonly protocols?: readonly number[] | undefined;
  /** Bytes. Default: the least of the interfaces that have the addresses; 65,535 on the loopback interface. */
  readonly mtu?: number | undefined;
  /**
   * Which package makes the sockets. Default: raw-socket for IPv4 and koffi for IPv6, of which raw-socket hides the
   * header; either for both where the other is missing.
   */
  readonly sockets?: "raw-socket" | "koffi" | undefined;
  /** `"none"` where something else, as a firewall rule, keeps the kernel from answering. Default: `"kernel"`. */
  readonly holder?: "kernel" | "none" | undefined;
}

const icmp = 1;
const icmpv6 = 58;
const defaultProtocols = [icmp, 6, 17, icmpv6, 132] as const;

/**
 * Opens a link of raw sockets under addresses of the network namespace that the calling thread is in.
 * @throws LinkUnavailableError where the machine does not allow it, RangeError or TypeError for a wrong option,
 *   SocketError EADDRNOTAVAIL for an address that is not this machine's
 */
export async function openRaw(options: RawOptions): Promise<Link> {
  const addresses = options.addresses.map(address);
  checkOptions(options, addresses);
  requireLinux("a raw link");
  const packages = await loadPackages(options);
  const holder = options.holder === "none" ? undefined : await openPortHolder();
  // From here on without a pause: the thread's network namespace may be another after one.
  const sockets: RawSocket[] = [];
  try {
    // The kernel lets nobody bind what it does not own.
    for (const own of addresses) holder?.hold(17, own, 0)();
    for (const [family, protocol] of wantedSockets(options, addresses)) {
      const own = addresses.filter((candidate) => familyOf(candidate) === family);
      sockets.push(openSocket(packages, family, protocol, own));
    }
    const mtu = options.mtu ?? sharedMtu(packages.native, addresses);
    return new RawLink({ addresses, mtu, sockets, holder });
  } catch (error) {
    for (const socket of sockets) socket.close();
    holder?.close();
    throw rawUnavailable(error as NodeJS.ErrnoException);
  }
}

function checkOptions({ protocols = [], mtu, sockets }: RawOptions, addresses: readonly Address[]): void {
  if (addresses.length === 0) throw new RangeError("a raw link needs at least one address of this machine");
  for (const own of addresses)
    if (isUnspecified(own) || isMulticast(own) || isLinkLocal(own))
      throw new RangeError(`a raw link cannot share ${formatAddress(own)}: name a unicast, routable address`);
  for (const protocol of protocols)
    if (!(Number.isInteger(protocol) && protocol >= 1 && protocol <= 254))
      throw new RangeError(`an IP protocol number is 1 to 254, not ${protocol}`);
  if (mtu !== undefined && !(Number.isInteger(mtu) && mtu >= 68 && mtu <= 65_535))
    throw new RangeError(`mtu must be an integer from 68 to 65535, not ${mtu}`);
  if (sockets === "raw-socket" && addresses.filter((own) => familyOf(own) === 6).length > 1)
    throw new RangeError(
      "raw-socket does not say which IPv6 address a packet was for: share only one, or use koffi",
    );
}

function wantedSockets(
  { protocols = defaultProtocols }: RawOptions,
  addresses: readonly Address[],
): [Family, number][] {
  const families = ([4, 6] as const).filter((family) => addresses.some((own) => familyOf(own) === family));
  return families.flatMap((family) =>
    protocols
      .filter((protocol) => protocol !== (family === 4 ? icmpv6 : icmp))
      .map((protocol): [Family, number] => [family, protocol]),
  );
}

interface Packages {
  readonly native: Native | undefined;
  readonly raw: RawPackage | undefined;
  readonly wish: RawOptions["sockets"];
}

async function loadPackages({ sockets: wish, holder }: RawOptions): Promise<Packages> {
  const native = await loadNative().catch((error: LinkUnavailableError) => error);
  const raw =
    wish === "koffi" ? undefined : await loadRawPackage().catch((error: LinkUnavailableError) => error);
  if (native instanceof Error && (holder !== "none" || wish === "koffi")) throw native;
  if (raw instanceof Error && (wish === "raw-socket" || native instanceof Error)) throw raw;
  return {
    native: native instanceof Error ? undefined : native,
    raw: raw instanceof Error ? undefined : raw,
    wish,
  };
}

function openSocket(
  { native, raw, wish }: Packages,
  family: Family,
  protocol: number,
  own: Address[],
): RawSocket {
  const viaPackage = raw !== undefined && (family === 4 || native === undefined || wish === "raw-socket");
  if (!viaPackage) return openNativeRawSocket(native!, family, protocol, own);
  if (family === 6 && own.length > 1)
    throw new LinkUnavailableError(
      "without koffi only one IPv6 address can be shared",
      "run: npm install koffi@3.3.4",
    );
  return openPackageRawSocket(raw, native, family, protocol, own);
}

/** A missing right told as such; any other error as it is. */
export function rawUnavailable(error: NodeJS.ErrnoException, what = "raw sockets"): Error {
  if (error.code !== "EPERM" && error.code !== "EACCES") return error;
  return new LinkUnavailableError(
    `${what} need the right CAP_NET_RAW (${error.code})`,
    'run with sudo, or under "unshare -Urn", or give node the right: sudo setcap cap_net_raw+ep "$(which node)"',
    error.code,
  );
}

/** The least MTU of the interfaces the addresses are on; a longer packet would be refused as it is sent. */
function sharedMtu(native: Native | undefined, addresses: readonly Address[]): number {
  const names = new Set(addresses.map(interfaceOf).filter((name) => name !== undefined));
  const mtus = [...names].map((name) =>
    native === undefined
      ? Number(readFileSync(`/sys/class/net/${name}/mtu`, "latin1"))
      : deviceMtu(native, name),
  );
  return Math.min(65_535, ...(mtus.length > 0 ? mtus : [1500]));
}

/** The interface that has the address, or, as 127.7.7.7 is lo's, whose prefix holds it. */
function interfaceOf(own: Address): string | undefined {
  const prefixes = Object.entries(networkInterfaces()).flatMap(([name, infos = []]) =>
    infos.flatMap(({ cidr }) => {
      const prefix = cidr === null ? undefined : parsePrefix(cidr);
      return prefix === undefined ? [] : [{ name, prefix }];
    }),
  );
  const exact = prefixes.find(({ prefix }) => sameAddress(prefix.address, own));
  return (exact ?? prefixes.find(({ prefix }) => contains(prefix, own)))?.name;
}
