/**
 * Well-formed packets made wrong, replayably: bits, bytes, numbers, lengths, options, splices. Half of the mutants get
 * their checksums repaired, so that they come past the first check and reach what lies behind it.
 */
import { readAddressV4, readAddressV6 } from "../../src/base/address.ts";
import { copyBytes, putU16, putU32, u16 } from "../../src/base/bytes.ts";
import type { Random } from "../../src/base/random.ts";
import { checksumOffset, fillTransportChecksum } from "../../src/wire/checksums.ts";
import { fillIpv4Checksum } from "../../src/wire/ip/ipv4.ts";
import { protocols } from "../../src/wire/protocols.ts";
import { isFragment, type Kind, layoutOf, transportEnd } from "./layout.ts";

/** Longest mutant: a jumbo frame and more. */
const longest = 9100;
/** Numbers that parsers trip over. */
const edges8 = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff];
const edges16 = [0, 1, 7, 8, 19, 20, 21, 39, 40, 41, 60, 0x7fff, 0x8000, 0xfff8, 0xfffe, 0xffff];
const edges32 = [0, 1, -1, 0x7fffffff, -0x80000000, 0x10000, 0xffff, 1460];
/** FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32. */
const tcpFlagSets = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x10, 0x11, 0x12, 0x13, 0x14, 0x18, 0x19, 0x29, 0x30, 0xc2, 0xff,
];

