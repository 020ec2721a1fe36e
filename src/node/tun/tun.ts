/**
 * A TUN interface as a link: whole IP packets exchanged with this machine's kernel, from Node's own event loop.
 *
 * With the virtio header (the default) the kernel hands over packets of up to 64 KiB that stand for many (TSO, USO) and
 * whose checksum it never computed, and takes such packets from us: worth 6 times the throughput on receive and
 * 30 times on send. A partial checksum on a received packet counts as verified: it never crossed a real wire.
 */
import { prefix } from "../../base/prefix.ts";
import type { Link } from "../../link/link.ts";
import { deviceMtu, setUpDevice } from "../device.ts";
import { loadNative } from "../native.ts";
import { LinkUnavailableError, requireLinux } from "../unavailable.ts";
import { openTunDevice } from "./tun-device.ts";
import { TunLink } from "./tun-link.ts";

export interface TunOptions {
  /** The interface, made if there is none; at most 15 bytes, `%d` is the first free number. Default: `tun%d`. */
  readonly name?: string | undefined;
  /** Bytes, 68 to 65,535; with IPv6 at least 1,280. Default: the interface's own, 1,500 if it is new. */
  readonly mtu?: number | undefined;
  /** `"none"` for plain packets without offloads. Default: `"virtio"`. */
  readonly header?: "virtio" | "none" | undefined;
  /** What the kernel's end of the link is called, `192.0.2.1/24` or `2001:db8::1/64`; it routes the prefix here. */
  readonly addresses?: readonly string[] | undefined;
  /** `"leave"` keeps a persistent interface as it is, which needs no rights. Default: `"up"`. */
  readonly state?: "up" | "leave" | undefined;
}

/** Instead of the kernel's 500, which a burst of small packets overruns while we are busy. */
const queueLength = 5000;

/**
 * Opens a TUN interface in the network namespace that the calling thread is in. It stays as long as the link, unless it
 * is persistent.
 * @throws LinkUnavailableError where the machine does not allow it, RangeError or TypeError for a wrong option
 */
export async function openTun(options: TunOptions = {}): Promise<Link> {
  const { name = "", mtu, header = "virtio", state = "up" } = options;
  const addresses = (options.addresses ?? []).map(prefix);
  if (mtu !== undefined && !(Number.isInteger(mtu) && mtu >= 68 && mtu <= 65_535))
    throw new RangeError(`mtu must be an integer from 68 to 65535, not ${mtu}`);
  requireLinux("a TUN link");
  const native = await loadNative();
  // From here on without a pause: the thread's network namespace may be another after one.
  const device = openTunDevice(native, name, header);
  try {
    setUpDevice(native, device.name, { mtu, queueLength, addresses, up: state === "up" });
    return new TunLink(native, device, header, deviceMtu(native, device.name));
  } catch (error) {
    native.close(device.fd);
    throw setUpFailed(error as NodeJS.ErrnoException, device.name);
  }
}

function setUpFailed(error: NodeJS.ErrnoException, name: string): Error {
  if (error.code !== "EPERM") return error;
  return new LinkUnavailableError(
    `the interface ${name} cannot be set up without the right CAP_NET_ADMIN (${error.message})`,
    `do it beforehand: sudo ip addr add ADDRESS dev ${name}; sudo ip link set ${name} up; and pass state "leave"`,
    error.code,
  );
}
