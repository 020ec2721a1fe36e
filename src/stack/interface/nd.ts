/** Neighbor Discovery of one Ethernet interface: who has an address, and whether it is free (RFC 4861, RFC 4862). */
import {
  type Address,
  address,
  anyV6,
  isLinkLocal,
  isMulticast,
  isUnspecified,
  isV4,
  readAddressV6,
  sameAddress,
} from "../../base/address.ts";
import { DuplicateAddressDetection } from "../../protocols/ip/dad.ts";
import type { Neighbour } from "../../protocols/ip/neighbour.ts";
import { type NdMessage, type NdNeighborAdvertisement, parseNd } from "../../wire/icmp/nd.ts";
import type { NdOption } from "../../wire/icmp/nd-options.ts";
import type { IpDatagram } from "../transport.ts";
import { type Addressing, solicitedNode } from "./addressing.ts";
import type { EthernetLayer, EthernetParts, Resolver } from "./ethernet-layer.ts";
import type { InterfaceAddress } from "./interface.ts";
import { inUse } from "./local-addresses.ts";
import { sendNd } from "./nd-send.ts";
import type { NetworkInterface } from "./network-interface.ts";

/** What is not about neighbours: each says why it ignored the message, or undefined. */
export interface RouterMessages {
  advertisement(
    message: Extract<NdMessage, { kind: "router-advertisement" }>,
    from: Address,
  ): string | undefined;
  redirect(message: Extract<NdMessage, { kind: "redirect" }>, from: Address): string | undefined;
  /** A neighbour that was a router says that it is none (RFC 4861, section 7.2.5). */
  noRouter(neighbour: Address): void;
  /** How a trial of an address ended. */
  settled(entry: InterfaceAddress): void;
}

/** Nothing that came through a router has it (RFC 4861, section 6.1). */
const onLinkHopLimit = 255;
const allNodes = address("ff02::1");

export class Nd implements Resolver {
  readonly dad: DuplicateAddressDetection;
  readonly #parts: EthernetParts;
  readonly #addressing: Addressing;
  readonly #layer: EthernetLayer;
  readonly #by: NetworkInterface;
  readonly #routers: RouterMessages;

  constructor(
    parts: EthernetParts,
    addressing: Addressing,
    layer: EthernetLayer,
    by: NetworkInterface,
    routers: RouterMessages,
  ) {
    this.#parts = parts;
    this.#addressing = addressing;
    this.#layer = layer;
    this.#by = by;
    this.#routers = routers;
    const random = parts.core.random.fork(`duplicate addresses of ${by.name}`);
    this.dad = new DuplicateAddressDetection(parts.core.timers, random, {
      probe: (target, nonce) => this.#probe(target, nonce),
      unique: (target) => this.#settle(target, "preferred"),
      duplicate: (target) => this.#settle(target, "duplicate"),
    });
  }

  /** @returns why the message was ignored, or undefined. */
  receive(datagram: IpDatagram): string | undefined {
    if (datagram.hopLimit !== onLinkHopLimit) return "nd-from-afar";
    const message = parseNd(datagram.bytes, datagram.start, datagram.end);
    if (typeof message === "string") return `nd-${message}`;
    // Inside a host it would pass for an IPv4 address of ours.
    if ("target" in message && isV4(message.target)) return "nd-mapped-address";
    if (message.kind === "redirect" && isV4(message.destination)) return "nd-mapped-address";
    switch (message.kind) {
      case "neighbor-solicitation":
        return this.#solicited(datagram, message.target, message.options);
      case "neighbor-advertisement":
        return this.#advertised(datagram, message);
      case "router-advertisement": {
        const why = this.#routers.advertisement(message, datagram.source);
        if (why === undefined) this.#introduce(datagram.source, macIn(message.options, "source"), "router");
        return why;
      }
      case "redirect": {
        const why = this.#routers.redirect(message, datagram.source);
        const kind = sameAddress(message.target, message.destination) ? "unsaid" : "router";
        if (why === undefined) this.#introduce(message.target, macIn(message.options, "target"), kind);
        return why;
      }
      default:
        return "host-ignores-router-solicitation";
    }
  }

