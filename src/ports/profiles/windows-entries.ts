/** Windows by its releases, each with what is known of it: no more than its documents say. */
import type { ProfileEntry } from "./entry.ts";
import { windows, windows2003, windows2003Ms08037, windows2008Exchange2007, windowsXp } from "./windows.ts";

const tables = 'Winsock, "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE"';
const algorithm = "not published; assumed: random start, then upward";

export const windowsEntries: readonly ProfileEntry[] = [
  {
    profile: windowsXp,
    title: "Windows XP",
    version: "XP and earlier (to 2001)",
    algorithm: "not published; assumed: upward from the last port, and around",
    evidence: "documented",
    source: `MaxUserPort, TcpTimedWaitDelay; ${tables}`,
    notes: "SO_REUSEADDR of the newcomer alone takes over any port that is not exclusive.",
  },
  {
    profile: windows2003,
    title: "Windows Server 2003",
    version: "2003, before MS08-037",
    algorithm: "not published; assumed: upward from the last port, and around",
    evidence: "documented",
    source: `MaxUserPort, TcpTimedWaitDelay; ${tables}`,
  },
  {
    profile: windows2003Ms08037,
    title: "Windows Server 2003",
    version: "2003 with MS08-037 (2008)",
    algorithm,
    evidence: "documented",
    source: `MS08-037; ${tables}`,
  },
  {
    profile: windows,
    title: "Windows",
    version: "Vista, Server 2008 and later (since 2007)",
    algorithm,
    evidence: "documented",
    source: `netsh int ipv4 show dynamicport; Set-NetTCPSetting; ${tables}`,
    notes:
      "A range for each protocol and IP version is modelled as one. Custom ranges: windowsWithRange, 255 ports or more within " +
      "1025-65535; with an auto-reuse range connect() shares ports between destinations: windowsWithAutoReuse.",
  },
  {
    profile: windows2008Exchange2007,
    title: "Windows Server 2008 with Exchange Server 2007",
    version: "2008",
    algorithm,
    evidence: "documented",
    source: `setup of Exchange Server 2007; ${tables}`,
  },
];
