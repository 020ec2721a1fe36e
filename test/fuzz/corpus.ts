/** Well-formed packets to make mutants of: those of test/wire/samples.ts, and what two busy hosts say to each other. */
import {
  address,
  readAddressV4,
  readAddressV6,
  writeAddressV4,
  writeAddressV6,
} from "../../src/base/address.ts";
import { copyBytes, putU16 } from "../../src/base/bytes.ts";
import { fromHex } from "../../src/base/text.ts";
import { checksumOffset, fillTransportChecksum } from "../../src/wire/checksums.ts";
import { fillIpv4Checksum } from "../../src/wire/ip/ipv4.ts";
import { etherTypes } from "../../src/wire/link/ethernet.ts";
import { samples } from "../wire/samples.ts";
import { Busy } from "./busy.ts";
import { isFragment, layoutOf, transportEnd } from "./layout.ts";

type Medium = "ip" | "ethernet";

/** The samples of a medium, as they are. */
function samplesOf(medium: Medium): Uint8Array[] {
  return Object.entries(samples)
    .filter(([name]) => /^(arp|vlan)/.test(name) === (medium === "ethernet"))
    .map(([, hex]) => fromHex(hex));
}

/** The samples as host `a` of busy.ts may get them: to its addresses, and framed where the medium wants it. */
export function samplesTo(medium: Medium, home: { v4: string; v6: string; mac: string }): Uint8Array[] {
  const packets = samplesOf("ip").map((packet) => addressed(packet, home));
  if (medium === "ip") return packets;
  const mac = fromHex(home.mac.replaceAll(":", ""));
  return [...samplesOf("ethernet"), ...packets.map((packet) => framed(packet, mac))];
}

/** A packet to the host, or to every node where it was to a group, with checksums that fit. */
function addressed(packet: Uint8Array, { v4, v6 }: { v4: string; v6: string }): Uint8Array {
  const bytes = packet.slice();
  const layout = layoutOf(bytes, bytes.length, "ip");
  const { family, transport, protocol } = layout;
  const at = family === 4 ? 16 : 24;
  const group = family === 4 ? bytes[at]! >>> 4 === 14 : bytes[at] === 0xff;
  if (family === 4) writeAddressV4(address(group ? "224.0.0.1" : v4), bytes, at);
  else writeAddressV6(address(group ? "ff02::1" : v6), bytes, at);
  if (family === 4) fillIpv4Checksum(bytes, 0);
  const end = transportEnd(bytes, bytes.length, layout);
  const field = checksumOffset(protocol);
  if (field < 0 || isFragment(bytes, layout) || transport + field + 2 > end) return bytes;
  const source = family === 4 ? readAddressV4(bytes, 12) : readAddressV6(bytes, 8);
  const destination = family === 4 ? readAddressV4(bytes, 16) : readAddressV6(bytes, 24);
  fillTransportChecksum(protocol, source, destination, bytes, transport, end);
  return bytes;
}

function framed(packet: Uint8Array, mac: Uint8Array): Uint8Array {
  const frame = new Uint8Array(14 + packet.length);
  frame.set(mac, 0);
  frame.set([2, 0, 0, 0, 0, 9], 6);
  putU16(frame, 12, packet[0]! >>> 4 === 4 ? etherTypes.ipv4 : etherTypes.ipv6);
  copyBytes(packet, 0, packet.length, frame, 14);
  return frame;
}

/** Steps of the busy network that is listened to. */
const steps = 400;

/** Samples and overheard packets of a medium; of those alike in what and how long they are, one. */
export function corpus(medium: Medium): Uint8Array[] {
  const busy = new Busy("corpus", { medium });
  const kept = new Map<string, Uint8Array>();
  const keep = (packet: Uint8Array): void => {
    kept.set(likeness(packet, medium), packet);
  };
  busy.tap.onSent = ({ bytes, start, end }) => keep(bytes.slice(start, end));
  for (let i = 0; i < steps; i++) {
    busy.step();
    busy.tap.recent.forEach(keep);
  }
  busy.network.close();
  return [...samplesOf(medium), ...kept.values()];
}

function likeness(packet: Uint8Array, medium: Medium): string {
  const { family, transport, protocol } = layoutOf(packet, packet.length, medium);
  const flags = protocol === 6 ? packet[transport + 13] : packet[transport];
  return `${family} ${protocol} ${flags} ${packet.length >>> 5}`;
}
