/**
 * How ports are chosen, where a system has a setting for it. NetBSD: sysctl_portalgo_selected and its like, netinet/portalgo.c.
 * FreeBSD: netinet/in_pcb.c. macOS: netinet/tcp_subr.c and udp_usrreq.c.
 */
import type { AlgorithmScope } from "../../../ports/algorithm-settings.ts";
import type { PortSettings } from "../../../ports/port-settings.ts";
import { formatPortList } from "../../../ports/range.ts";
import { type Setting, type SettingKeeper, type SettingTable, wholeNumber } from "./setting.ts";

/** `net.inet.ip.anonportalgo` and `net.inet6.ip6.anonportalgo`: each version of IP has its own. */
export function netbsdAlgorithms({ ports }: SettingKeeper): SettingTable {
  return {
    ...anonportalgo("net.inet.ip.anonportalgo.", 4, ports),
    ...anonportalgo("net.inet6.ip6.anonportalgo.", 6, ports),
  };
}

function anonportalgo(prefix: string, domain: 4 | 6, ports: PortSettings): SettingTable {
  const { algorithms } = ports;
  const names = algorithms.names("tcp");
  return {
    [`${prefix}selected`]: {
      get: () => algorithms.selected("tcp", domain) ?? "",
      set: (text) => {
        if (!names.includes(text)) return "EINVAL";
        algorithms.take(text, { domain });
        return undefined;
      },
    },
    [`${prefix}available`]: { get: () => names.join(" ") },
    [`${prefix}reserve`]: { get: () => formatPortList(ports.of("tcp", domain).reserved) },
  };
}

/** `randomized`; up to FreeBSD 13, which counts choices, `randomcps` and `randomtime` too. */
export function freebsdAlgorithms({ ports, profile }: SettingKeeper): SettingTable {
  const { algorithms } = ports;
  if (algorithms.names("tcp").length === 0) return {};
  const { busy } = algorithms;
  const counting: SettingTable = { randomcps: count(busy, "choices"), randomtime: count(busy, "seconds") };
  return {
    randomized: either(ports, { random: "random", otherwise: "sequential" }),
    ...(profile.name.startsWith("freebsd-13") ? counting : {}),
  };
}

export function macosAlgorithms({ ports }: SettingKeeper): SettingTable {
  const names = { random: "random", otherwise: "after-last" };
  return {
    "net.inet.tcp.randomize_ports": either(ports, names, { protocol: "tcp" }),
    "net.inet.udp.randomize_ports": either(ports, names, { protocol: "udp" }),
  };
}

/** By its name and default alone, as remembered: a switch, which takes 0 and 1. */
export function solarisAlgorithms({ ports }: SettingKeeper): SettingTable {
  const { get, set } = either(ports, { random: "random", otherwise: "sequential" }, { protocol: "tcp" });
  return {
    tcp_random_anon_port: { get, set: (text) => (/^\s*[01]\s*$/.test(text) ? set?.(text) : "EINVAL") },
  };
}

interface Names {
  /** What 1 stands for, as any number but 0 does. */
  readonly random: string;
  /** What 0 stands for. */
  readonly otherwise: string;
}

/** One of two algorithms. */
function either(
  { algorithms }: PortSettings,
  { random, otherwise }: Names,
  scope: AlgorithmScope = {},
): Setting {
  return {
    get: () => (algorithms.selected(scope.protocol ?? "tcp", 4) === random ? "1" : "0"),
    set: (text) => {
      const value = wholeNumber(text);
      if (value === undefined) return "EINVAL";
      algorithms.take(value === 0 ? otherwise : random, scope);
      return undefined;
    },
  };
}

function count<Name extends string>(of: Record<Name, number>, name: Name): Setting {
  return {
    get: () => String(of[name]),
    set: (text) => {
      const value = wholeNumber(text);
      if (value === undefined || value < 0) return "EINVAL";
      of[name] = value;
      return undefined;
    },
  };
}
