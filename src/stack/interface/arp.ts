/** ARP as a host takes part in it (RFC 826; RFC 1122, section 2.3.2; RFC 5227 for conflicts). */
import { type Address, isMulticast, isUnspecified, isV4, readAddressV4 } from "../../base/address.ts";
import type { Packet } from "../../base/packet.ts";
import { contains } from "../../base/prefix.ts";
import type { Instant } from "../../base/time/clock.ts";
import type { Neighbour } from "../../protocols/ip/neighbour.ts";
import { type ArpPacket, arpLength, arpOperations, emitArp, parseArp } from "../../wire/link/arp.ts";
import { etherTypes } from "../../wire/link/ethernet.ts";
import { broadcastMac, isGroupMac } from "../../wire/link/mac.ts";
import type { Core } from "../core.ts";
import type { EthernetLayer, Resolver } from "./ethernet-layer.ts";
import { inUse } from "./local-addresses.ts";
import type { NetworkInterface } from "./network-interface.ts";

/** DEFEND_INTERVAL (RFC 5227, section 1.1). */
const defendInterval = 10_000;

export class Arp implements Resolver {
  readonly #core: Core;
  readonly #layer: EthernetLayer;
  readonly #by: NetworkInterface;
  #defended: Instant = -Infinity;

  constructor(core: Core, layer: EthernetLayer, by: NetworkInterface) {
    this.#core = core;
    this.#layer = layer;
    this.#by = by;
  }

  receive(packet: Packet): void {
    const arp = parseArp(packet.bytes, packet.start, packet.end);
    const why = typeof arp === "string" ? arp : this.#arrived(arp);
    if (why !== undefined) this.#core.drop("arp", why, undefined, this.#by, packet);
  }

  solicit(neighbour: Neighbour, way: "multicast" | "unicast"): void {
    const senderAddress = this.#senderFor(neighbour);
    if (senderAddress === undefined) return;
    const destination = way === "unicast" ? neighbour.mac : broadcastMac;
    this.#send(arpOperations.request, senderAddress, 0, neighbour.address, destination);
  }

  /** RFC 5227, section 2.3: everybody who has an older entry updates it. */
  announce(own: Address): void {
    this.#send(arpOperations.request, own, 0, own, broadcastMac);
  }

  /** @returns why the packet was ignored, or undefined. */
  #arrived(arp: ArpPacket): string | undefined {
    const { operation, senderMac, senderAddress, targetAddress } = arp;
    if (senderMac === 0 || isGroupMac(senderMac)) return "bad-sender-mac";
    if (isMulticast(senderAddress) || this.#core.addresses.isBroadcast(senderAddress)) return "bad-sender";
    if (operation !== arpOperations.request && operation !== arpOperations.reply) return "unknown-operation";
    const forUs = this.#core.addresses.holder(targetAddress)?.loopback === false;
    const probe = isUnspecified(senderAddress);
    if (!probe && this.#core.isOurs(senderAddress)) return this.#conflict(senderAddress, senderMac);
    if (!probe) this.#learn(arp, forUs);
    if (operation === arpOperations.reply || !forUs) return undefined;
    this.#send(arpOperations.reply, targetAddress, senderMac, senderAddress, senderMac);
    return undefined;
  }

  /** RFC 826's merge flag: what is known is brought up to date; only who speaks to us is remembered anew. */
  #learn({ operation, senderMac: mac, senderAddress, targetMac }: ArpPacket, forUs: boolean): void {
    const table = this.#layer.neighboursV4;
    const answer = operation === arpOperations.reply && targetMac === this.#by.mac;
    const news = { mac, solicited: answer, override: true, router: undefined };
    const now = this.#core.now();
    if (forUs && operation === arpOperations.request) table.introduced(senderAddress, news, now);
    else table.advertised(senderAddress, news, now);
  }

  /** Somebody else has an address of ours: we defend it, but not against one who does the same (RFC 5227, 2.4 (b)). */
  #conflict(own: Address, mac: number): string {
    if (mac === this.#by.mac) return "own-packet";
    const now = this.#core.now();
    if (now - this.#defended >= defendInterval) {
      this.#defended = now;
      this.announce(own);
    }
    return "address-conflict";
  }

  /** As Linux does (arp_announce 0): the source of the packet that waits, else an address of ours on that network. */
  #senderFor({ waiting, address }: Neighbour): Address | undefined {
    const first = waiting[0];
    if (first !== undefined) {
      const source = readAddressV4(first.bytes, first.start + 12);
      if (this.#core.isOurs(source)) return source;
    }
    const own = this.#by.addresses.filter((entry) => isV4(entry.address) && inUse(entry));
    const near = own.find((entry) =>
      contains({ address: entry.address, length: entry.prefixLength }, address),
    );
    return (near ?? own[0])?.address;
  }

  #send(
    operation: number,
    senderAddress: Address,
    targetMac: number,
    targetAddress: Address,
    destination: number,
  ): void {
    const packet = this.#core.pool.allocate(arpLength);
    const arp = { operation, senderMac: this.#by.mac, senderAddress, targetMac, targetAddress };
    emitArp(arp, packet.bytes, packet.start);
    this.#layer.frame(packet, destination, etherTypes.arp);
  }
}
