/**
 * Reassembly of IP fragments: RFC 791, section 3.2, and RFC 8200, section 4.5, held to RFC 5722 (a datagram with
 * overlapping fragments is dropped whole, and what still arrives of it) and to RFC 8900's advice on limits.
 * One Reassembly a family; both timeouts are fixed, so the oldest datagram is always the first to expire.
 */
import { type Address, type Family, sameAddress } from "../../../base/address.ts";
import { jhash3 } from "../../../base/hash/jhash.ts";
import { type Instant, never } from "../../../base/time/clock.ts";
import { hashAddress } from "../address-map.ts";
import { mixEcn } from "./ecn.ts";
import { joinV4, joinV6, type Reassembled } from "./join.ts";
import { type Datagram, type Fragment, insert, newDatagram, type PieceProblem } from "./pieces.ts";

export interface FragmentLimits {
  /** Bytes held in all, bookkeeping included. Linux: net.ipv4.ipfrag_high_thresh. */
  readonly memory: number;
  /** Datagrams in the making, in all and from one source. */
  readonly datagrams: number;
  readonly perSource: number;
  /** Milliseconds a datagram may take. As Linux does: 30 s for IPv4, 60 s for IPv6 (RFC 8200, section 4.5). */
  readonly timeout: number;
}

export const fragmentLimitsV4: FragmentLimits = {
  memory: 4 << 20,
  datagrams: 1024,
  perSource: 64,
  timeout: 30_000,
};

export const fragmentLimitsV6: FragmentLimits = { ...fragmentLimitsV4, timeout: 60_000 };

export type FragmentDrop = PieceProblem | "fragment-limit" | "fragment-spoiled" | "fragment-ecn";

/** The datagram is whole; or its fragment was kept; or it was seen before; or why it was dropped. */
export type FragmentOutcome = Reassembled | "held" | "duplicate" | FragmentDrop;

/** What is told of a datagram that did not become whole: its first fragment as it arrived, if that is here. */
export type FragmentFailure = (datagram: Datagram, why: "timeout" | "evicted") => void;

export class Reassembly {
  readonly #family: Family;
  readonly #limits: FragmentLimits;
  readonly #seed: number;
  readonly #failed: FragmentFailure;
  /** By hash of the key, chained through `next`. */
  readonly #index: Map<number, Datagram> = new Map();
  /** Oldest first. */
  readonly #age: Set<Datagram> = new Set();
  readonly #perSource: Map<number, number> = new Map();
  #memory = 0;

  constructor(family: Family, limits: FragmentLimits, seed: number, failed: FragmentFailure) {
    this.#family = family;
    this.#limits = limits;
    this.#seed = seed;
    this.#failed = failed;
  }

  /** Datagrams in the making. */
  get size(): number {
    return this.#age.size;
  }

  /** Bytes held, bookkeeping included. */
  get memory(): number {
    return this.#memory;
  }

