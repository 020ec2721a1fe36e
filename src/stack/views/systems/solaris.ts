/**
 * ndd(1M) and ipadm(1M) of Solaris, no(1) of AIX, as far as they are about ports. By their documents alone (Solaris Tunable Parameters
 * Reference Manual, "smallest_anon_port"; AIX, "no command"). Each protocol has a range of its own.
 */
import type { ErrnoName } from "../../../base/errno.ts";
import type { TransportProtocol } from "../../../ports/binding.ts";
import type { PortRules } from "../../../ports/protocol-settings.ts";
import { solarisAlgorithms } from "./algorithms.ts";
import {
  fixed,
  privilegeEnd,
  rangeEnds,
  type Setting,
  type SettingKeeper,
  type SettingTable,
  wholeNumber,
} from "./setting.ts";

export function solarisSettings(keeper: SettingKeeper): SettingTable {
  const { ports, profile } = keeper;
  const ofProtocol = (protocol: TransportProtocol): SettingTable => {
    const { first, last } = rangeEnds(ports.of(protocol), 1024, "refused");
    return {
      [`${protocol}_smallest_anon_port`]: first,
      [`${protocol}_largest_anon_port`]: last,
      [`${protocol}_smallest_nonpriv_port`]: privilegeEnd(ports.of(protocol), { below: 0 }, 1024, 32768),
      ...extraPrivileged(protocol, ports.of(protocol)),
    };
  };
  return {
    ...ofProtocol("tcp"),
    ...ofProtocol("udp"),
    ...ofProtocol("sctp"),
    ...solarisAlgorithms(keeper),
    tcp_time_wait_interval: fixed(profile.hold.length), // milliseconds
  };
}

/** TCP_NUM_EPRIV_PORTS and its siblings. This and the errnos of _add and _del are illumos' (inet/tcp/tcp_tunables.c), as remembered. */
const mostExtra = 64;

/** `tcp_extra_priv_ports`, one a line, with `_add` and `_del`. */
function extraPrivileged(protocol: TransportProtocol, of: Pick<PortRules, "extraPrivileged">): SettingTable {
  const all = (): number[] => of.extraPrivileged.flatMap(([low, high]) => portsFrom(low, high));
  const get = (): string => all().join("\n");
  const changing = (change: (ports: number[], port: number) => readonly number[] | ErrnoName): Setting => ({
    get,
    set: (text) => {
      const port = wholeNumber(text);
      if (port === undefined || port <= 0 || port > 65535) return "EINVAL";
      const changed = change(all(), port);
      if (typeof changed === "string") return changed;
      of.extraPrivileged = changed.map((one) => [one, one]);
      return undefined;
    },
  });
  const name = `${protocol}_extra_priv_ports`;
  return {
    [name]: { get },
    [`${name}_add`]: changing((ports, port) => {
      if (ports.includes(port)) return "EEXIST";
      return ports.length < mostExtra ? [...ports, port] : "EOVERFLOW";
    }),
    [`${name}_del`]: changing((ports, port) =>
      ports.includes(port) ? ports.filter((one) => one !== port) : "ESRCH",
    ),
  };
}

function portsFrom(low: number, high: number): number[] {
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}

export function aixSettings({ ports }: SettingKeeper): SettingTable {
  const tcp = rangeEnds(ports.of("tcp"), 1024, "refused");
  const udp = rangeEnds(ports.of("udp"), 1024, "refused");
  return {
    tcp_ephemeral_low: tcp.first,
    tcp_ephemeral_high: tcp.last,
    udp_ephemeral_low: udp.first,
    udp_ephemeral_high: udp.last,
  };
}
