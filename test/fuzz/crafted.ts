/** Messages an attacker or a router would send into the traffic under way: they fit it, but for what they say. */
import {
  type Address,
  address,
  addressV4,
  addressV6,
  anyV4,
  anyV6,
  readAddressV4,
  readAddressV6,
} from "../../src/base/address.ts";
import { copyBytes, putU16, putU32 } from "../../src/base/bytes.ts";
import type { Random } from "../../src/base/random.ts";
import { fillTransportChecksum } from "../../src/wire/checksums.ts";
import type { NdOption } from "../../src/wire/icmp/nd-options.ts";
import { fillIpv4Checksum } from "../../src/wire/ip/ipv4.ts";
import { etherTypes } from "../../src/wire/link/ethernet.ts";
import { protocols } from "../../src/wire/protocols.ts";
import {
  forgeFragment,
  forgeFrame,
  forgeIcmpv4,
  forgeIcmpv6,
  forgeIgmp,
  forgeMld,
  forgeNd,
  forgeTcp,
  forgeUdp,
} from "../support/forge.ts";
import type { Wiretap } from "../support/wiretap.ts";
import { homes } from "./busy.ts";
import { layoutOf } from "./layout.ts";

const broadcast = 0xffff_ffff_ffff;
const macs = { a: 0x0200_0000_0001, b: 0x0200_0000_0002 };
/** Addresses as numbers: text is slow to read, and this is done by the million. */
const known = {
  a: { v4: address(homes.a.v4), v6: address(homes.a.v6) },
  b: { v4: address(homes.b.v4), v6: address(homes.b.v6) },
  router: address("fe80::1:2"),
  nodes: address("ff02::1"),
  hosts: address("224.0.0.1"),
  solicited: address("ff02::1:ff00:1"),
  linkLocal: address("fe80::ff:fe00:1"),
  group: { v4: address("239.1.2.3"), v6: address("ff05::1:3") },
};
const ours = [known.a.v6, known.b.v6, known.linkLocal];

function linkLocal(number: number): Address {
  return addressV6(0xfe80_0000, 0, 0, 0x1_0000 + number);
}
const numbers = [0, 1, 255, 576, 1279, 1280, 1400, 0xffff, 0xffff_ffff];

export class Crafter {
  readonly #tap: Wiretap;
  readonly #random: Random;

  constructor(tap: Wiretap, random: Random) {
    this.#tap = tap;
    this.#random = random;
  }

  /** A packet for host `a`, framed where the link wants it. */
  craft(): Uint8Array {
    const packet = this.#packet();
    if (this.#tap.capabilities.medium === "ip") return packet;
    if (this.#below(8) === 0) return this.#arp();
    const group =
      (packet[0]! >>> 4 === 4 ? packet[16]! >>> 4 === 14 : packet[24] === 0xff) || this.#below(20) === 0;
    const type = packet[0]! >>> 4 === 4 ? etherTypes.ipv4 : etherTypes.ipv6;
    return forgeFrame(this.#below(4) === 0 ? this.#mac() : macs.b, group ? broadcast : macs.a, type, packet);
  }

  #packet(): Uint8Array {
    switch (this.#below(10)) {
      case 0:
      case 1:
        return this.#icmpError();
      case 2:
        return this.#routerAdvertisement();
      case 3:
        return this.#neighbour();
      case 4:
        return this.#listenerQuery();
      case 5:
        return this.#fragment();
      case 6:
        return this.#redirect();
      case 7:
        return this.#syn();
      case 8:
        return this.#reopening();
      default:
        return this.#datagram();
    }
  }

  #below(bound: number): number {
    return this.#random.below(bound);
  }

  #number(): number {
    return this.#below(2) === 0 ? numbers[this.#below(numbers.length)]! : this.#random.uint32();
  }