  get nextDeadline(): Instant {
    for (const oldest of this.#age) return oldest.deadline;
    return never;
  }

  /** Takes one fragment in; its bytes are copied. */
  add(fragment: Fragment, now: Instant): FragmentOutcome {
    const hash = this.#hash(fragment);
    const datagram = this.#find(fragment, hash) ?? this.#begin(fragment, hash, now);
    if (datagram === undefined) return "fragment-limit";
    if (datagram.spoiled) return "fragment-spoiled";
    const before = datagram.memory;
    const outcome = insert(datagram, fragment);
    if (outcome === "fragment-overlap" || outcome === "fragment-inconsistent") this.#spoil(datagram);
    else this.#memory += datagram.memory - before;
    if (outcome === "whole") return this.#finish(datagram);
    if (datagram.pieces.length === 0 && !datagram.spoiled) this.#forget(datagram);
    this.#makeRoom(datagram);
    return outcome;
  }

  /** Gives up what has waited too long. */
  expire(now: Instant): void {
    for (const datagram of this.#age) {
      if (datagram.deadline > now) return;
      this.#forget(datagram);
      if (!datagram.spoiled) this.#failed(datagram, "timeout");
    }
  }

  clear(): void {
    for (const datagram of this.#age) this.#forget(datagram);
  }

  #begin(fragment: Fragment, hash: number, now: Instant): Datagram | undefined {
    const sourceHash = this.#hashAddress(fragment.source);
    const count = this.#perSource.get(sourceHash) ?? 0;
    if (count >= this.#limits.perSource) return undefined;
    if (this.#age.size >= this.#limits.datagrams) this.#evictOldest();
    const datagram = newDatagram(fragment, hash, sourceHash, now + this.#limits.timeout);
    datagram.next = this.#index.get(hash);
    this.#index.set(hash, datagram);
    this.#age.add(datagram);
    this.#perSource.set(sourceHash, count + 1);
    this.#memory += datagram.memory;
    return datagram;
  }

  #finish(datagram: Datagram): Reassembled | FragmentDrop {
    this.#forget(datagram);
    const ecn = mixEcn(datagram.ecnSeen);
    if (ecn === undefined) return "fragment-ecn";
    return this.#family === 4 ? joinV4(datagram, ecn) : joinV6(datagram, ecn);
  }

  /** RFC 5722, section 3: the fragments go, and so will those still to come, until the timeout. */
  #spoil(datagram: Datagram): void {
    this.#memory -= datagram.memory;
    datagram.spoiled = true;
    datagram.pieces = [];
    datagram.first = undefined;
    datagram.memory = 0;
  }

  #makeRoom(newest: Datagram): void {
    while (this.#memory > this.#limits.memory && this.#age.size > 0) {
      for (const oldest of this.#age) {
        if (oldest === newest && this.#age.size > 1) continue;
        this.#evict(oldest);
        break;
      }
    }
  }

  #evictOldest(): void {
    for (const oldest of this.#age) {
      this.#evict(oldest);
      return;
    }
  }

  #evict(datagram: Datagram): void {
    this.#forget(datagram);
    if (!datagram.spoiled) this.#failed(datagram, "evicted");
  }

  #forget(datagram: Datagram): void {
    if (!this.#age.delete(datagram)) return;
    this.#memory -= datagram.memory;
    this.#unlink(datagram);
    const left = this.#perSource.get(datagram.sourceHash)! - 1;
    if (left === 0) this.#perSource.delete(datagram.sourceHash);
    else this.#perSource.set(datagram.sourceHash, left);
  }

  #unlink(datagram: Datagram): void {
    const head = this.#index.get(datagram.hash);
    if (head === datagram) {
      if (datagram.next === undefined) this.#index.delete(datagram.hash);
      else this.#index.set(datagram.hash, datagram.next);
      return;
    }
    let before = head;
    while (before !== undefined && before.next !== datagram) before = before.next;
    if (before !== undefined) before.next = datagram.next;
  }

  #find(fragment: Fragment, hash: number): Datagram | undefined {
    let found = this.#index.get(hash);
    while (found !== undefined && !sameKey(found, fragment)) found = found.next;
    return found;
  }

  #hash(fragment: Fragment): number {
    const ends = this.#hashAddress(fragment.source) ^ Math.imul(this.#hashAddress(fragment.destination), 31);
    return jhash3(ends | 0, fragment.identification | 0, fragment.protocol, this.#seed);
  }

  #hashAddress(address: Address): number {
    return hashAddress(address, this.#seed);
  }
}

/** RFC 791: source, destination, protocol and identification. RFC 8200: the same without the protocol (0 here). */
function sameKey(datagram: Datagram, fragment: Fragment): boolean {
  return (
    datagram.identification === fragment.identification &&
    datagram.protocol === fragment.protocol &&
    datagram.interfaceIndex === fragment.interfaceIndex &&
    sameAddress(datagram.source, fragment.source) &&
    sameAddress(datagram.destination, fragment.destination)
  );
}
