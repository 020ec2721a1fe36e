/** A packet comes in by an interface: which IP it is, and from there on to ipv4-input.ts or ipv6-input.ts. */
import type { Packet } from "../../base/packet.ts";
import type { Core } from "../core.ts";
import type { NetworkInterface } from "../interface/network-interface.ts";
import type { Icmp } from "./icmp.ts";
import { Ipv4Input } from "./ipv4-input.ts";
import { Ipv6Input } from "./ipv6-input.ts";

/** How the frame that brought a packet was addressed. */
export type LinkCast = "unicast" | "group";

export class Input {
  readonly #core: Core;
  readonly v4: Ipv4Input;
  readonly v6: Ipv6Input;

  constructor(core: Core, icmp: Icmp) {
    this.#core = core;
    this.v4 = new Ipv4Input(core, icmp);
    this.v6 = new Ipv6Input(core, icmp);
  }

  /** An IP packet from a link that carries nothing else. */
  receive(packet: Packet, by: NetworkInterface): void {
    const version = packet.start < packet.end ? packet.bytes[packet.start]! >>> 4 : 0;
    if (version === 4) this.v4.receive(packet, by, "unicast");
    else if (version === 6) this.v6.receive(packet, by, "unicast");
    else this.#core.drop("ip", "bad-version", "IpInHdrErrors", by, packet);
  }
}
