/** The profiles and algorithms that can be asked for by name. */
import { Option } from "commander";
import { registry } from "../ports/profiles/registry.ts";

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
export type AlgorithmName = (typeof algorithmNames)[number];

export function profileOption(): Option {
  return new Option("--profile <name>", "decide about ports as this system does")
    .choices(profileNames)
    .default("linux");
}

export function algorithmOption(): Option {
  return new Option(
    "--algorithm <name>",
    "choose ports by this algorithm instead of the profile's own",
  ).choices(algorithmNames);
}
