/**
 * Holds: a closed connection's port rests (TIME-WAIT, RFC 9293, section 3.3.2) until its deadline, or until the profile
 * lets a new connection take over the five-tuple.
 */
import type { Address } from "../../base/address.ts";
import { type Instant, never } from "../../base/time/clock.ts";

/** What the connection leaves behind for the rule of reuse. */
export interface TimeWaitReuse {
  /** Both ends used timestamps (RFC 7323), and one from the peer is remembered. */
  readonly timestamps: boolean;
  /** It rests in FIN-WAIT-2, waiting for a FIN that may never come. */
  readonly finWait2?: boolean;
}

/** A hold as the rule sees it. */
export interface RestingFlow {
  readonly local: Address;
  readonly remote: Address;
  readonly device: number;
  readonly since: Instant;
  readonly reuse: TimeWaitReuse;
}

/** What a host sets: net.ipv4.tcp_tw_reuse and tcp_tw_reuse_delay. */
export interface ReuseSettings {
  /** 0 never, 1 always, 2 for loopback only. */
  readonly mode: 0 | 1 | 2;
  /** Milliseconds. */
  readonly delay: number;
}

export interface HoldRule {
  /** How long TIME-WAIT lasts, in milliseconds. */
  readonly length: number;
  /** A connection in FIN-WAIT-2 that nobody has any more rests already. */
  readonly restsInFinWait2?: boolean;
  /** After which instant connect(2) may choose the five-tuple again, the hold still lasting; `never` if it may not. */
  readonly reusableAfter: (flow: RestingFlow, settings: ReuseSettings) => Instant;
  /** Whether connect(2) of a socket that was bound to the port may take the five-tuple over at once. */
  readonly boundMayReuse: (reuse: TimeWaitReuse) => boolean;
}

/** The hold ends by its deadline alone. */
export function heldToTheEnd(length: number): HoldRule {
  return { length, reusableAfter: () => never, boundMayReuse: () => false };
}
