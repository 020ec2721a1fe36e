/**
 * sysctl(8) of the BSDs and of macOS, as far as it is about ports. FreeBSD and macOS: sysctl_net_ipport_check, sys/netinet/in_pcb.c,
 * which takes the nearest port that is allowed for one that is not. OpenBSD: netinet/in_pcb.c and in_proto.c. NetBSD: in_pcb.c.
 */
import { freebsdAlgorithms, macosAlgorithms, netbsdAlgorithms } from "./algorithms.ts";
import {
  fixed,
  portsNeverChosen,
  privilegeEnd,
  rangeEnds,
  type SettingKeeper,
  type SettingTable,
} from "./setting.ts";

/** IPPORT_RESERVED. */
const reserved = 1024;

export function freebsdSettings(keeper: SettingKeeper): SettingTable {
  const { ports, profile } = keeper;
  const { first, last } = rangeEnds(ports, reserved, "nearest");
  return {
    ...named("net.inet.ip.portrange.", {
      first,
      last,
      ...bands(profile.bands),
      ...freebsdAlgorithms(keeper),
    }),
    "net.inet.ip.portrange.reservedhigh": privilegeEnd(ports, { below: 1 }, 0, 65535),
    "net.inet.ip.portrange.reservedlow": fixed(0),
    "net.inet.tcp.msl": fixed(profile.hold.length / 2), // milliseconds
  };
}

/** The list of IS_RESTRICTED_IN_PORT has no sysctl: `ports.of("tcp").neverChosen` sets it. */
export function macosSettings(keeper: SettingKeeper): SettingTable {
  const { ports, profile } = keeper;
  const { first, last } = rangeEnds(ports, reserved, "nearest");
  return {
    ...named("net.inet.ip.portrange.", { first, last, ...bands(profile.bands) }),
    "net.inet.tcp.msl": fixed(profile.hold.length / 2),
    ...macosAlgorithms(keeper),
  };
}

export function openbsdSettings({ ports, profile }: SettingKeeper): SettingTable {
  const { first, last } = rangeEnds(ports, reserved, "refused");
  return {
    ...named("net.inet.ip.port", { first, last, ...highBand(profile.bands) }),
    "net.inet.tcp.baddynamic": portsNeverChosen(ports.of("tcp")),
    "net.inet.udp.baddynamic": portsNeverChosen(ports.of("udp")),
  };
}

export function netbsdSettings(keeper: SettingKeeper): SettingTable {
  const { ports, profile } = keeper;
  const { first, last } = rangeEnds(ports, reserved, "refused");
  const [lowFirst, lowLast] = profile.bands?.low ?? [0, 0];
  return {
    "net.inet.ip.anonportmin": first,
    "net.inet.ip.anonportmax": last,
    "net.inet.ip.lowportmin": fixed(lowFirst),
    "net.inet.ip.lowportmax": fixed(lowLast),
    ...netbsdAlgorithms(keeper),
  };
}

function bands(of: SettingKeeper["profile"]["bands"]): SettingTable {
  if (of === undefined) return {};
  // The low band goes downward: its first port is the highest.
  return { ...highBand(of), lowfirst: fixed(of.low[1]), lowlast: fixed(of.low[0]) };
}

function highBand(of: SettingKeeper["profile"]["bands"]): SettingTable {
  return of === undefined ? {} : { hifirst: fixed(of.high[0]), hilast: fixed(of.high[1]) };
}

function named(prefix: string, settings: SettingTable): SettingTable {
  return Object.fromEntries(Object.entries(settings).map(([name, setting]) => [prefix + name, setting]));
}