  #mac(): number {
    return 0x0200_0000_0100 + this.#below(2000);
  }

  /** Somebody on the link, or beyond it. */
  #stranger(family: 4 | 6): Address {
    const n = this.#below(3000);
    const near = this.#below(3) > 0;
    if (family === 4) return addressV4(near ? 0x0a00_0003 + (n % 250) : 0xc000_0200 + (n & 255));
    return near ? addressV6(0xfd00_0000, 0, 0, n + 3) : addressV6(0x2001_0db8, 0, 0, n);
  }

  #family(): 4 | 6 {
    return this.#below(2) === 0 ? 4 : 6;
  }

  /** What the host has sent of late, without its frame; something harmless where there is nothing. */
  #sentPacket(family?: 4 | 6): Uint8Array {
    const { recentSent, capabilities } = this.#tap;
    for (let tries = 0; tries < 8 && recentSent.length > 0; tries++) {
      const packet = recentSent[this.#below(recentSent.length)]!;
      const { ip, family: found } = layoutOf(packet, packet.length, capabilities.medium);
      if (found !== 0 && (family === undefined || found === family)) return packet.slice(ip);
    }
    const own = family === 6 ? "v6" : "v4";
    const between = { source: known.a[own], destination: known.b[own] };
    return forgeUdp(between, { sourcePort: 1, destinationPort: 2 });
  }

  #icmpError(): Uint8Array {
    const packet = this.#sentPacket();
    const quoted = packet.subarray(0, this.#below(3) === 0 ? this.#below(packet.length + 1) : 520);
    const code = this.#below(4) === 0 ? this.#below(256) : this.#below(16);
    if (packet[0]! >>> 4 === 4) {
      const between = {
        source: this.#below(2) === 0 ? known.b.v4 : this.#stranger(4),
        destination: known.a.v4,
      };
      const mtu = this.#number() & 0xffff;
      const kinds = [
        { kind: "destination-unreachable", code, mtu, quoted },
        { kind: "destination-unreachable", code: 4, mtu, quoted },
        { kind: "time-exceeded", code, quoted },
        { kind: "parameter-problem", code, pointer: this.#below(256), quoted },
      ] as const;
      return forgeIcmpv4(between, kinds[this.#below(kinds.length)]!);
    }
    const between = {
      source: this.#below(2) === 0 ? known.b.v6 : this.#stranger(6),
      destination: known.a.v6,
    };
    const kinds = [
      { kind: "destination-unreachable", code, quoted },
      { kind: "packet-too-big", code: 0, mtu: this.#number(), quoted },
      { kind: "time-exceeded", code, quoted },
      { kind: "parameter-problem", code, pointer: this.#number(), quoted },
    ] as const;
    return forgeIcmpv6(between, kinds[this.#below(kinds.length)]!);
  }

  #routerAdvertisement(): Uint8Array {
    const options: NdOption[] = [];
    if (this.#below(2) === 0) options.push({ kind: "source-link-layer", mac: this.#mac() });
    if (this.#below(2) === 0) options.push({ kind: "mtu", mtu: this.#number() });
    for (let count = this.#below(3); count > 0; count--) options.push(this.#prefix());
    const from = this.#below(3) === 0 ? linkLocal(this.#below(600)) : known.router;
    return forgeNd(
      { source: from, destination: this.#below(4) === 0 ? known.a.v6 : known.nodes },
      {
        kind: "router-advertisement",
        hopLimit: this.#below(256),
        managed: false,
        otherConfiguration: false,
        preference: this.#below(4),
        lifetime: this.#below(4) === 0 ? 0 : this.#below(1 << 16),
        reachableTime: this.#number(),
        retransTimer: this.#number(),
        options,
      },
    );
  }

  #prefix(): NdOption {
    return {
      kind: "prefix-information",
      prefix: addressV6(0x2001_0db8, this.#below(600) << 16, 0, 0),
      prefixLength: this.#below(3) === 0 ? this.#below(256) : 64,
      onLink: this.#below(2) === 0,
      autonomous: this.#below(2) === 0,
      validLifetime: this.#number(),
      preferredLifetime: this.#number(),
    };
  }

  /** A solicitation or advertisement; on IP links they are nobody's business. */
  #neighbour(): Uint8Array {
    const target = this.#below(2) === 0 ? this.#stranger(6) : ours[this.#below(ours.length)]!;
    const source = this.#below(6) === 0 ? anyV6 : this.#stranger(6);
    const mac = this.#mac();
    if (this.#below(2) === 0) {
      const options: NdOption[] = this.#below(3) === 0 ? [] : [{ kind: "source-link-layer", mac }];
      const destination = this.#below(2) === 0 ? known.a.v6 : known.solicited;
      return forgeNd({ source, destination }, { kind: "neighbor-solicitation", target, options });
    }
    const [flag, other, third] = [0, 0, 0].map(() => this.#below(2) === 0) as [boolean, boolean, boolean];
    const options: NdOption[] = this.#below(3) === 0 ? [] : [{ kind: "target-link-layer", mac }];
    return forgeNd(
      { source, destination: this.#below(2) === 0 ? known.a.v6 : known.nodes },
      { kind: "neighbor-advertisement", router: flag, solicited: other, override: third, target, options },
    );
  }

  #listenerQuery(): Uint8Array {
    const maximumResponse = this.#below(256);
    if (this.#family() === 4) {
      const group = this.#below(2) === 0 ? anyV4 : known.group.v4;
      const between = {
        source: known.b.v4,
        destination: this.#below(2) === 0 ? known.hosts : known.group.v4,
      };
      if (this.#below(4) === 0) return forgeIgmp(between, { kind: "report", version: 2, group });
      return forgeIgmp(between, {
        kind: "query",
        version: this.#below(2) === 0 ? 1 : 2,
        maximumResponse,
        group,
      });
    }
    const group = this.#below(2) === 0 ? anyV6 : known.group.v6;
    const between = {
      source: known.router,
      destination: this.#below(2) === 0 ? known.nodes : known.group.v6,
    };
    if (this.#below(4) === 0) return forgeMld(between, { kind: "report", group });
    return forgeMld(between, { kind: "query", maximumResponse, group });
  }

  #fragment(): Uint8Array {
    const family = this.#family();
    const own = family === 4 ? "v4" : "v6";
    const between = {
      source: this.#below(2) === 0 ? known.b[own] : this.#stranger(family),
      destination: known.a[own],
    };
    const data = new Uint8Array(8 * this.#below(180) + (this.#below(4) === 0 ? this.#below(8) : 0)).fill(7);
    const at = {
      offset: 8 * (this.#below(3) === 0 ? this.#below(8192) : this.#below(20)),
      more: this.#below(3) > 0,
      identification: this.#below(200),
    };
    return forgeFragment(between, this.#below(2) === 0 ? protocols.udp : this.#below(256), data, at);
  }

  #redirect(): Uint8Array {
    const family = this.#family();
    const quoted = this.#sentPacket(family).subarray(0, 200);
    if (family === 4) {
      const gateway = this.#stranger(4);
      const between = { source: known.b.v4, destination: known.a.v4 };
      return forgeIcmpv4(between, { kind: "redirect", code: this.#below(4), gateway, quoted });
    }
    const target = this.#below(2) === 0 ? linkLocal(this.#below(9)) : this.#stranger(6);
    const destination = quoted.length >= 40 ? readAddressV6(quoted, 24) : target;
    const options: NdOption[] = [{ kind: "target-link-layer", mac: this.#mac() }];
    const source = this.#below(2) === 0 ? known.router : known.b.v6;
    return forgeNd({ source, destination: known.a.v6 }, { kind: "redirect", target, destination, options });
  }

  #syn(): Uint8Array {
    const family = this.#family();
    const own = family === 4 ? "v4" : "v6";
    return forgeTcp(
      { source: this.#stranger(family), destination: known.a[own] },
      {
        sourcePort: this.#below(65_536),
        destinationPort: [7, 9, 11, 13][this.#below(4)]!,
        sequence: this.#random.uint32() | 0,
        flags: this.#below(4) === 0 ? this.#below(512) : 2,
        window: this.#below(65_536),
        mss: this.#below(65_536),
        windowScale: this.#below(16) - 1,
        sackPermitted: this.#below(2) === 0,
      },
    );
  }

  /** What a peer sent, made a SYN of a later connection with the same four-tuple: TIME-WAIT may give way to it. */
  #reopening(): Uint8Array {
    const { recent, capabilities } = this.#tap;
    const last = recent[this.#below(Math.max(1, recent.length))];
    if (last === undefined) return this.#syn();
    const { family, ip, transport, protocol } = layoutOf(last, last.length, capabilities.medium);
    if (protocol !== protocols.tcp || last.length < transport + 20) return this.#syn();
    const bytes = last.slice(ip, transport + 20);
    const at = transport - ip;
    putU32(bytes, at + 4, (this.#below(1 << 20) + ((bytes[at + 4]! << 24) | (bytes[at + 5]! << 16))) | 0);
    bytes[at + 12] = 0x50;
    bytes[at + 13] = 2;
    if (family === 4) {
      putU16(bytes, 2, bytes.length);
      fillIpv4Checksum(bytes, 0);
    } else putU16(bytes, 4, bytes.length - 40);
    const source = family === 4 ? readAddressV4(bytes, 12) : readAddressV6(bytes, 8);
    const destination = family === 4 ? readAddressV4(bytes, 16) : readAddressV6(bytes, 24);
    fillTransportChecksum(protocols.tcp, source, destination, bytes, at, bytes.length);
    return bytes;
  }

  #datagram(): Uint8Array {
    const family = this.#family();
    const own = family === 4 ? "v4" : "v6";
    const group = known.group[own];
    const data = new Uint8Array(this.#below(1400));
    const destination = this.#below(3) === 0 ? group : known.a[own];
    const ports = { sourcePort: 1024 + this.#below(60_000), destinationPort: this.#below(24) };
    return forgeUdp({ source: this.#stranger(family), destination }, ports, data);
  }

  #arp(): Uint8Array {
    const packet = new Uint8Array(28);
    packet.set([0, 1, 8, 0, 6, 4, 0, 1 + this.#below(3)]);
    packet.set([2, 0, 0, 0, this.#below(9), this.#below(256), 10, 0, 0, this.#below(256)], 8);
    packet.set([2, 0, 0, 0, 0, 1, 10, 0, 0, this.#below(3)], 18);
    const frame = forgeFrame(this.#mac(), this.#below(2) === 0 ? broadcast : macs.a, etherTypes.arp, packet);
    copyBytes(frame, 6, 12, frame, 22);
    return frame;
  }
}
