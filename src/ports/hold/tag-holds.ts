/**
 * What rests after an SCTP association is its verification tag, not its port: a new association between the two ports must not
 * have the tag of the last one (RFC 9260, section 5.3.1), whose chunks may still be under way. As usrsctp does
 * (sctp_add_vtag_to_timewait, sctp_is_vtag_good): a tag rests between its two ports, wherever the peer is.
 */

import type { Random } from "../../base/random.ts";
import type { Instant } from "../../base/time/clock.ts";

/** Both ports, and the tag that the peer's packets carried: unsigned. */
export interface RestingTag {
  readonly tag: number;
  readonly localPort: number;
  readonly remotePort: number;
}

interface Rest extends RestingTag {
  readonly until: Instant;
}

export class TagHolds {
  readonly #byTag = new Map<number, readonly Rest[]>();
  /** How many tags the last sweep left. */
  #swept = 0;

  /** How many tags rest, those whose time is over since the last sweep included. */
  get size(): number {
    return this.#byTag.size;
  }

  /** The tag rests until `until`; where it does already, the later end counts. */
  hold({ tag, localPort, remotePort }: RestingTag, until: Instant, now: Instant): void {
    if (this.#byTag.size >= 2 * this.#swept + 64) this.#sweep(now);
    const others = (this.#byTag.get(tag) ?? []).filter((rest) => rest.until > now);
    this.#byTag.set(tag, [...others, { tag, localPort, remotePort, until }]);
  }

  /** Whether it may not be had between these ports yet. */
  rests({ tag, localPort, remotePort }: RestingTag, now: Instant): boolean {
    const rests = this.#byTag.get(tag);
    return rests?.some((one) => isBetween(one, localPort, remotePort) && one.until > now) === true;
  }

  /** A tag for a new association: random, not 0 (section 5.3.1), none that rests, and none that `isTaken` (sctp_select_a_tag). */
  draw(
    { localPort, remotePort }: Omit<RestingTag, "tag">,
    random: Random,
    now: Instant,
    isTaken: (tag: number) => boolean = () => false,
  ): number {
    for (;;) {
      const tag = random.uint32() >>> 0;
      if (tag !== 0 && !this.rests({ tag, localPort, remotePort }, now) && !isTaken(tag)) return tag;
    }
  }

  /** Forgets what is over: as often as the table has doubled. */
  #sweep(now: Instant): void {
    for (const [tag, rests] of this.#byTag)
      if (rests.every(({ until }) => until <= now)) this.#byTag.delete(tag);
    this.#swept = this.#byTag.size;
  }
}

function isBetween(rest: RestingTag, localPort: number, remotePort: number): boolean {
  return rest.localPort === localPort && rest.remotePort === remotePort;
}
