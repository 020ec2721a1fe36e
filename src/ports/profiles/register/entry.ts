/** What is told of a profile wherever profiles are listed: one row of the table of systems. */
import type { Profile } from "../../profile.ts";
import type { ValueSources } from "./value-sources.ts";

export interface ProfileEntry {
  readonly profile: Profile;
  /** The systems it stands for, as their makers write them. */
  readonly title: string;
  /** The releases that behave so, with years where they are known: `4.0 to 4.5 (2000-2002)`. */
  readonly version: string;
  /** How automatic ports are chosen, in a few words: by protocol or call where they differ. */
  readonly algorithm: string;
  /** The range in words, where it is more than the profile's one pair: scaled by memory, by protocol, a band. */
  readonly range?: string;
  /** Where a system is known not to do what it was meant to: which of the two this is. The other has a profile of its own. */
  readonly variant?: "as coded" | "as published";
  /** Measured on a running system, read in its source, or only said by its documents. */
  readonly evidence: "measured" | "source" | "documented";
  /** Where its values are from: file and function, section or page. */
  readonly source: string;
  /** The same for one value after the other. */
  readonly sources?: ValueSources;
  /** What else one should know: defects, assumptions, what was not modelled. One sentence or a few. */
  readonly notes?: string;
}

/** The range as the table shows it: the entry's own words, or `LOW-HIGH`. */
export function rangeText({ range, profile }: ProfileEntry): string {
  return range ?? profile.range.join("-");
}
