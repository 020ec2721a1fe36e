/**
 * From a four-tuple to whatever has it: the first and hottest step of demultiplexing, one table a protocol.
 *
 * Slots of four words in one typed array: remote address, local address, both ports, and the index of the entry. An IPv4
 * address is its own word, an IPv6 address its number in an {@link AddressTable}. Open addressing, at most five
 * eighths full; a removed entry's followers move up, so lookups stay as short as they were. The hash is keyed (Jenkins's
 * lookup3 over a secret seed, as Linux's inet_ehashfn); should probes grow long all the same, the table takes a new seed.
 */
import { type Address, isV4 } from "../../base/address.ts";
import { jhash3 } from "../../base/hash/jhash.ts";
import type { Random } from "../../base/random.ts";
import { AddressTable } from "../table/address-table.ts";

/** What the table holds. Entries with the same four-tuple hang on each other, the newest first. */
export interface FlowEntry<T> {
  nextOfFlow: T | undefined;
}

const minimumSlots = 16;
/** The slot's last word: bit 31 for IPv6, below it the entry's index + 1; 0 is an empty slot. */
const v6Tag = 0x8000_0000 | 0;
const indexBits = 0x7fff_ffff;
/** A keyed hash makes no probes as long as this by chance at five eighths full, up to millions of flows. */
const longProbe = 256;
const noAddress = -1;
/** An empty table keeps at most so many places for entries. */
const mostSpare = 1024;

