/** ICMP Redirects for IPv4: a better gateway for one destination (RFC 792; RFC 1122, section 3.2.2.2). */
import { type Address, isMulticast, isUnspecified, sameAddress } from "../../base/address.ts";
import { contains } from "../../base/prefix.ts";
import { parseIcmpv4 } from "../../wire/icmp/icmpv4.ts";
import { parseQuotedIpv4 } from "../../wire/icmp/quoted.ts";
import type { Core } from "../core.ts";
import type { Output } from "../ip/ip-output.ts";
import type { IpDatagram } from "../transport.ts";

/** As Linux does (net.ipv4.route.gc_timeout's order): a redirect is a hint, not a configuration. */
const lifetime = 600_000;

export class RedirectsV4 {
  readonly #core: Core;
  readonly #output: Output;

  constructor(core: Core, output: Output) {
    this.#core = core;
    this.#output = output;
  }

  /** @returns why the redirect was ignored, or undefined. */
  receive(datagram: IpDatagram): string | undefined {
    const message = parseIcmpv4(datagram.bytes, datagram.start, datagram.end);
    if (typeof message === "string") return message;
    if (message.kind !== "redirect") return "ignored-type";
    const quoted = parseQuotedIpv4(message.quoted, 0, message.quoted.length);
    if (typeof quoted === "string") return `quote-${quoted}`;
    if (datagram.cast !== "unicast" || !this.#core.isOurs(quoted.source)) return "quote-not-ours";
    const device = datagram.interface.index;
    if (!this.#mayBeGateway(message.gateway, device)) return "redirect-bad-gateway";
    const route = this.#output.route(quoted.destination, {});
    if (typeof route === "string" || route.cast !== "unicast" || route.interface.index !== device)
      return "redirect-no-route";
    // Only the gateway that is used may send packets elsewhere, and not to where they go anyway.
    if (!sameAddress(route.nextHop, datagram.source)) return "redirect-not-from-gateway";
    if (sameAddress(route.nextHop, message.gateway)) return "redirect-to-itself";
    this.#core.routes.add({
      prefix: { address: quoted.destination, length: 32 },
      device,
      via: message.gateway,
      metric: 0,
      source: undefined,
      origin: "redirect",
      expires: this.#core.now() + lifetime,
    });
    this.#core.scheduleRouteExpiry();
    return undefined;
  }

  /** On a network of the interface that the redirect came by, and nobody's broadcast, nor ours. */
  #mayBeGateway(gateway: Address, device: number): boolean {
    if (isMulticast(gateway) || isUnspecified(gateway)) return false;
    if (this.#core.isOurs(gateway) || this.#core.addresses.isBroadcast(gateway)) return false;
    const { addresses = [] } = this.#core.interfaceAt(device) ?? {};
    return addresses.some((entry) =>
      contains({ address: entry.address, length: entry.prefixLength }, gateway),
    );
  }
}