export class Mutator {
  /** The mutant is `bytes[0, length)`, until the next one is made. */
  readonly bytes: Uint8Array = new Uint8Array(longest);
  length = 0;
  readonly #random: Random;
  /** The likelier ones twice. */
  readonly #ways: readonly ((other: Uint8Array, kind: Kind) => void)[] = [
    () => this.#flipBits(),
    () => this.#flipBits(),
    () => this.#setBytes(),
    () => this.#setBytes(),
    () => this.#truncate(),
    () => this.#extend(),
    (other) => this.#splice(other),
    (_, kind) => this.#editLength(kind),
    (_, kind) => this.#editLength(kind),
    (_, kind) => this.#editOptions(kind),
    () => this.#editNumber(),
    () => this.#repeat(),
    (_, kind) => this.#editTransport(kind),
    (_, kind) => this.#editTransport(kind),
  ];

  constructor(random: Random) {
    this.#random = random;
  }

  /** The mutant, copied. */
  get mutant(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** No mutant: the original itself. */
  take(original: Uint8Array): void {
    this.length = Math.min(original.length, longest);
    copyBytes(original, 0, this.length, this.bytes, 0);
  }

  /** Makes a mutant of `original`; where two are spliced, `other` lends its tail. */
  mutate(original: Uint8Array, other: Uint8Array, kind: Kind): void {
    this.take(original);
    for (let changes = 1 + this.below(4); changes > 0; changes--)
      this.#ways[this.below(this.#ways.length)]!(other, kind);
    if (this.below(2) === 0) this.repair(kind);
  }

  /** Some number from 0 to `bound` - 1. */
  below(bound: number): number {
    return this.#random.uint32() % bound;
  }

  #flipBits(): void {
    if (this.length === 0) return;
    for (let flips = 1 + this.below(3); flips > 0; flips--) {
      const bit = this.below(this.length * 8);
      this.bytes[bit >>> 3]! ^= 1 << (bit & 7);
    }
  }

  #setBytes(): void {
    if (this.length === 0) return;
    for (let sets = 1 + this.below(3); sets > 0; sets--) this.bytes[this.below(this.length)] = this.#byte();
  }

  #byte(): number {
    return this.below(2) === 0 ? this.below(256) : edges8[this.below(edges8.length)]!;
  }

  #truncate(): void {
    this.length = this.below(this.length + 1);
  }

  #extend(): void {
    const wanted = this.below(4) === 0 ? this.below(3000) : 1 + this.below(64);
    const end = Math.min(this.length + wanted, longest);
    const fill = this.below(3);
    for (; this.length < end; this.length++)
      this.bytes[this.length] = fill === 0 ? this.below(256) : fill === 1 ? 0 : 0xff;
  }

  /** Its head and the tail of another, cut in the same place or anywhere. */
  #splice(other: Uint8Array): void {
    const from = this.below(other.length + 1);
    const at = this.below(2) === 0 ? Math.min(from, this.length) : this.below(this.length + 1);
    const end = Math.min(other.length, from + longest - at);
    copyBytes(other, from, end, this.bytes, at);
    this.length = at + end - from;
  }

  /** A piece of it once more, elsewhere: options twice, headers nested. */
  #repeat(): void {
    if (this.length < 2) return;
    const from = this.below(this.length);
    const end = Math.min(from + 1 + this.below(48), this.length);
    const at = this.below(this.length - (end - from) + 1);
    this.bytes.copyWithin(at, from, end);
  }

  /** A 16- or 32-bit number: a port, a sequence number, a window, an identification, an address. */
  #editNumber(): void {
    if (this.length < 4) return;
    const at = this.below(this.length - 3) & ~1;
    const way = this.below(4);
    if (way < 2) putU16(this.bytes, at, edges16[this.below(edges16.length)]!);
    else if (way === 2) putU32(this.bytes, at, edges32[this.below(edges32.length)]!);
    else putU32(this.bytes, at, (this.#u32(at) + this.below(4096) - 2048) | 0);
  }

  #u32(at: number): number {
    return (u16(this.bytes, at) << 16) | u16(this.bytes, at + 2);
  }

  /** What decides where a segment or message goes: flags and numbers of TCP, ports, types and codes. */
  #editTransport(kind: Kind): void {
    const { transport, protocol } = layoutOf(this.bytes, this.length, kind);
    if (transport === 0 || transport + 16 > this.length) return;
    if (protocol !== protocols.tcp) {
      this.bytes[transport + this.below(2)] = this.#byte();
      return;
    }
    const number = transport + 4 + 4 * this.below(2);
    const way = this.below(4);
    if (way === 0) this.bytes[transport + 13] = tcpFlagSets[this.below(tcpFlagSets.length)]!;
    else if (way === 1) putU16(this.bytes, transport + 14, edges16[this.below(edges16.length)]!);
    else if (way === 2) putU32(this.bytes, number, (this.#u32(number) + this.below(7) - 3) | 0);
    else putU32(this.bytes, number, (this.#u32(number) + this.below(1 << 17) - (1 << 16)) | 0);
  }

  /** One of the fields that say how long something is, or where it stands. */
  #editLength(kind: Kind): void {
    const wide: number[] = [];
    const narrow: number[] = [];
    const { family, ip, transport, protocol, fragmentAt } = layoutOf(this.bytes, this.length, kind);
    if (family === 4) {
      wide.push(ip + 2, ip + 6);
      narrow.push(ip);
    } else if (family === 6) {
      wide.push(ip + 4);
      if (transport > ip + 40) narrow.push(ip + 41, transport - 7);
      if (fragmentAt > 0) wide.push(fragmentAt + 2);
    } else if (kind === "ethernet") narrow.push(14 + 4, 14 + 5);
    if (protocol === protocols.udp) wide.push(transport + 4);
    if (protocol === protocols.tcp) narrow.push(transport + 12);
    if (protocol === protocols.icmpv6) narrow.push(transport + 25, transport + 9);
    if (wide.length + narrow.length === 0) return;
    const chosen = this.below(wide.length + narrow.length);
    if (chosen < wide.length) this.#edit16(wide[chosen]!);
    else this.#edit8(narrow[chosen - wide.length]!);
  }

  #edit16(at: number): void {
    if (at + 2 > this.length) return;
    const nudged = (u16(this.bytes, at) + this.below(33) - 16) & 0xffff;
    putU16(this.bytes, at, this.below(2) === 0 ? nudged : edges16[this.below(edges16.length)]!);
  }

  #edit8(at: number): void {
    if (at >= this.length) return;
    this.bytes[at] = this.below(2) === 0 ? this.bytes[at]! + this.below(33) - 16 : this.#byte();
  }

  /** Bytes where options stand: of IPv4, of TCP, of neighbour discovery, in IPv6 extension headers. */
  #editOptions(kind: Kind): void {
    const { family, ip, transport, protocol } = layoutOf(this.bytes, this.length, kind);
    let start = transport;
    let end = this.length;
    if (protocol === protocols.tcp) {
      start = transport + 20;
      end = Math.min(end, transport + (this.bytes[transport + 12]! >>> 4) * 4);
    } else if (protocol === protocols.icmpv6) start = transport + 24;
    if (family !== 0 && (start >= end || this.below(4) === 0)) {
      start = family === 4 ? ip + 20 : ip + 40;
      end = transport;
    }
    if (start >= end) return;
    for (let edits = 1 + this.below(3); edits > 0; edits--)
      this.bytes[start + this.below(end - start)] = this.#byte();
  }

  /** Fills in every checksum that has a place, as far as the packet can be made out. */
  repair(kind: Kind): void {
    const { bytes, length } = this;
    const layout = layoutOf(bytes, length, kind);
    const { family, ip, transport, protocol } = layout;
    if (family === 0) return;
    if (family === 4) fillIpv4Checksum(bytes, ip);
    const end = transportEnd(bytes, length, layout);
    const field = checksumOffset(protocol);
    if (isFragment(bytes, layout) || field < 0 || transport + field + 2 > end) return;
    const source = family === 4 ? readAddressV4(bytes, ip + 12) : readAddressV6(bytes, ip + 8);
    const destination = family === 4 ? readAddressV4(bytes, ip + 16) : readAddressV6(bytes, ip + 24);
    fillTransportChecksum(protocol, source, destination, bytes, transport, end);
  }
}
