/** Neighbor Discovery messages on their way out: always hop limit 255, never heard by ourselves (RFC 4861, section 4). */
import type { Address } from "../../base/address.ts";
import { checksumPartial } from "../../base/packet.ts";
import { emitNd, type NdMessage, ndLength } from "../../wire/icmp/nd.ts";
import { protocols } from "../../wire/protocols.ts";
import type { Core } from "../core.ts";
import type { CounterName } from "../counters.ts";
import type { Output } from "../ip/ip-output.ts";
import type { SendOptions } from "../transport.ts";
import type { NetworkInterface } from "./network-interface.ts";

const options: SendOptions = {
  protocol: protocols.icmpv6,
  hopLimit: 255,
  trafficClass: 0,
  dontFragment: true,
  flowLabel: 0,
  multicastLoop: false,
};

const counterOf: Record<NdMessage["kind"], CounterName> = {
  "router-solicitation": "Icmp6OutRouterSolicits",
  "router-advertisement": "Icmp6OutRouterAdvertisements",
  "neighbor-solicitation": "Icmp6OutNeighborSolicits",
  "neighbor-advertisement": "Icmp6OutNeighborAdvertisements",
  redirect: "Icmp6OutRedirects",
};

export function sendNd(
  core: Core,
  output: Output,
  by: NetworkInterface,
  message: NdMessage,
  source: Address,
  destination: Address,
): void {
  const packet = core.pool.allocate(ndLength(message));
  emitNd(message, packet.bytes, packet.start);
  packet.checksum = checksumPartial;
  packet.checksumOffset = 2;
  core.counters.Icmp6OutMsgs++;
  core.counters[counterOf[message.kind]]++;
  output.send(packet, output.routing.direct(destination, source, by), options);
}
