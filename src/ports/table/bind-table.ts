/**
 * Who holds which port of one protocol: exact lists, and bitmaps above them.
 *
 * Under each port stand buckets, one for each claim on it, and in a bucket the bindings with that claim. A port is
 * judged bucket by bucket, so that a listener's hundred thousand connections are one question to the conflict rule. A
 * claim on many ports keeps them in a bitmap; a search for a port skips what those say, and judges only what is left.
 */
import type { BindingRecord } from "../binding-record.ts";
import type { ConflictReason, ConflictRule, GroupShortcut, JointRule, Purpose } from "../conflict.ts";
import type { Reception } from "../demultiplexer/reception.ts";
import type { ReuseportGroup } from "../demultiplexer/reuseport-group.ts";
import type { ProtocolProfile } from "../profile.ts";
import { PortBitmap } from "./bitmap.ts";
import { ClaimTable, explicitTrait, type InternedClaim, type Plan } from "./claim.ts";
import { type Choosable, FreePorts } from "./free-ports.ts";

/** The bindings that hold one port by one claim. */
export interface Bucket<Owner> {
  claim: InternedClaim;
  entry: PortEntry<Owner>;
  count: number;
  head: BindingRecord<Owner> | undefined;
  next: Bucket<Owner> | undefined;
}

/** What stands under one port. */
export interface PortEntry<Owner> {
  port: number;
  buckets: Bucket<Owner> | undefined;
  /** Those that packets can reach without a flow of their own: listeners, unconnected sockets; in the profile's order. */
  firstReceiver: BindingRecord<Owner> | undefined;
  lastReceiver: BindingRecord<Owner> | undefined;
  groups: ReuseportGroup<Owner>[] | undefined;
  /** Who came last by SO_REUSEPORT, where the profile has a shortcut for its like, and nobody came without since. */
  lastSharer: InternedClaim | undefined;
  /** connect(2) had the port first, and whoever bound it since did so with SO_REUSEADDR (a fastreuse of -1). */
  beganWithConnect: boolean;
  /** How many {@link BindingRecord.forgettable} there are. */
  forgettable: number;
}

/** A binding in the way, and why. */
export interface Hindrance<Owner> {
  readonly binding: BindingRecord<Owner>;
  readonly reason: ConflictReason;
}

/** From so many ports on a claim has its bitmap. */
const crowd = 32;
const pageSize = 256;
const spares = 256;
const purposes = { named: 0, listen: 1, chosen: 2, relaxed: 3, connect: 4 } as const satisfies Record<
  Purpose,
  number
>;

export class BindTable<Owner> {
  /** Ports that anybody holds. */
  readonly held: PortBitmap = new PortBitmap();
  readonly claims: ClaimTable = new ClaimTable();
  readonly #rule: ConflictRule;
  readonly #jointRule: JointRule | undefined;
  readonly #shortcut: GroupShortcut | undefined;
  readonly #place: Reception["place"];
  readonly #pages: ((PortEntry<Owner> | undefined)[] | undefined)[] = new Array(256).fill(undefined);
  /** The claims that have a bitmap, and a number that changes with them. */
  readonly #crowded: InternedClaim[] = [];
  #version = 0;
  /** For IPv4 and for IPv6, or one for both. */
  #watched: readonly FreePorts[] = [];
  readonly #spareEntries: PortEntry<Owner>[] = [];
  readonly #spareBuckets: Bucket<Owner>[] = [];

  /** The reception's `place` orders the holders of a port, where the order decides. */
  constructor({
    conflict,
    jointConflict,
    groupShortcut,
    reception: { place },
  }: Pick<ProtocolProfile, "conflict" | "jointConflict" | "groupShortcut" | "reception">) {
    this.#rule = conflict;
    this.#jointRule = jointConflict;
    this.#shortcut = groupShortcut;
    this.#place = place;
  }

  /** What has become of a port counts beside its holders: see the last fields of {@link PortEntry}. */
  get remembers(): boolean {
    return this.#shortcut !== undefined;
  }

  /** What is chosen from for IPv4, and for IPv6 where that is something else: from now on it is counted how much of it is free. */
  watch(...choosable: readonly Choosable[]): void {
    this.#watched = choosable.map((each) => new FreePorts(each, this.held));
  }

