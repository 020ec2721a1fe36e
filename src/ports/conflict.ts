/** When a holder of a port keeps a newcomer from it: one pure function for each operating system, in `conflict/`. */
import type { Claim } from "./claim.ts";

/**
 * Why the port is wanted. `named`: bind(2) with this port, or listen(2) asking again. `chosen`: a candidate for bind(2) with
 * port 0. `relaxed`: the same when nothing else was left and the host allows sharing. `connect`: a candidate for
 * connect(2), which may share a port where five-tuples differ.
 */
export type Purpose = "named" | "chosen" | "relaxed" | "connect";

/**
 * What stands in the way.
 * `address`: the addresses overlap and not both sides allow it. `listening`: the holder listens. `user`: the options
 * agree but the users differ. `exclusive`: one side wants the port alone. `bound`: connect(2) shares no port that
 * was bound. `shared`: a choice takes no port that would have to be shared.
 */
export type ConflictReason = "address" | "listening" | "user" | "exclusive" | "bound" | "shared";

/**
 * A pure function of two claims: the reason of a conflict, or undefined. `joins` says there is none and that no
 * holder further back in the port's list is asked (Linux UDP, where the first in the way decides).
 */
export type ConflictRule = (
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
) => ConflictReason | "joins" | undefined;
