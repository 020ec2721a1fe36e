/** A private network of the kernel with nothing in it but a TUN interface, behind which the script is. */
import { writeFileSync } from "node:fs";
import { parseAddress } from "../../../base/address.ts";
import { type Prefix, prefix } from "../../../base/prefix.ts";
import { setUpDevice } from "../../../node/device.ts";
import { bringUp, findInterface } from "../../../node/kernel-sockets/kernel-sockets-netlink.ts";
import { type Native, nativeError } from "../../../node/native.ts";
import { cloneNewNetwork, tunSetOffload } from "../../../node/structs.ts";
import type { SystemCalls } from "../../../node/system/calls.ts";
import { PacketTap } from "../../../node/system/packet-tap.ts";
import { openTunDevice } from "../../../node/tun/tun-device.ts";
import { LinkUnavailableError } from "../../../node/unavailable.ts";
import type { RunOptions } from "../../../packetdrill/language/options.ts";

export interface Machine {
  /** Of the TUN interface; whole packets behind a virtio header. */
  readonly tun: number;
  readonly tap: PacketTap;
  close(): void;
}

/** Scripts name it so. */
export const interfaceName = "tun0";

/** TUN_F_CSUM, TSO4, TSO6 and TSO_ECN, as the real tool asks for: bursts leave as one packet. */
const offloads = 0x0f;

/** Enters a new network namespace and sets it up. @throws LinkUnavailableError where this process may not */
export function openMachine(
  calls: SystemCalls,
  options: RunOptions,
  run: (command: string) => void,
): Machine {
  const { native } = calls;
  enterNamespace(native);
  bringUp(native, "lo");
  const { fd: tun } = openTunDevice(native, interfaceName, "virtio");
  try {
    if (native.ioctlValue(tun, tunSetOffload, offloads) < 0) throw nativeError(native, "TUNSETOFFLOAD");
    const addresses = [localPrefix(options)];
    setUpDevice(native, interfaceName, { mtu: options.mtu, queueLength: 1000, addresses, up: true });
    for (const command of routesOf(options, setKnobs())) run(command);
    const tap = new PacketTap(calls, findInterface(native, interfaceName)!);
    return {
      tun,
      tap,
      close: () => {
        tap.close();
        native.close(tun);
      },
    };
  } catch (error) {
    native.close(tun);
    throw error;
  }
}

function enterNamespace(native: Native): void {
  if (native.unshare(cloneNewNetwork) >= 0) return;
  const error = nativeError(native, "unshare");
  if (error.code !== "EPERM") throw error;
  throw new LinkUnavailableError(
    "a private network of the kernel needs the right CAP_SYS_ADMIN (EPERM)",
    'run with sudo, or under "unshare -Urn"',
    error.code,
  );
}

/** What a kernel has of itself, where a new namespace takes over what the machine was tuned to (net/ipv4/tcp.c). */
const knobs: Readonly<Record<string, string>> = {
  tcp_rmem: "4096 131072 6291456",
  tcp_wmem: "4096 16384 4194304",
};

/** @returns what has to be said of a route so that its connections have Linux's usual congestion control */
function setKnobs(): string {
  for (const [name, value] of Object.entries(knobs)) writeFileSync(`/proc/sys/net/ipv4/${name}`, value);
  try {
    writeFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "cubic");
    return "";
  } catch {
    // Only the first namespace may choose an algorithm that the machine does not let everyone have.
    return " congctl cubic";
  }
}

/** The local address with the length of the netmask, `255.255.0.0` or `/48`. */
function localPrefix({ localIp, netmaskIp }: RunOptions): Prefix {
  if (netmaskIp.startsWith("/")) return prefix(`${localIp}${netmaskIp}`);
  const mask = parseAddress(netmaskIp)?.w3 ?? -1;
  return prefix(`${localIp}/${Math.clz32(~mask)}`);
}

/**
 * The remote host's prefix is behind the gateway, which is behind the interface like everything else: where the kernel
 * does not take the gateway, a point-to-point link needs none.
 */
function routesOf({ ipVersion, remoteIp, gatewayIp, localIp }: RunOptions, congestion: string): string[] {
  const ip = ipVersion === "ipv6" ? "ip -6" : "ip";
  const remote = remoteIp.includes("/") ? prefixText(remoteIp) : remoteIp;
  const add = (way: string): string =>
    `${ip} route replace ${remote} ${way}dev ${interfaceName}${congestion}`;
  const first = gatewayIp === localIp ? add("") : `${add(`via ${gatewayIp} `)} 2>/dev/null || ${add("")}`;
  return [first, `${ip} route replace default dev ${interfaceName}${congestion}`];
}

/** ip(8) refuses a prefix with bits behind its length, unless it may cut them. */
function prefixText(text: string): string {
  const { address, length } = prefix(text);
  if (address.w0 === 0 && address.w1 === 0) {
    const bits = length === 0 ? 0 : address.w3 & (-1 << (32 - length));
    return `${[24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join(".")}/${length}`;
  }
  return length === 128 ? text : `${text.replace(/::.*$/, "")}::/${length}`;
}
