/** What links this machine can give, and what to do about those it cannot. */
import { loopbackV4 } from "../base/address.ts";
import { loadNative, nativeError } from "./native.ts";
import { rawUnavailable } from "./raw/raw.ts";
import { openNativeRawSocket } from "./raw/raw-native.ts";
import { loadRawPackage, openPackageRawSocket } from "./raw/raw-package.ts";
import { afPacket, closeOnExec, sockDatagram } from "./structs.ts";
import { openTunDevice } from "./tun/tun-device.ts";
import { LinkUnavailableError, requireLinux } from "./unavailable.ts";

export interface LinkProbe {
  readonly ok: boolean;
  /** What was found. */
  readonly reason: string;
  /** What to do, where it is not ok; else "". */
  readonly hint: string;
}

export interface LinkProbes {
  /** {@link openTun} */
  readonly tun: LinkProbe;
  /** {@link openRaw}, through either package, with its port holder. */
  readonly raw: LinkProbe;
  /** Packet sockets (AF_PACKET): sniffing. No link uses them yet. */
  readonly packet: LinkProbe;
}

/**
 * Tries each kind of link for real and lets go at once: a TUN interface that never comes up, sockets that never read.
 * Never throws.
 */
export async function probeLinks(): Promise<LinkProbes> {
  const [tun, raw, packet] = await Promise.all([probe(tryTun), probe(tryRaw), probe(tryPacket)]);
  return { tun, raw, packet };
}

async function probe(attempt: () => Promise<string>): Promise<LinkProbe> {
  try {
    return { ok: true, reason: await attempt(), hint: "" };
  } catch (error) {
    if (error instanceof LinkUnavailableError) return { ok: false, reason: error.reason, hint: error.hint };
    return { ok: false, reason: (error as Error).message, hint: "please report it with this text" };
  }
}

async function tryTun(): Promise<string> {
  requireLinux("a TUN link");
  const native = await loadNative();
  const { fd, offload } = openTunDevice(native, "hmprobe%d", "virtio");
  native.close(fd);
  return `TUN interfaces can be made${offload > 1 ? ", with segmentation by the kernel" : ""}`;
}

async function tryRaw(): Promise<string> {
  requireLinux("a raw link");
  const native = await loadNative();
  const raw = await loadRawPackage().catch((error: LinkUnavailableError) => error);
  try {
    const [family, protocol] = [4, 253] as const; // RFC 3692: for experiments
    const socket =
      raw instanceof Error
        ? openNativeRawSocket(native, family, protocol, [loopbackV4])
        : openPackageRawSocket(raw, native, family, protocol, [loopbackV4]);
    socket.close();
  } catch (error) {
    throw rawUnavailable(error as NodeJS.ErrnoException);
  }
  return raw instanceof Error
    ? `raw sockets can be opened, through koffi; ${raw.reason}`
    : "raw sockets can be opened, through raw-socket";
}

async function tryPacket(): Promise<string> {
  requireLinux("a packet socket");
  const native = await loadNative();
  const fd = native.socket(afPacket, sockDatagram | closeOnExec, 0);
  if (fd < 0) throw rawUnavailable(nativeError(native, "socket"), "packet sockets");
  native.close(fd);
  return "packet sockets can be opened";
}
