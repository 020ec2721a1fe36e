/** Our own host as the device under test, on a virtual clock: a run takes no more time than its packets and calls. */
import { parseAddress } from "../../base/address.ts";
import { checksumUnknown, newPacket, type Packet } from "../../base/packet.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/time/virtual-clock.ts";
import {
  type Link,
  type LinkCapabilities,
  type LinkReceiver,
  type LinkStats,
  newLinkStats,
} from "../../link/link.ts";
import { plainCapabilities } from "../../link/pipe.ts";
import { PacketPool } from "../../link/pool.ts";
import { eachWirePacket } from "../../link/wire-packets.ts";
import { Host, type HostOptions } from "../../stack/host.ts";
import type { Socket, SocketDomain, SocketType } from "../../stack/socket.ts";
import type { RunOptions } from "../language/options.ts";
import type { Microseconds, Platform } from "../language/script/script.ts";
import type { CapturedPacket, LoggedPacket, VirtualDevice } from "./device.ts";

/** Beyond the network the stack is on: whatever it sends is captured, whatever the script sends arrives. */
class ScriptLink implements Link {
  readonly name = "tun0";
  readonly capabilities: LinkCapabilities;
  readonly stats: LinkStats = newLinkStats();
  /** Bursts are cut before they are seen. */
  cuts = false;
  readonly #pool = new PacketPool();
  readonly #capture: (bytes: Uint8Array) => void;
  #receiver: LinkReceiver | undefined;

  constructor(mtu: number, capture: (bytes: Uint8Array) => void) {
    this.capabilities = { ...plainCapabilities, mtu, partialChecksum: true, tcpSegmentation: true };
    this.#capture = capture;
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
  }

  send(packets: readonly Packet[], count: number): number {
    for (let index = 0; index < count; index++) {
      const packet = packets[index]!;
      if (!this.cuts) packet.segmentSize = 0;
      eachWirePacket(packet, "ip", this.#pool, ({ bytes, start, end }) =>
        this.#capture(bytes.slice(start, end)),
      );
    }
    return count;
  }

  deliver(bytes: Uint8Array): void {
    const packet = newPacket(bytes);
    packet.checksum = checksumUnknown;
    this.#receiver?.receive([packet], 1);
  }

  close(): void {
    this.#receiver = undefined;
  }
}

export interface HostDeviceSettings {
  readonly options: RunOptions;
  readonly seed: number | string;
  /** How ports are chosen, shared and held; Linux's way when left out. */
  readonly profile?: HostOptions["profile"];
}

export interface HostDevice extends VirtualDevice {
  readonly host: Host;
}

/**
 * A host with the local address of the options, and a route to everywhere through the script. As a kernel's TUN device
 * does, it takes bursts as one packet of up to 64 KiB.
 */
export function hostDevice(settings: HostDeviceSettings): HostDevice {
  const { options, seed, profile } = settings;
  const clock = new VirtualClock();
  const captured: CapturedPacket[] = [];
  const now = (): Microseconds => Math.round(clock.now() * 1000);
  const log: LoggedPacket[] = [];
  const counted = new Map<string, number>();
  const link = new ScriptLink(options.mtu, (bytes) => {
    captured.push({ time: now(), bytes });
    log.push({ time: now(), bytes, direction: "outbound" });
  });
  const host = new Host({ clock, random: seededRandom(seed), name: "dut", profile });
  const device = host.addInterface(link, {
    addresses: [`${options.localIp}/${prefixLength(options)}`],
    linkLocal: "none",
    routerDiscovery: false,
  });
  host.addRoute(options.ipVersion === "ipv6" ? "::/0" : "0.0.0.0/0", { interface: device });
  return {
    host,
    platform: "Linux" satisfies Platform,
    captured,
    log,
    now,
    inject: (packet) => {
      log.push({ time: now(), bytes: packet.slice(), direction: "inbound" });
      link.deliver(packet);
    },
    settle: () => {
      host.flush();
      clock.advanceTo(clock.now());
    },
    socket: (domain: SocketDomain, type: SocketType, protocol: number): Socket =>
      host.socket(domain, type, protocol),
    alarm: (time, ring) => {
      const alarm = clock.alarm(ring);
      alarm.set(time / 1000);
      return () => alarm.set(Number.POSITIVE_INFINITY);
    },
    sysctl: (name, value) => host.sysctl.set(name, value),
    report: (name) => (name === "nstat" ? nstat(host, counted) : host.proc.read(name)),
    offload: (segmentation) => {
      link.cuts = segmentation === "off";
    },
    close: () => host.close(),
    next: () => Math.ceil(clock.next() * 1000),
    advanceTo: (time) => {
      clock.advanceTo(time / 1000);
      host.flush();
    },
  };
}

/** Of a netmask, `255.255.0.0` or `/48`. */
function prefixLength(options: RunOptions): number {
  const { netmaskIp } = options;
  if (netmaskIp.startsWith("/")) return Number(netmaskIp.slice(1));
  const mask = parseAddress(netmaskIp);
  return mask === undefined ? 32 : 32 - hostBits(mask.w3);
}

/** Zero bits at the end of an IPv4 mask. */
function hostBits(mask: number): number {
  let bits = 0;
  while (bits < 32 && (mask & (1 << bits)) === 0) bits++;
  return bits;
}

/** As nstat(8) prints them: name, what was counted since it was last asked, and a rate of which there is none yet. */
function nstat({ counters }: Host, before: Map<string, number>): string {
  const lines = Object.entries(counters).flatMap(([name, value]) => {
    const since = value - (before.get(name) ?? 0);
    before.set(name, value);
    return since === 0 ? [] : [`${name.padEnd(32)}${String(since).padEnd(16)}${"0.0".padStart(6)}`];
  });
  return ["#kernel", ...lines].join("\n");
}
