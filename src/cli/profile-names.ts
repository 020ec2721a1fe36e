/** The profiles and algorithms that can be asked for by name. */
import { Option } from "commander";
import { registry } from "../ports/profiles/register/registry.ts";

export const profileNames: readonly string[] = registry.map(({ profile }) => profile.name);

/** RFC 6056, section 3.3, and increment with wraparound. */
export const algorithmNames = [
  "sequential",
  "random",
  "random-retry",
  "simple-hash",
  "double-hash",
  "random-increments",
] as const;
export type RfcAlgorithm = (typeof algorithmNames)[number];

/** Those that some profile has by its system's own name, such as NetBSD's `randinc`. */
const systemAlgorithms: readonly string[] = registry
  .flatMap(({ profile }) => Object.values(profile.protocols))
  .flatMap(({ algorithms = {} }) => Object.keys(algorithms));

/** All that `--algorithm` takes, each once. Which of the system's a profile has is its own. */
export const allAlgorithmNames: readonly string[] = [...new Set([...algorithmNames, ...systemAlgorithms])];

export function profileOption(): Option {
  return new Option("--profile <name>", "decide about ports as this system does")
    .choices(profileNames)
    .default("linux");
}

export function algorithmOption(): Option {
  return new Option(
    "--algorithm <name>",
    "choose ports by this algorithm instead: the system's own of that name where it has one, or RFC 6056's",
  ).choices(allAlgorithmNames);
}
