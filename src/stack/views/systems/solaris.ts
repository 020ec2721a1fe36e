/**
 * ndd(1M) and ipadm(1M) of Solaris, no(1) of AIX, as far as they are about ports. By their documents alone (Solaris Tunable Parameters
 * Reference Manual, "smallest_anon_port"; AIX, "no command"). TCP, UDP and SCTP have a range each there; here they have one.
 */
import { fixed, privilegeEnd, rangeEnds, type SettingKeeper, type SettingTable } from "./setting.ts";

export function solarisSettings({ ports, profile }: SettingKeeper): SettingTable {
  const { first, last } = rangeEnds(ports, 1024, "refused");
  const privileged = privilegeEnd(ports, { below: 0 }, 1024, 32768);
  const ofProtocol = (protocol: string): SettingTable => ({
    [`${protocol}_smallest_anon_port`]: first,
    [`${protocol}_largest_anon_port`]: last,
    [`${protocol}_smallest_nonpriv_port`]: privileged,
  });
  return {
    ...ofProtocol("tcp"),
    ...ofProtocol("udp"),
    ...ofProtocol("sctp"),
    tcp_time_wait_interval: fixed(profile.hold.length), // milliseconds
  };
}

export function aixSettings({ ports }: SettingKeeper): SettingTable {
  const { first, last } = rangeEnds(ports, 1024, "refused");
  return {
    tcp_ephemeral_low: first,
    tcp_ephemeral_high: last,
    udp_ephemeral_low: first,
    udp_ephemeral_high: last,
  };
}
