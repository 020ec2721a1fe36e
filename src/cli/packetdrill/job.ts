/** One run of one script, as plain data: it may be done by this thread or by another one. */
import type { IpVersion } from "../../packetdrill/language/options.ts";
import type { Dialect } from "../../packetdrill/language/script/script.ts";
import type { Verdict } from "../../packetdrill/run/runner.ts";

export const devicesUnderTest = ["self", "kernel"] as const;
export type DeviceName = (typeof devicesUnderTest)[number];

/** Whose constants and defaults a script expects: Linux's, those of a Linux 3.x, or FreeBSD's. */
export const scriptProfiles = ["linux", "linux3", "freebsd"] as const;
export type ScriptProfile = (typeof scriptProfiles)[number];

export interface ScriptJob {
  /** As it was named on the command line, or found in a folder named there. */
  readonly file: string;
  readonly ipVersion: IpVersion;
  /** Run as the suites' own harnesses do, with their addresses; otherwise as the tool does when called by hand. */
  readonly harness: "official" | "none";
  readonly device: DeviceName;
  /** Guessed from the script when left out, and so is the profile. */
  readonly dialect?: Dialect | undefined;
  readonly profile?: ScriptProfile | undefined;
  /** Microseconds; 0 takes the percentage away too. The tool's own when left out. */
  readonly tolerance?: number | undefined;
  readonly define: ReadonlyMap<string, string>;
  /** Where its packets are written. */
  readonly pcap?: string | undefined;
  /** Whether its events are told as they happen. */
  readonly events: "told" | "untold";
}

/** How it went. */
export interface ScriptReport {
  readonly file: string;
  readonly family: IpVersion;
  readonly result: Verdict;
  /** From 1; 0 where no line is at fault. */
  readonly line: number;
  readonly message: string;
  /** What is wrong with a script that could not be run, each with its place and the line of the script. */
  readonly errors: readonly string[];
  /** The packet that was expected and the one that came, as lines of a script. */
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  /** The last packets before a failure, as lines of a script. */
  readonly packets: readonly string[];
  readonly pcap?: string | undefined;
  readonly warnings: readonly string[];
  /** What code blocks printed. */
  readonly printed: readonly string[];
  readonly virtualSeconds: number;
  readonly realMilliseconds: number;
}
