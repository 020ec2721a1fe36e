/** Profiles by name, with the range and the algorithm that were asked for. */
import type { Random } from "../base/random.ts";
import { type Profile, withAlgorithm, withSelection } from "../ports/profile.ts";
import { profileNamed } from "../ports/profiles/register/registry.ts";
import { doubleHash } from "../ports/selection/rfc6056/double-hash.ts";
import { random } from "../ports/selection/rfc6056/random.ts";
import { randomIncrements } from "../ports/selection/rfc6056/random-increments.ts";
import { randomRetry } from "../ports/selection/rfc6056/random-retry.ts";
import { sequential } from "../ports/selection/rfc6056/sequential.ts";
import { simpleHash } from "../ports/selection/rfc6056/simple-hash.ts";
import type { Selection } from "../ports/selection.ts";
import type { PortPair } from "./arguments.ts";
import { UsageError } from "./failure.ts";
import { algorithmNames, type RfcAlgorithm } from "./profile-names.ts";

const algorithms: Readonly<Record<RfcAlgorithm, (chance: Random) => Selection>> = {
  sequential,
  random,
  "random-retry": randomRetry,
  "simple-hash": simpleHash,
  "double-hash": doubleHash,
  "random-increments": randomIncrements,
};

export interface ProfileWish {
  readonly profile: string;
  /** One of the system's own, or else of RFC 6056. */
  readonly algorithm?: string | undefined;
  readonly range?: PortPair | undefined;
}

/** The profile asked for, with the range and the algorithm asked for. @throws UsageError where it has no such algorithm */
export function profileOf({ profile, algorithm, range }: ProfileWish): Profile {
  const base = profileNamed(profile);
  const chosen = algorithm === undefined ? base : choosingBy(base, algorithm);
  return { ...chosen, range: range ?? base.range };
}

function choosingBy(base: Profile, algorithm: string): Profile {
  const own = Object.values(base.protocols).flatMap(({ algorithms: names = {} }) => Object.keys(names));
  if (own.includes(algorithm)) return withAlgorithm(base, algorithm);
  if (isOfRfc(algorithm)) return { ...base, protocols: reselected(base.protocols, algorithms[algorithm]) };
  const names = [...new Set([...own, ...algorithmNames])];
  throw new UsageError(`${base.name} has no algorithm ${algorithm}: there are ${names.join(", ")}`);
}

function isOfRfc(algorithm: string): algorithm is RfcAlgorithm {
  return Object.hasOwn(algorithms, algorithm);
}

function reselected(
  { tcp, udp, sctp, udplite }: Profile["protocols"],
  selection: (chance: Random) => Selection,
): Profile["protocols"] {
  return {
    tcp: withSelection(tcp, selection),
    udp: withSelection(udp, selection),
    sctp: withSelection(sctp, selection),
    udplite: withSelection(udplite, selection),
  };
}
