/**
 * The public suites, and how the people who publish them run their scripts: dialect, platform, what the machine is set
 * to before each, and over which IP versions.
 */
import { type HarnessRun, harnessRunsOf } from "../language/harness.ts";
import type { Dialect, Platform } from "../language/script/script.ts";
import { linux3, linuxDefaults } from "../run/presets.ts";

export interface Suite {
  readonly name: string;
  /** What the script's path, from the folder of all suites on, begins with. */
  readonly folder: string;
  readonly dialect: Dialect;
  readonly platform: Platform;
  /** Knobs set before each script. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Where it can be had. */
  readonly home: string;
  /** How often a script is run, and how. */
  readonly runs: (file: string) => readonly HarnessRun[];
}

/** As the tool runs a script that is given to it without options. */
const plain: readonly HarnessRun[] = [{ ipVersion: "ipv4", options: [], define: new Map() }];

const google = { dialect: "google", platform: "Linux", sysctls: linuxDefaults } as const;
const bsd = { dialect: "nplab", platform: "FreeBSD", sysctls: {}, runs: () => plain } as const;
const nplab = {
  folder: "nplab+packetdrill/gtests/net/packetdrill/tests/",
  home: "https://github.com/nplab/packetdrill",
};

/** gVisor's runner is of real time and another machine, and lenient. */
function gvisorRuns(file: string): readonly HarnessRun[] {
  const lenient = { at: 0, name: "tolerance_usecs", value: "100000" };
  return harnessRunsOf(file)
    .filter((run) => run.ipVersion === "ipv4")
    .map((run) => ({ ...run, options: [...run.options, lenient] }));
}

/** The first whose folder a file is in is its suite. */
export const suites: readonly Suite[] = [
  {
    ...google,
    name: "google",
    folder: "google+packetdrill/",
    home: "https://github.com/google/packetdrill",
    runs: harnessRunsOf,
  },
  {
    ...google,
    name: "kernel selftests",
    folder: "torvalds+linux/",
    home: "https://github.com/torvalds/linux, tools/testing/selftests/net/packetdrill",
    // The kernel's ksft_runner.sh knows no mapped addresses.
    runs: (file) => harnessRunsOf(file).filter((run) => run.ipVersion !== "ipv4-mapped-ipv6"),
  },
  {
    ...google,
    name: "gVisor",
    folder: "google+gvisor/",
    home: "https://github.com/google/gvisor, test/packetdrill",
    runs: gvisorRuns,
  },
  {
    ...bsd,
    name: "ETSI SCTP",
    folder: "nplab+ETSI-SCTP-Conformance-Testsuite/",
    home: "https://github.com/nplab/ETSI-SCTP-Conformance-Testsuite",
  },
  { ...bsd, name: "nplab linux, SCTP", ...nplab, folder: `${nplab.folder}linux/sctp/`, platform: "Linux" },
  {
    ...{ dialect: "nplab", platform: "Linux", sysctls: linux3, runs: () => plain },
    ...{ name: "nplab linux", ...nplab, folder: `${nplab.folder}linux/` },
  },
  { ...bsd, name: "nplab bsd, SCTP", ...nplab, folder: `${nplab.folder}bsd/sctp/` },
  { ...bsd, name: "nplab bsd", ...nplab },
];

/** @param file path of a script from the folder of all suites on, with `/`. */
export function suiteOf(file: string): Suite | undefined {
  return suites.find(({ folder }) => file.startsWith(folder));
}
