/** How the suites' own harnesses call the tool: one run for each IP version, with these options and definitions. */
import type { IpVersion } from "./options.ts";
import type { ScriptOption } from "./script/script.ts";

export interface HarnessRun {
  readonly ipVersion: IpVersion;
  readonly options: readonly ScriptOption[];
  readonly define: ReadonlyMap<string, string>;
}

/** The three runs that Google's run_all.py and the kernel's selftests give each script. */
export const harnessRuns: readonly HarnessRun[] = [
  harnessRun("ipv4", v4Options(), { levels: "SOL_IP", error: "IP_RECVERR" }),
  harnessRun("ipv6", v6Options(), { levels: "SOL_IPV6", error: "IPV6_RECVERR" }),
  harnessRun("ipv4-mapped-ipv6", v4Options(), { levels: "SOL_IPV6", error: "IPV6_RECVERR" }),
];

/** A script's name may bind it to one version: `…v6.pkt` runs only over IPv6, `…v4.pkt` never. */
export function harnessRunsOf(file: string): readonly HarnessRun[] {
  if (file.endsWith("v6.pkt")) return harnessRuns.filter((run) => run.ipVersion === "ipv6");
  if (file.endsWith("v4.pkt")) return harnessRuns.filter((run) => run.ipVersion !== "ipv6");
  return harnessRuns;
}

function harnessRun(
  ipVersion: IpVersion,
  options: Readonly<Record<string, string>>,
  names: { levels: string; error: string },
): HarnessRun {
  const define = new Map([
    ["CMSG_LEVEL_IP", names.levels],
    ["CMSG_TYPE_RECVERR", names.error],
    ["TFO_COOKIE", ipVersion === "ipv6" ? "c1d1e9742a47a9bc" : "3021b9d889017eeb"],
  ]);
  if (ipVersion !== "ipv6") define.set("CODE", "host_unreachable");
  const all = { ip_version: ipVersion, ...options };
  return { ipVersion, options: Object.entries(all).map(([name, value]) => ({ at: 0, name, value })), define };
}

function v4Options(): Record<string, string> {
  return {
    local_ip: "192.168.0.1",
    gateway_ip: "192.168.0.1",
    netmask_ip: "255.255.0.0",
    remote_ip: "192.0.2.1",
  };
}

/** The MTU is 20 larger, so that segments have the same size in both families. */
function v6Options(): Record<string, string> {
  return {
    mtu: "1520",
    local_ip: "fd3d:0a0b:17d6::1",
    gateway_ip: "fd3d:0a0b:17d6:8888::1",
    netmask_ip: "/48",
    remote_ip: "fd3d:fa7b:d17d::1",
  };
}