  /** Section 7.2.2: from the address of the packet that waits, so that the answer can go straight back. */
  solicit(neighbour: Neighbour, way: "multicast" | "unicast"): void {
    const source = this.#sourceFor(neighbour);
    if (source === undefined) return;
    const options: readonly NdOption[] = [{ kind: "source-link-layer", mac: this.#by.mac }];
    const target = neighbour.address;
    const destination = way === "unicast" ? target : solicitedNode(target);
    this.#send({ kind: "neighbor-solicitation", target, options }, source, destination);
  }

  close(): void {
    this.dad.clear();
  }

  /** Sections 7.1.1 and 7.2.3. */
  #solicited(
    { source, destination }: IpDatagram,
    target: Address,
    options: readonly NdOption[],
  ): string | undefined {
    const mac = macIn(options, "source");
    const trial = isUnspecified(source);
    if (trial && (mac !== undefined || !sameAddress(destination, solicitedNode(target))))
      return "nd-bad-trial";
    const entry = this.#by.addresses.find((one) => sameAddress(one.address, target));
    if (entry === undefined) return "nd-not-our-target";
    if (entry.state === "tentative") {
      if (trial) this.dad.heard(target, nonceIn(options));
      return undefined;
    }
    if (!inUse(entry)) return "nd-duplicate-target";
    if (!trial) this.#introduce(source, mac, "unsaid");
    this.#send(
      {
        kind: "neighbor-advertisement",
        router: false,
        solicited: !trial,
        override: true,
        target,
        options: [{ kind: "target-link-layer", mac: this.#by.mac }],
      },
      target,
      trial ? allNodes : source,
    );
    return undefined;
  }

  /** Sections 7.1.2 and 7.2.5. */
  #advertised(datagram: IpDatagram, message: NdNeighborAdvertisement): string | undefined {
    const { target, solicited, override, router, options } = message;
    if (isMulticast(datagram.destination) && solicited) return "nd-solicited-multicast";
    const own = this.#by.addresses.find((one) => sameAddress(one.address, target));
    if (own !== undefined) {
      if (own.state === "tentative") this.dad.heard(target, undefined);
      return own.state === "preferred" ? "address-conflict" : undefined;
    }
    const table = this.#layer.neighboursV6;
    const wasRouter = table.find(target)?.router === true;
    const mac = macIn(options, "target") ?? -1;
    table.advertised(target, { mac, solicited, override, router }, this.#parts.core.now());
    if (wasRouter && !router) this.#routers.noRouter(target);
    return undefined;
  }

  #introduce(neighbour: Address, mac: number | undefined, kind: "router" | "unsaid"): void {
    if (mac === undefined) return;
    const router = kind === "router" ? true : undefined;
    const news = { mac, solicited: false, override: true, router };
    this.#layer.neighboursV6.introduced(neighbour, news, this.#parts.core.now());
  }

  #probe(target: Address, nonce: Uint8Array): void {
    const options: readonly NdOption[] = [{ kind: "nonce", nonce }];
    this.#send({ kind: "neighbor-solicitation", target, options }, anyV6, solicitedNode(target));
  }

  #settle(target: Address, state: "preferred" | "duplicate"): void {
    const entry = this.#by.addresses.find((one) => sameAddress(one.address, target));
    if (entry === undefined || entry.state !== "tentative") return;
    this.#addressing.setState(this.#by, entry, state);
    this.#routers.settled(entry);
  }

  #sourceFor({ waiting }: Neighbour): Address | undefined {
    const own = this.#by.addresses.filter((entry) => entry.family === 6 && inUse(entry));
    const first = waiting[0];
    if (first !== undefined) {
      const source = readAddressV6(first.bytes, first.start + 8);
      if (own.some((entry) => sameAddress(entry.address, source))) return source;
    }
    return (own.find((entry) => isLinkLocal(entry.address)) ?? own[0])?.address;
  }

  #send(message: NdMessage, source: Address, destination: Address): void {
    const { core, output } = this.#parts;
    sendNd(core, output, this.#by, message, source, destination);
  }
}

function macIn(options: readonly NdOption[], whose: "source" | "target"): number | undefined {
  const kind = whose === "source" ? "source-link-layer" : "target-link-layer";
  for (const option of options) if (option.kind === kind) return option.mac;
  return undefined;
}

function nonceIn(options: readonly NdOption[]): Uint8Array | undefined {
  for (const option of options) if (option.kind === "nonce") return option.nonce;
  return undefined;
}
