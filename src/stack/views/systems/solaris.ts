/**
 * ndd(1M) and ipadm(1M) of Solaris, no(1) of AIX, as far as they are about ports. By their documents alone (Solaris Tunable Parameters
 * Reference Manual, "smallest_anon_port"; AIX, "no command"). Each protocol has a range of its own.
 */
import type { TransportProtocol } from "../../../ports/binding.ts";
import { fixed, privilegeEnd, rangeEnds, type SettingKeeper, type SettingTable } from "./setting.ts";

export function solarisSettings({ ports, profile }: SettingKeeper): SettingTable {
  const ofProtocol = (protocol: TransportProtocol): SettingTable => {
    const { first, last } = rangeEnds(ports.of(protocol), 1024, "refused");
    return {
      [`${protocol}_smallest_anon_port`]: first,
      [`${protocol}_largest_anon_port`]: last,
      [`${protocol}_smallest_nonpriv_port`]: privilegeEnd(ports.of(protocol), { below: 0 }, 1024, 32768),
    };
  };
  return {
    ...ofProtocol("tcp"),
    ...ofProtocol("udp"),
    ...ofProtocol("sctp"),
    tcp_time_wait_interval: fixed(profile.hold.length), // milliseconds
  };
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