  /** Ports to choose from that nobody holds; where each version of IP has its own, of the one that has fewer left. */
  get free(): number {
    return Math.min(...this.#watched.map(({ count }) => count));
  }

  freeFor(domain: 4 | 6): number {
    return (domain === 4 ? this.#watched[0] : this.#watched.at(-1))!.count;
  }

  /** How many ports the range has, the free ones, the held and the reserved; the smaller one where there are two. */
  get rangeSize(): number {
    return Math.min(...this.#watched.map(({ size }) => size));
  }

  entry(port: number): PortEntry<Owner> | undefined {
    return this.#pages[port >>> 8]?.[port & (pageSize - 1)];
  }

  /** Puts the binding under its port. */
  enter(binding: BindingRecord<Owner>, claim: InternedClaim): void {
    const entry = this.entry(binding.port) ?? this.#makeEntry(binding.port, claim);
    let bucket = entry.buckets;
    while (bucket !== undefined && bucket.claim !== claim) bucket = bucket.next;
    bucket ??= this.#makeBucket(entry, claim);
    bucket.count++;
    const head = bucket.head;
    binding.bucket = bucket;
    binding.previousInBucket = undefined;
    binding.nextInBucket = head;
    if (head !== undefined) head.previousInBucket = binding;
    bucket.head = binding;
  }

  /** Takes the binding away; a port without bindings keeps nothing. */
  leave(binding: BindingRecord<Owner>): void {
    const bucket = this.#unlink(binding);
    if (binding.forgettable) bucket.entry.forgettable--;
    if (bucket.count === 0) this.#dropBucket(bucket);
    if (bucket.entry.buckets === undefined) this.#dropEntry(bucket.entry);
    else if (bucket.entry.forgettable > 0) this.#forget(bucket.entry);
  }

  /**
   * As Linux does (inet_bind_bucket_destroy, 6.18): when somebody leaves the port and all that were bound have been taken to
   * one address by connect(2) since, on a port that began with connect(2), it is forgotten that they were bound.
   */
  #forget(entry: PortEntry<Owner>): void {
    const bound: BindingRecord<Owner>[] = [];
    for (let bucket = entry.buckets; bucket !== undefined; bucket = bucket.next)
      for (
        let one = bucket.claim.explicit ? bucket.head : undefined;
        one !== undefined;
        one = one.nextInBucket
      )
        bound.push(one);
    if (!bound.every(({ forgettable }) => forgettable)) return;
    for (const binding of bound) {
      const { address, device, uid } = binding;
      binding.forgettable = false;
      binding.traits &= ~explicitTrait;
      this.move(binding, this.claims.intern(address, binding.traits, device, uid));
    }
    entry.forgettable = 0;
    entry.beganWithConnect = true;
    entry.lastSharer = undefined;
  }

  /** The binding holds its port by another claim from now on. */
  move(binding: BindingRecord<Owner>, claim: InternedClaim): void {
    const before = binding.bucket!;
    if (before.claim === claim) return;
    if (this.remembers) this.#noteNarrowing(binding, before.claim, claim);
    this.#unlink(binding);
    this.enter(binding, claim);
    if (before.count === 0) this.#dropBucket(before);
  }

  /** What connect(2) has taken to one address can be forgotten, until it is at its wildcard again. */
  #noteNarrowing(binding: BindingRecord<Owner>, was: InternedClaim, is: InternedClaim): void {
    const { entry } = binding.bucket!;
    if (entry.beganWithConnect && is.explicit && is.narrowed && !was.narrowed) {
      binding.forgettable = true;
      entry.forgettable++;
    } else if (binding.forgettable && !is.narrowed) {
      binding.forgettable = false;
      entry.forgettable--;
    }
  }

  /** Who keeps `newcomer` from the port, and why. */
  hindrance(
    entry: PortEntry<Owner>,
    newcomer: InternedClaim,
    purpose: Purpose,
    self: BindingRecord<Owner> | undefined,
  ): Hindrance<Owner> | undefined {
    if (this.#isLikeLast(entry, newcomer, purpose)) return undefined;
    let found: Hindrance<Owner> | undefined;
    let joined: Bucket<Owner> | undefined;
    for (let bucket = entry.buckets; bucket !== undefined; bucket = bucket.next) {
      if (bucket.count === 1 && bucket.head === self) continue;
      const verdict = this.#rule(bucket.claim, newcomer, purpose);
      if (verdict === undefined) continue;
      if (verdict === "joins") joined = bucket;
      else found ??= { binding: otherThan(self, bucket), reason: verdict };
    }
    if (found === undefined) return this.#jointHindrance(entry, newcomer, purpose, self);
    if (joined === undefined) return found;
    return this.#firstHindrance(entry, newcomer, purpose, self);
  }

  /** bind(2) or listen(2) let `claim` in: as Linux does (inet_csk_update_fastreuse). */
  welcome(port: number, claim: InternedClaim, call: "bind" | "listen"): void {
    if (this.#shortcut === undefined) return;
    const entry = this.entry(port)!;
    if (!claim.reuseAddress || call === "listen") entry.beganWithConnect = false;
    if (!claim.reusePort) entry.lastSharer = undefined;
    else if (!this.#isLikeLast(entry, claim, "named")) entry.lastSharer = claim;
  }

  #isLikeLast({ lastSharer }: PortEntry<Owner>, newcomer: InternedClaim, purpose: Purpose): boolean {
    if (lastSharer === undefined || (purpose !== "named" && purpose !== "listen")) return false;
    return this.#shortcut!(lastSharer, newcomer);
  }

  /** None of them keeps the newcomer out. Do they together? */
  #jointHindrance(
    entry: PortEntry<Owner>,
    newcomer: InternedClaim,
    purpose: Purpose,
    self: BindingRecord<Owner> | undefined,
  ): Hindrance<Owner> | undefined {
    if (this.#jointRule === undefined) return undefined;
    const others: Bucket<Owner>[] = [];
    for (let bucket = entry.buckets; bucket !== undefined; bucket = bucket.next)
      if (bucket.count > 1 || bucket.head !== self) others.push(bucket);
    if (others.length < 2) return undefined;
    const claims = others.map(({ claim }) => claim);
    const index = this.#jointRule(claims, newcomer, purpose);
    return index < 0 ? undefined : { binding: otherThan(self, others[index]!), reason: "address" };
  }

  /** Some hold the newcomer off and some would let it join: the first of them in the port's list decides. */
  #firstHindrance(
    entry: PortEntry<Owner>,
    newcomer: InternedClaim,
    purpose: Purpose,
    self: BindingRecord<Owner> | undefined,
  ): Hindrance<Owner> | undefined {
    let first: BindingRecord<Owner> | undefined;
    let reason: ConflictReason | "joins" = "joins";
    for (let bucket = entry.buckets; bucket !== undefined; bucket = bucket.next) {
      const verdict = this.#rule(bucket.claim, newcomer, purpose);
      if (verdict === undefined) continue;
      for (let binding = bucket.head; binding !== undefined; binding = binding.nextInBucket) {
        if (binding === self || (first !== undefined && this.#rank(binding) > this.#rank(first))) continue;
        first = binding;
        reason = verdict;
      }
    }
    return first === undefined || reason === "joins" ? undefined : { binding: first, reason };
  }

  /** In the port's list: the newest first; behind them those that the profile places last, the oldest first. */
  #rank(binding: BindingRecord<Owner>): number {
    return this.#place(binding) === "first" ? -binding.serial - 1 : binding.serial;
  }

  /** Bitmaps of ports that are certainly not to be had; ports in none of them are still to be judged. */
  setsAgainst(newcomer: InternedClaim, purpose: Purpose): readonly PortBitmap[] {
    const index = purposes[purpose];
    const known = newcomer.plans[index];
    if (known !== undefined && known.version === this.#version) return known.sets;
    const plan: Plan = { version: this.#version, sets: [] };
    for (const holder of this.#crowded) {
      const verdict = this.#rule(holder, newcomer, purpose);
      if (verdict !== undefined && verdict !== "joins") plan.sets.push(holder.bitmap!);
    }
    newcomer.plans[index] = plan;
    return plan.sets;
  }

  /** Every binding, by port. */
  *bindings(): Generator<BindingRecord<Owner>> {
    for (let port = this.held.firstSet(0, 65535); port >= 0; port = this.held.firstSet(port + 1, 65535))
      for (let bucket = this.entry(port)!.buckets; bucket !== undefined; bucket = bucket.next)
        for (let binding = bucket.head; binding !== undefined; binding = binding.nextInBucket) yield binding;
  }

  #unlink(binding: BindingRecord<Owner>): Bucket<Owner> {
    const bucket = binding.bucket!;
    const { nextInBucket: next, previousInBucket: previous } = binding;
    if (previous === undefined) bucket.head = next;
    else previous.nextInBucket = next;
    if (next !== undefined) next.previousInBucket = previous;
    binding.nextInBucket = undefined;
    binding.previousInBucket = undefined;
    binding.bucket = undefined;
    bucket.count--;
    return bucket;
  }

  #makeEntry(port: number, { explicit }: InternedClaim): PortEntry<Owner> {
    const entry = this.#spareEntries.pop() ?? {
      port,
      buckets: undefined,
      firstReceiver: undefined,
      lastReceiver: undefined,
      groups: undefined,
      lastSharer: undefined,
      beganWithConnect: false,
      forgettable: 0,
    };
    entry.port = port;
    entry.beganWithConnect = !explicit;
    let page = this.#pages[port >>> 8];
    if (page === undefined) {
      page = new Array(pageSize).fill(undefined);
      this.#pages[port >>> 8] = page;
    }
    page[port & (pageSize - 1)] = entry;
    this.held.add(port);
    for (let i = 0; i < this.#watched.length; i++) this.#watched[i]!.taken(port);
    return entry;
  }

  #dropEntry(entry: PortEntry<Owner>): void {
    this.#pages[entry.port >>> 8]![entry.port & (pageSize - 1)] = undefined;
    this.held.delete(entry.port);
    for (let i = 0; i < this.#watched.length; i++) this.#watched[i]!.givenBack(entry.port);
    entry.groups = undefined;
    entry.lastSharer = undefined;
    entry.forgettable = 0;
    if (this.#spareEntries.length < spares) this.#spareEntries.push(entry);
  }

  #makeBucket(entry: PortEntry<Owner>, claim: InternedClaim): Bucket<Owner> {
    const spare = this.#spareBuckets.pop();
    const bucket = spare ?? { claim, entry, count: 0, head: undefined, next: undefined };
    bucket.claim = claim;
    bucket.entry = entry;
    bucket.next = entry.buckets;
    entry.buckets = bucket;
    claim.ports++;
    if (claim.bitmap !== undefined) claim.bitmap.add(entry.port);
    else if (claim.ports >= crowd) this.#raiseBitmap(claim);
    return bucket;
  }

  #dropBucket(bucket: Bucket<Owner>): void {
    const { entry, claim } = bucket;
    if (entry.buckets === bucket) entry.buckets = bucket.next;
    else {
      let before = entry.buckets!;
      while (before.next !== bucket) before = before.next!;
      before.next = bucket.next;
    }
    bucket.next = undefined;
    if (claim.explicit && entry.lastSharer !== undefined && !hasExplicit(entry)) entry.lastSharer = undefined;
    claim.ports--;
    claim.bitmap?.delete(entry.port);
    if (claim.ports === 0 && claim.bitmap !== undefined) this.#razeBitmap(claim);
    if (this.#spareBuckets.length < spares) this.#spareBuckets.push(bucket);
  }

  #raiseBitmap(claim: InternedClaim): void {
    const bitmap = new PortBitmap();
    for (let port = this.held.firstSet(0, 65535); port >= 0; port = this.held.firstSet(port + 1, 65535))
      for (let bucket = this.entry(port)!.buckets; bucket !== undefined; bucket = bucket.next)
        if (bucket.claim === claim) bitmap.add(port);
    claim.bitmap = bitmap;
    this.#crowded.push(claim);
    this.#version++;
  }

  #razeBitmap(claim: InternedClaim): void {
    claim.bitmap = undefined;
    this.#crowded.splice(this.#crowded.indexOf(claim), 1);
    this.#version++;
  }
}

function hasExplicit<Owner>({ buckets }: PortEntry<Owner>): boolean {
  for (let bucket = buckets; bucket !== undefined; bucket = bucket.next)
    if (bucket.claim.explicit) return true;
  return false;
}

function otherThan<Owner>(
  self: BindingRecord<Owner> | undefined,
  bucket: Bucket<Owner>,
): BindingRecord<Owner> {
  return bucket.head === self ? bucket.head!.nextInBucket! : bucket.head!;
}
