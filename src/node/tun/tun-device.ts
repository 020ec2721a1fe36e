/** Opening /dev/net/tun: the descriptor, what it can do, and what it means when it cannot be had. */
import { type Native, nativeError } from "../native.ts";
import {
  closeOnExec,
  intArgument,
  interfaceFlagsRequest,
  nonBlocking,
  readWrite,
  requestName,
  tunChecksum,
  tunModeTun,
  tunNoPacketInformation,
  tunSetInterface,
  tunSetOffload,
  tunSetVirtioHeaderSize,
  tunSetVirtioLittleEndian,
  tunTso4,
  tunTso6,
  tunUso4,
  tunUso6,
  tunVirtioHeader,
} from "../structs.ts";
import { LinkUnavailableError } from "../unavailable.ts";
import { virtioHeaderLength } from "./virtio.ts";

export interface TunDevice {
  readonly fd: number;
  readonly name: string;
  /** The tunSetOffload bits that the kernel took. */
  readonly offload: number;
}

const devicePath = "/dev/net/tun";

/** What is asked for, best first: UDP segments came with Linux 6.2. */
const offloads = [
  tunChecksum | tunTso4 | tunTso6 | tunUso4 | tunUso6,
  tunChecksum | tunTso4 | tunTso6,
  tunChecksum,
  0,
] as const;

/** A TUN interface that is new, or persistent and free. @throws LinkUnavailableError */
export function openTunDevice(native: Native, name: string, header: "virtio" | "none"): TunDevice {
  const flags = tunModeTun | tunNoPacketInformation | (header === "virtio" ? tunVirtioHeader : 0);
  const request = interfaceFlagsRequest(name, flags);
  const fd = native.open(devicePath, readWrite | nonBlocking | closeOnExec);
  if (fd < 0) throw deviceUnavailable(native.errnoName());
  if (native.ioctl(fd, tunSetInterface, request) < 0) {
    const error = interfaceUnavailable(native.errnoName(), name);
    native.close(fd);
    throw error;
  }
  try {
    if (header === "virtio") fixVirtioHeader(native, fd);
    return { fd, name: requestName(request), offload: setOffload(native, fd, header) };
  } catch (error) {
    native.close(fd);
    throw error;
  }
}

/** A persistent device remembers what its last user chose. */
function fixVirtioHeader(native: Native, fd: number): void {
  if (native.ioctl(fd, tunSetVirtioHeaderSize, intArgument(virtioHeaderLength)) < 0)
    throw nativeError(native, "TUNSETVNETHDRSZ");
  native.ioctl(fd, tunSetVirtioLittleEndian, intArgument(1));
}

/** Always sets it, 0 too: offloads survive on a persistent device, and would hand us packets with half a checksum. */
function setOffload(native: Native, fd: number, header: "virtio" | "none"): number {
  for (const wanted of header === "virtio" ? offloads : [0])
    if (native.ioctlValue(fd, tunSetOffload, wanted) >= 0) return wanted;
  throw nativeError(native, "TUNSETOFFLOAD");
}

/** What a failed open of the device file means. */
export function deviceUnavailable(code: string): LinkUnavailableError {
  if (code === "ENOENT" || code === "ENODEV" || code === "ENXIO")
    return new LinkUnavailableError(
      `there is no ${devicePath} (${code})`,
      "load the module: modprobe tun; in a container start it with --device /dev/net/tun --cap-add NET_ADMIN",
      code,
    );
  if (code === "EACCES" || code === "EPERM")
    return new LinkUnavailableError(
      `${devicePath} may not be opened (${code})`,
      `run as root, or let users open it: sudo chmod 0666 ${devicePath}`,
      code,
    );
  return new LinkUnavailableError(`${devicePath} does not open (${code})`, "see dmesg", code);
}

/** What a failed attachment to an interface means. */
export function interfaceUnavailable(code: string, name: string): LinkUnavailableError {
  if (code === "EPERM")
    return new LinkUnavailableError(
      "a TUN interface needs the right CAP_NET_ADMIN (EPERM)",
      `run with sudo or under "unshare -Urn", or make the interface once: ` +
        `sudo ip tuntap add dev ${name === "" || name.includes("%") ? "hm0" : name} mode tun user $USER`,
      code,
    );
  if (code === "EBUSY")
    return new LinkUnavailableError(
      `the interface ${name} is in use by another program (EBUSY)`,
      "choose another name, or stop that program",
      code,
    );
  if (code === "EINVAL")
    return new LinkUnavailableError(
      `${name || "the interface"} is no TUN interface that can be opened so (EINVAL)`,
      "choose another name, or make it with: ip tuntap add mode tun",
      code,
    );
  return new LinkUnavailableError(`the TUN interface ${name} cannot be had (${code})`, "see dmesg", code);
}
