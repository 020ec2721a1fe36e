/** Profiles by name, with the range and the algorithm that were asked for. */
import type { Random } from "../base/random.ts";
import { type Profile, withSelection } from "../ports/profile.ts";
import { profileNamed } from "../ports/profiles/registry.ts";
import { doubleHash } from "../ports/selection/double-hash.ts";
import { random } from "../ports/selection/random.ts";
import { randomIncrements } from "../ports/selection/random-increments.ts";
import { randomRetry } from "../ports/selection/random-retry.ts";
import { sequential } from "../ports/selection/sequential.ts";
import { simpleHash } from "../ports/selection/simple-hash.ts";
import type { Selection } from "../ports/selection.ts";
import type { PortPair } from "./arguments.ts";
import type { AlgorithmName } from "./profile-names.ts";

const algorithms: Readonly<Record<AlgorithmName, (chance: Random) => Selection>> = {
  sequential,
  random,
  "random-retry": randomRetry,
  "simple-hash": simpleHash,
  "double-hash": doubleHash,
  "random-increments": randomIncrements,
};

export interface ProfileWish {
  readonly profile: string;
  readonly algorithm?: AlgorithmName | undefined;
  readonly range?: PortPair | undefined;
}

/** The profile asked for, with the range and the algorithm asked for. */
export function profileOf({ profile, algorithm, range }: ProfileWish): Profile {
  const base = profileNamed(profile);
  const selection = algorithm === undefined ? undefined : algorithms[algorithm];
  return {
    ...base,
    range: range ?? base.range,
    protocols: selection === undefined ? base.protocols : reselected(base.protocols, selection),
  };
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
