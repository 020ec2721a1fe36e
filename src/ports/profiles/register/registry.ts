/** Every profile by its name, with what is known of it: the table behind `--profile` and of the documents. */
import type { Profile } from "../../profile.ts";
import type { ProfileEntry } from "./entry.ts";
import { unixEntries } from "./unix-entries.ts";
import { userspaceEntries } from "./userspace-entries.ts";
import { windowsEntries } from "./windows-entries.ts";

export const registry: readonly ProfileEntry[] = [...unixEntries, ...windowsEntries, ...userspaceEntries];

const byName: ReadonlyMap<string, ProfileEntry> = new Map(
  registry.map((entry) => [entry.profile.name, entry]),
);

/** @throws RangeError where there is no such profile */
export function profileNamed(name: string): Profile {
  const entry = byName.get(name);
  if (entry === undefined)
    throw new RangeError(`no profile "${name}": there are ${[...byName.keys()].join(", ")}`);
  return entry.profile;
}
