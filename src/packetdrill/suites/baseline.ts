/** What is known of public scripts beforehand: of what kind each is, and over which IP versions a real stack passes it. */
import type { IpVersion } from "../language/options.ts";

/** `generic`: of any conforming stack; `os-api`: of the socket interface; `linux-internal`: of one implementation. */
export type Category = "generic" | "os-api" | "linux-internal";

export interface Known {
  readonly category: Category;
  /** Some real stack passes it. Scripts that none does judge nobody. */
  readonly proven: boolean;
  /** What a run has to end in; a few scripts are written to fail. */
  readonly verdict: "pass" | "fail";
  /** Over which it is known to pass; undefined: over all that its harness runs. */
  readonly ipVersions: ReadonlySet<IpVersion> | undefined;
}

interface Entry {
  readonly file: string;
  readonly category: Category;
  readonly proven: boolean;
  readonly linux_6_18?: string;
  readonly runs?: Readonly<Record<string, string>> | null;
}

/** Reads a baseline: an array of entries, one a script. */
export function readBaseline(text: string): ReadonlyMap<string, Known> {
  const entries = JSON.parse(text) as readonly Entry[];
  return new Map(entries.map((entry) => [entry.file, knownOf(entry)]));
}

function knownOf({ category, proven, linux_6_18: linux = "", runs }: Entry): Known {
  const verdict = linux.includes("fails as it must") ? "fail" : "pass";
  const passed = Object.entries(runs ?? {}).flatMap(([name, result]) =>
    result === "pass" ? (versions[name.replace(/[+-].*$/, "")] ?? []) : [],
  );
  return { category, proven, verdict, ipVersions: passed.length === 0 ? undefined : new Set(passed) };
}

const versions: Readonly<Record<string, readonly IpVersion[]>> = {
  ipv4: ["ipv4"],
  ipv6: ["ipv6"],
  mapped: ["ipv4-mapped-ipv6"],
};
