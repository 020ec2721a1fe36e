/** An interface as IP itself sees it: the link, its queue, its addresses and groups, and what runs below IP on it. */
import type { Packet } from "../../base/packet.ts";
import type { Link } from "../../link/link.ts";
import type { Neighbour } from "../../protocols/ip/neighbour.ts";
import type { HostRoute } from "../host-route.ts";
import { OutputQueue } from "../ip/output-queue.ts";
import type { PacketPool } from "../packet-pool.ts";
import type { Autoconfiguration } from "./autoconfiguration.ts";
import { Groups } from "./groups.ts";
import type { Interface, InterfaceAddress } from "./interface.ts";
import type { Membership } from "./membership.ts";

/** What stands between IP and a link whose frames are not bare IP packets. */
export interface LinkLayer {
  /** Frames an IP packet and queues it, at once or when the neighbour is found. @returns false: no room, it was dropped. */
  send(packet: Packet, route: HostRoute): boolean;
  /** A frame arrived. */
  receive(packet: Packet): void;
  /** The neighbour was seen to answer (RFC 4861, section 7.3.1). */
  confirm(neighbour: Neighbour): void;
  /** Everybody who is known on the link. */
  neighbours(): Iterable<Neighbour>;
  close(): void;
}

/** No Ethernet address: the link has none. */
export const noMac = -1;

const defaultHopLimit = 64;
/** CONFIG_NR_CPUS is at most 8192, arch/x86/Kconfig. */
const mostCpu = 8191;

export class NetworkInterface implements Interface {
  readonly index: number;
  readonly name: string;
  readonly link: Link;
  readonly loopback: boolean;
  /** 48 bits, or {@link noMac}. */
  readonly mac: number;
  readonly addresses: InterfaceAddress[] = [];
  readonly queue: OutputQueue;
  readonly groups: Groups;
  /** Undefined: the link carries bare IP packets, and there is nobody to find or to ask. */
  linkLayer: LinkLayer | undefined;
  autoconfiguration: Autoconfiguration | undefined;
  /** Undefined on the loopback: there is no router to tell. */
  membership: Membership | undefined;
  mtu: number;
  /** What routers advertised, or `mtu` (RFC 4861, section 6.3.4). */
  mtuV6: number;
  /** Cur Hop Limit (RFC 4861, section 6.3.4). */
  hopLimit: number = defaultHopLimit;
  #cpu = 0;

  constructor(
    { index, name, link, mac, mtu }: { index: number; name: string; link: Link; mac: number; mtu: number },
    pool: PacketPool,
    seed: number,
    onReady: () => void,
  ) {
    this.index = index;
    this.name = name;
    this.link = link;
    this.loopback = index === loopbackIndex;
    this.mac = mac;
    this.mtu = mtu;
    this.mtuV6 = mtu;
    this.queue = new OutputQueue(link, pool, onReady);
    this.groups = new Groups(seed);
  }

  get cpu(): number {
    return this.#cpu;
  }

  set cpu(cpu: number) {
    checkCpu(cpu);
    this.#cpu = cpu;
  }
}

/** @throws RangeError */
export function checkCpu(cpu: number): void {
  if (!Number.isInteger(cpu) || cpu < 0 || cpu > mostCpu)
    throw new RangeError(`a cpu is from 0 to ${mostCpu}, not ${cpu}`);
}

/** The loopback interface is always the first, and always there. */
export const loopbackIndex = 1;
