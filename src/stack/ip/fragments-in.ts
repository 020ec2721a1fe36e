/** Fragments between IP input and reassembly: what is counted, and what their senders are told. */
import type { Family } from "../../base/address.ts";
import type { Packet } from "../../base/packet.ts";
import type { Instant } from "../../base/time/clock.ts";
import {
  type FragmentOutcome,
  fragmentLimitsV4,
  fragmentLimitsV6,
  Reassembly,
} from "../../protocols/ip/fragments/fragments.ts";
import { firstFragment, type Reassembled } from "../../protocols/ip/fragments/join.ts";
import type { Datagram, Fragment } from "../../protocols/ip/fragments/pieces.ts";
import type { TimerId, TimerOwner } from "../../protocols/ip/timers.ts";
import type { Core } from "../core.ts";
import type { NetworkInterface } from "../interface/network-interface.ts";
import type { Icmp } from "./icmp.ts";

/** Reassembly of one family, with its timer and counters. */
export class FragmentsIn implements TimerOwner {
  readonly #core: Core;
  readonly #icmp: Icmp;
  readonly #family: Family;
  readonly #timer: TimerId;
  readonly reassembly: Reassembly;

  constructor(core: Core, icmp: Icmp, family: Family) {
    this.#core = core;
    this.#icmp = icmp;
    this.#family = family;
    this.#timer = core.timers.add(this);
    const limits = family === 4 ? fragmentLimitsV4 : fragmentLimitsV6;
    this.reassembly = new Reassembly(family, limits, core.random.uint32() | 0, (datagram, why) =>
      this.#failed(datagram, why),
    );
  }

  /** @returns the whole packet where this was the last piece, or what became of the fragment: counted already. */
  add(fragment: Fragment, packet: Packet, by: NetworkInterface): FragmentOutcome {
    const { counters } = this.#core;
    counters[this.#family === 4 ? "IpReasmReqds" : "Ip6ReasmReqds"]++;
    const outcome = this.reassembly.add(fragment, this.#core.now());
    this.#core.timers.arm(this.#timer, this.reassembly.nextDeadline);
    if (typeof outcome !== "string") counters[this.#family === 4 ? "IpReasmOKs" : "Ip6ReasmOKs"]++;
    else if (outcome !== "held") this.#drop(outcome, by, packet);
    return outcome;
  }

  timerExpired(id: TimerId, now: Instant): void {
    this.reassembly.expire(now);
    this.#core.timers.arm(id, this.reassembly.nextDeadline);
  }

  #drop(reason: string, by: NetworkInterface | undefined, packet?: Packet): void {
    if (reason === "fragment-overlap" && this.#family === 4) this.#core.counters.IpExtReasmOverlaps++;
    const counter = this.#family === 4 ? "IpReasmFails" : "Ip6ReasmFails";
    this.#core.drop(this.#family === 4 ? "ipv4" : "ipv6", reason, counter, by, packet);
  }

  /** RFC 792 and RFC 4443, section 3.3: Time Exceeded, code 1, if the first fragment is here to be quoted. */
  #failed(datagram: Datagram, why: "timeout" | "evicted"): void {
    const by = this.#core.interfaceAt(datagram.interfaceIndex);
    this.#drop(why === "timeout" ? "reassembly-timeout" : "reassembly-evicted", by);
    if (why !== "timeout") return;
    this.#core.counters[this.#family === 4 ? "IpReasmTimeout" : "Ip6ReasmTimeout"]++;
    const first = firstFragment(datagram);
    if (first !== undefined && by !== undefined) this.#icmp.reassemblyTimeExceeded(first, by);
  }
}

/** What {@link FragmentsIn.add} gave, as a packet, or undefined. */
export function wholeOf(outcome: FragmentOutcome): Reassembled | undefined {
  return typeof outcome === "string" ? undefined : outcome;
}
