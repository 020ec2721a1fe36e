/**
 * Telling routers which groups we listen to: IGMPv3 and MLDv2 without source filters (RFC 3376, section 5; RFC 3810,
 * section 6), and their predecessors' ways while a querier of the older version is about (sections 7 and 8 there).
 */
import type { Address } from "../../base/address.ts";
import type { Random } from "../../base/random.ts";
import { type Instant, never } from "../../base/time/clock.ts";
import { AddressMap } from "./address-map.ts";
import type { TimerId, TimerOwner, Timers } from "./timers.ts";

/** What a report says of its groups. */
export type GroupNews =
  /** We listen, as asked. */
  | "member"
  /** We listen from now on. */
  | "joined"
  | "left";

/** `older`: IGMPv2 or MLDv1. */
export type GroupVersion = "current" | "older";

export interface GroupReportsWorld {
  report(news: GroupNews, groups: readonly Address[], version: GroupVersion): void;
  /** The groups listened to now, those that are never reported left out. */
  members(): Iterable<Address>;
  isMember(group: Address): boolean;
}

/** Robustness Variable, less the first report, which is sent at once. */
const repeats = 1;
/** Unsolicited Report Interval (RFC 3376, section 8.11; RFC 3810, section 9.11). */
const unsolicitedInterval = 1000;
/** Older Version Querier Present Timeout: 2 * 125 s + 10 s. */
const olderTimeout = 260_000;
/** Groups with something to say about them. */
const mostPending = 2048;

interface Pending {
  readonly group: Address;
  readonly news: GroupNews;
  readonly due: Instant;
  readonly repeats: number;
}

export class GroupReports implements TimerOwner {
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #world: GroupReportsWorld;
  readonly #timer: TimerId;
  readonly #pending: AddressMap<Pending>;
  /** When a general query is answered. */
  #generalDue: Instant = never;
  #olderUntil: Instant = -Infinity;

  constructor(timers: Timers, random: Random, world: GroupReportsWorld) {
    this.#timers = timers;
    this.#random = random;
    this.#world = world;
    this.#timer = timers.add(this);
    this.#pending = new AddressMap(random.uint32());
  }

  joined(group: Address, now: Instant): void {
    this.#change(group, "joined", now);
  }

  left(group: Address, now: Instant): void {
    this.#change(group, "left", now);
  }

  /**
   * A router asks. @param group undefined: for all groups. @param maxResponse milliseconds within which to answer.
   */
  queried(group: Address | undefined, maxResponse: number, version: GroupVersion, now: Instant): void {
    if (version === "older") this.#olderUntil = now + olderTimeout;
    const delay = maxResponse > 0 ? this.#random.below(Math.min(maxResponse, 0x7fff_ffff)) : 0;
    if (group !== undefined) {
      if (this.#world.isMember(group)) this.#answer(group, now + delay);
    } else if (this.#version(now) === "current") this.#generalDue = Math.min(this.#generalDue, now + delay);
    else
      for (const member of this.#world.members())
        this.#answer(member, now + (maxResponse > 0 ? this.#random.below(maxResponse) : 0));
    this.#rearm();
  }

  /** Somebody else reported the group, in the older version: one report is enough (RFC 2236, section 3). */
  reportedByOther(group: Address): void {
    if (this.#pending.get(group)?.news !== "member") return;
    this.#pending.delete(group);
    this.#rearm();
  }

  timerExpired(_id: TimerId, now: Instant): void {
    if (this.#generalDue <= now) {
      this.#generalDue = never;
      this.#report("member", [...this.#world.members()], now);
    }
    const due = [...this.#pending.values()].filter((pending) => pending.due <= now);
    for (const { group } of due) this.#pending.delete(group);
    for (const news of ["member", "joined", "left"] as const) {
      const told = due.filter((pending) => pending.news === news);
      this.#report(
        news,
        told.map(({ group }) => group),
        now,
      );
      for (const pending of told) this.#repeat(pending, now);
    }
    this.#rearm();
  }

  stop(): void {
    this.#timers.remove(this.#timer);
  }

  #change(group: Address, news: "joined" | "left", now: Instant): void {
    this.#pending.delete(group);
    this.#report(news, [group], now);
    this.#repeat({ group, news, due: now, repeats }, now);
    this.#rearm();
  }

  /** An older Done or Leave is said once; it is followed by the router's question. */
  #repeat({ group, news, repeats: left }: Pending, now: Instant): void {
    if (left === 0 || (news === "left" && this.#version(now) === "older")) return;
    const due = now + this.#random.below(unsolicitedInterval);
    this.#put({ group, news, due, repeats: left - 1 });
  }

  #answer(group: Address, due: Instant): void {
    const pending = this.#pending.get(group);
    if (pending !== undefined && pending.due <= due) return;
    this.#put({ group, news: "member", due, repeats: 0 });
  }

  #put(pending: Pending): void {
    if (this.#pending.size < mostPending) this.#pending.set(pending.group, pending);
  }

  #report(news: GroupNews, groups: readonly Address[], now: Instant): void {
    if (groups.length > 0) this.#world.report(news, groups, this.#version(now));
  }

  #version(now: Instant): GroupVersion {
    return now < this.#olderUntil ? "older" : "current";
  }

  #rearm(): void {
    let next = this.#generalDue;
    for (const { due } of this.#pending.values()) if (due < next) next = due;
    this.#timers.arm(this.#timer, next);
  }
}
