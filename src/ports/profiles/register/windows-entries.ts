/** Windows by its releases, each with what is known of it: no more than its documents say. */

import {
  windows,
  windows2003,
  windows2003Ms08037,
  windows2008Exchange2007,
  windowsCustom,
  windowsXp,
} from "../windows.ts";
import type { ProfileEntry } from "./entry.ts";
import {
  windows2003Ms08037Sources,
  windowsCustomSources,
  windowsExchangeSources,
  windowsSources,
  windowsXpSources,
} from "./value-sources-others.ts";

const tables = 'Winsock, "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE"';
const algorithm = "not published; assumed: random start, then upward";

export const windowsEntries: readonly ProfileEntry[] = [
  {
    profile: windowsXp,
    sources: windowsXpSources,
    title: "Windows",
    version: "XP and earlier (to 2001)",
    algorithm: "not published; assumed: upward from the last port, and around",
    evidence: "documented",
    source: `MaxUserPort, TcpTimedWaitDelay; ${tables}`,
    notes: "SO_REUSEADDR of the newcomer alone takes over any port that is not exclusive.",
  },
  {
    profile: windows2003,
    sources: windowsXpSources,
    title: "Windows Server",
    version: "2003, before MS08-037",
    algorithm: "not published; assumed: upward from the last port, and around",
    evidence: "documented",
    source: `MaxUserPort, TcpTimedWaitDelay; ${tables}`,
  },
  {
    profile: windows2003Ms08037,
    sources: windows2003Ms08037Sources,
    title: "Windows Server",
    version: "2003 with MS08-037 (2008)",
    algorithm,
    evidence: "documented",
    source: `MS08-037; ${tables}`,
  },
  {
    profile: windows,
    sources: windowsSources,
    title: "Windows",
    version: "Vista, Server 2008 and later (since 2007)",
    algorithm,
    range: "49152-65535, for TCP and UDP, IPv4 and IPv6 apart",
    evidence: "documented",
    source: `netsh int ipv4 show dynamicport; Set-NetTCPSetting; ${tables}`,
    notes: "With an auto-reuse range connect() shares ports between destinations: windowsWithAutoReuse.",
  },
  {
    profile: windowsCustom,
    sources: windowsCustomSources,
    title: "Windows",
    version: "Vista and later, with a range of one's own",
    algorithm,
    range: "any 255 ports or more of 1025-65535",
    evidence: "documented",
    source: "netsh int ipv4 set dynamicport",
    notes: "windowsWithRange makes it with the range and refuses those that Windows would refuse.",
  },
  {
    profile: windows2008Exchange2007,
    sources: windowsExchangeSources,
    title: "Windows Server",
    version: "2008 with Exchange Server 2007",
    algorithm,
    evidence: "documented",
    source: `setup of Exchange Server 2007; ${tables}`,
  },
];