export class FlowTable<T extends FlowEntry<T>> {
  #slots = new Int32Array(4 * minimumSlots);
  #mask = minimumSlots - 1;
  #count = 0;
  #entries: (T | undefined)[] = [];
  #freeIndexes: number[] = [];
  readonly #addresses: AddressTable;
  readonly #random: Random;
  #seed: number;
  /** Insertions until a long probe may change the seed again, so that changing it cannot become the attack. */
  #patience = 0;
  // The tuple in question, as the table spells it.
  #remote = 0;
  #local = 0;
  #tag = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#addresses = new AddressTable(random);
    this.#seed = random.uint32() | 0;
  }

  /** How many different four-tuples there are. */
  get size(): number {
    return this.#count;
  }

  /** Bytes of its tables; eight for a reference. The entries themselves are the caller's. */
  get bytes(): number {
    return (
      this.#slots.byteLength + 8 * (this.#entries.length + this.#freeIndexes.length) + this.#addresses.bytes
    );
  }

  /** The most slots that finding a flow has to pass: what an attacker would want to be large. Looks at all of them. */
  get longestProbe(): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let longest = 0;
    for (let slot = 0; slot <= mask; slot++) {
      const at = slot << 2;
      if (slots[at + 3] === 0) continue;
      const home = jhash3(slots[at]!, slots[at + 1]!, slots[at + 2]!, this.#seed) & mask;
      longest = Math.max(longest, (slot - home) & mask);
    }
    return longest;
  }

  /** The newest entry with this four-tuple; the others follow by `nextOfFlow`. */
  find(local: Address, localPort: number, remote: Address, remotePort: number): T | undefined {
    if (!this.#spell(local, remote)) return undefined;
    const at = this.#locate((localPort << 16) | remotePort);
    return at < 0 ? undefined : this.#entries[(this.#slots[at + 3]! & indexBits) - 1];
  }

  add(local: Address, localPort: number, remote: Address, remotePort: number, entry: T): void {
    const ports = (localPort << 16) | remotePort;
    const at = this.#spell(local, remote) ? this.#locate(ports) : -1;
    if (at >= 0) {
      const index = (this.#slots[at + 3]! & indexBits) - 1;
      entry.nextOfFlow = this.#entries[index];
      this.#entries[index] = entry;
      return;
    }
    entry.nextOfFlow = undefined;
    if ((this.#count + 1) * 8 > (this.#mask + 1) * 5) this.#resize((this.#mask + 1) * 2);
    this.#enroll(local, remote);
    this.#count++;
    const index = this.#freeIndexes.pop() ?? this.#entries.length;
    this.#entries[index] = entry;
    this.#patience--;
    if (this.#place(this.#remote, this.#local, ports, this.#tag | (index + 1)) > longProbe) this.#reseed();
  }

  /** Takes this very entry out; others with its four-tuple stay. */
  remove(local: Address, localPort: number, remote: Address, remotePort: number, entry: T): void {
    if (!this.#spell(local, remote)) return;
    const at = this.#locate((localPort << 16) | remotePort);
    if (at < 0) return;
    const index = (this.#slots[at + 3]! & indexBits) - 1;
    const head = this.#entries[index]!;
    if (head === entry) this.#entries[index] = entry.nextOfFlow;
    else unchain(head, entry);
    entry.nextOfFlow = undefined;
    if (this.#entries[index] !== undefined) return;
    this.#freeIndexes.push(index);
    if (this.#tag !== 0) {
      this.#addresses.give(this.#remote);
      this.#addresses.give(this.#local);
    }
    this.#count--;
    this.#closeHole(at);
    if (this.#count === 0 && this.#entries.length > mostSpare) {
      this.#entries = [];
      this.#freeIndexes = [];
    }
    if (this.#mask >= 1024 && this.#count * 16 < this.#mask) this.#resize((this.#mask + 1) >>> 1);
  }

  /** Fills in the tuple's words; false where one of its addresses is in no flow at all. */
  #spell(local: Address, remote: Address): boolean {
    if (isV4(remote)) {
      this.#remote = remote.w3;
      this.#local = local.w3;
      this.#tag = 0;
      return true;
    }
    this.#remote = this.#addresses.find(remote);
    this.#local = this.#remote === noAddress ? noAddress : this.#addresses.find(local);
    this.#tag = v6Tag;
    return this.#local !== noAddress;
  }

  #enroll(local: Address, remote: Address): void {
    if (this.#tag === 0) return;
    this.#remote = this.#addresses.take(remote);
    this.#local = this.#addresses.take(local);
  }

  /** Where the spelt tuple stands, or -1. */
  #locate(ports: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    const remote = this.#remote;
    const local = this.#local;
    const tag = this.#tag;
    for (let slot = jhash3(remote, local, ports, this.#seed) & mask; ; slot = (slot + 1) & mask) {
      const at = slot << 2;
      const found = slots[at + 3]!;
      if (found === 0) return -1;
      if (
        slots[at] === remote &&
        slots[at + 2] === ports &&
        slots[at + 1] === local &&
        (found ^ tag) >= 0 // the same family
      )
        return at;
    }
  }

  /** Writes a slot and says how many it had to pass. */
  #place(remote: number, local: number, ports: number, entry: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    const home = jhash3(remote, local, ports, this.#seed) & mask;
    let slot = home;
    while (slots[(slot << 2) + 3] !== 0) slot = (slot + 1) & mask;
    const at = slot << 2;
    slots[at] = remote;
    slots[at + 1] = local;
    slots[at + 2] = ports;
    slots[at + 3] = entry;
    return (slot - home) & mask;
  }

  /** Moves followers up into the hole, as far as their own probes allow. */
  #closeHole(at: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let hole = at >>> 2;
    for (let slot = (hole + 1) & mask; ; slot = (slot + 1) & mask) {
      const from = slot << 2;
      if (slots[from + 3] === 0) break;
      const home = jhash3(slots[from]!, slots[from + 1]!, slots[from + 2]!, this.#seed) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      const to = hole << 2;
      slots[to] = slots[from]!;
      slots[to + 1] = slots[from + 1]!;
      slots[to + 2] = slots[from + 2]!;
      slots[to + 3] = slots[from + 3]!;
      hole = slot;
    }
    slots[(hole << 2) + 3] = 0;
  }

  #resize(slotCount: number): void {
    const before = this.#slots;
    this.#slots = new Int32Array(4 * slotCount);
    this.#mask = slotCount - 1;
    for (let at = 0; at < before.length; at += 4)
      if (before[at + 3] !== 0) this.#place(before[at]!, before[at + 1]!, before[at + 2]!, before[at + 3]!);
  }

  #reseed(): void {
    if (this.#patience > 0) return;
    this.#patience = (this.#mask + 1) >>> 3;
    this.#seed = this.#random.uint32() | 0;
    this.#resize(this.#mask + 1);
  }
}

function unchain<T extends FlowEntry<T>>(head: T, entry: T): void {
  for (let at = head; at.nextOfFlow !== undefined; at = at.nextOfFlow)
    if (at.nextOfFlow === entry) {
      at.nextOfFlow = entry.nextOfFlow;
      return;
    }
}
