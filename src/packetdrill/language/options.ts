/** The options of a run, `--name=value` in a script or on a command line, and what they are when nobody gives them. */
import { parseAddress } from "../../base/address.ts";
import type { At, Dialect, Platform, ScriptOption } from "./script/script.ts";

export type IpVersion = "ipv4" | "ipv4-mapped-ipv6" | "ipv6";

export interface RunOptions {
  /** What packets and sockets are; mapped: IPv4 packets, IPv6 sockets. */
  readonly ipVersion: IpVersion;
  readonly bindPort: number;
  readonly connectPort: number;
  readonly localIp: string;
  readonly gatewayIp: string;
  /** `255.255.0.0` or `/48`. */
  readonly netmaskIp: string;
  /** The remote host, and behind a slash how much of its prefix is routed to it. */
  readonly remoteIp: string;
  readonly mtu: number;
  /** Segment size that a packet larger than the MTU counts as merged from; 0: that of the MTU. */
  readonly mss: number;
  /** Least tolerance of a time, in microseconds. */
  readonly toleranceUsecs: number;
  /** Tolerance of a time in percent of the distance to the event before. */
  readonly tolerancePercent: number;
  /** Microseconds a tick of the stack's TCP timestamps; 0: timestamps are not checked. */
  readonly tcpTsTickUsecs: number;
  /** An echoed timestamp need not have been seen before. */
  readonly tcpTsEcrScaled: boolean;
  /** One expectation is one packet. */
  readonly strictSegments: boolean;
  /** Mismatches of these are warnings. */
  readonly nonFatal: { readonly packet: boolean; readonly syscall: boolean };
  /** Read the script and do nothing. */
  readonly dryRun: boolean;
  /** UDP and ICMP packets have ports before any is known. */
  readonly isAnyip: boolean;
  readonly verbose: boolean;
  /** Shell scripts to run before. */
  readonly initScripts: readonly string[];
  readonly tcpMd5Secret: string;
  readonly udpEncapsulation: "none" | "tcp" | "sctp";
  readonly pspUdpPort: number;
  /** Options that the real tools know and that mean nothing here. */
  readonly ignored: readonly string[];
}

export interface OptionError {
  readonly at: At;
  readonly message: string;
}

type Draft = { -readonly [Name in keyof RunOptions]: RunOptions[Name] };

/** What an option does; it gives back what is wrong with its value. */
interface OptionSpec {
  readonly dialect?: Dialect;
  /** Flags stand without a value. */
  readonly flag?: true;
  readonly apply: (draft: Draft, value: string) => string | undefined;
}

const specs: Readonly<Record<string, OptionSpec>> = {
  ip_version: { apply: setIpVersion },
  bind_port: number("bindPort", 1, 65_535),
  connect_port: number("connectPort", 1, 65_535),
  local_ip: address("localIp"),
  gateway_ip: address("gatewayIp"),
  netmask_ip: text("netmaskIp"),
  remote_ip: address("remoteIp"),
  mtu: number("mtu", 68, 65_535),
  mss: { ...number("mss", 0, 65_535), dialect: "google" },
  tolerance_usecs: number("toleranceUsecs", 0, 1e12),
  tolerance_percent: number("tolerancePercent", 0, 1e6),
  tcp_ts_tick_usecs: number("tcpTsTickUsecs", 0, 1e6),
  tcp_ts_ecr_scaled: { ...flag("tcpTsEcrScaled"), dialect: "google" },
  strict_segments: { ...flag("strictSegments"), dialect: "google" },
  non_fatal: { apply: setNonFatal },
  dry_run: flag("dryRun"),
  is_anyip: { ...flag("isAnyip"), dialect: "google" },
  verbose: flag("verbose"),
  v: flag("verbose"),
  init_scripts: { apply: (draft, value) => set(draft, "initScripts", value.split(",")) },
  tcp_md5_secret: { ...text("tcpMd5Secret"), dialect: "nplab" },
  udp_encapsulation: { dialect: "nplab", apply: setUdpEncapsulation },
  psp_udp_port: { ...number("pspUdpPort", 1, 65_535), dialect: "google" },
  define: { apply: () => undefined },
  D: { apply: () => undefined },
  ...ignored(
    "code_command code_format code_sockopt speed wire_client wire_server wire_server_ip wire_server_port",
  ),
  ...ignored("wire_client_dev wire_server_dev so_filename so_flags send_omit_free wire_server_at"),
  ...ignored("local_linklocal_ip gateway_linklocal_ip persistent_tun_dev tun_dev no_cleanup"),
};

/**
 * The options of a run from those of the script and then those of the command line, which win.
 * Options that are wrong are left out, and told with where they stand and of which source they are.
 */
export function resolveOptions(
  dialect: Dialect,
  platform: Platform,
  script: readonly ScriptOption[],
  commandLine: readonly ScriptOption[] = [],
): { options: RunOptions; errors: readonly OptionError[]; commandLineErrors: readonly OptionError[] } {
  const draft = blank(dialect, platform);
  const errors = applyAll(draft, dialect, script);
  const commandLineErrors = applyAll(draft, dialect, commandLine);
  return { options: { ...draft, ...addressDefaults(draft) }, errors, commandLineErrors };
}

function blank(dialect: Dialect, platform: Platform): Draft {
  return {
    ipVersion: "ipv4",
    bindPort: 8080,
    connectPort: 8080,
    localIp: "",
    gatewayIp: "",
    netmaskIp: "",
    remoteIp: "",
    mtu: 1500,
    mss: 0,
    toleranceUsecs: 4000,
    tolerancePercent: dialect === "nplab" && platform === "FreeBSD" ? 5 : 12.5,
    tcpTsTickUsecs: 0,
    tcpTsEcrScaled: false,
    strictSegments: false,
    nonFatal: { packet: false, syscall: false },
    dryRun: false,
    isAnyip: false,
    verbose: false,
    initScripts: [],
    tcpMd5Secret: "",
    udpEncapsulation: "none",
    pspUdpPort: 1000,
    ignored: [],
  };
}

/** Google's tool draws its local address; ours has always the one its runner gives. */
function addressDefaults(draft: Draft): Pick<RunOptions, "localIp" | "gatewayIp" | "netmaskIp" | "remoteIp"> {
  const six = draft.ipVersion === "ipv6";
  return {
    localIp: draft.localIp || (six ? "fd3d:fa7b:d17d::1" : "192.168.0.1"),
    gatewayIp: draft.gatewayIp || (six ? "fd3d:fa7b:d17d:8888::" : "192.168.0.2"),
    netmaskIp: draft.netmaskIp || (six ? "/48" : "255.255.0.0"),
    remoteIp: draft.remoteIp || (six ? "2001:db8::1/32" : "192.0.2.1/24"),
  };
}

function applyAll(draft: Draft, dialect: Dialect, options: readonly ScriptOption[]): OptionError[] {
  const errors: OptionError[] = [];
  for (const option of options) {
    const message = apply(draft, dialect, option);
    if (message !== undefined) errors.push({ at: option.at, message });
  }
  return errors;
}

function apply(draft: Draft, dialect: Dialect, option: ScriptOption): string | undefined {
  const spec = Object.hasOwn(specs, option.name) ? specs[option.name] : undefined;
  if (spec === undefined) return `unknown option --${option.name}`;
  if (spec.dialect !== undefined && spec.dialect !== dialect) {
    return `option --${option.name} is only of the ${spec.dialect} dialect`;
  }
  if (spec.flag === undefined && option.value === undefined) return `option --${option.name} needs a value`;
  const mistake = spec.apply(draft, option.value ?? "");
  return mistake === undefined ? undefined : `option --${option.name}: ${mistake}`;
}

type NumberName = {
  [Name in keyof RunOptions]: RunOptions[Name] extends number ? Name : never;
}[keyof RunOptions];
type FlagName = "tcpTsEcrScaled" | "strictSegments" | "dryRun" | "isAnyip" | "verbose";

function number(name: NumberName, least: number, most: number): OptionSpec {
  return {
    apply: (draft, value) => {
      const parsed = /^-?\d*\.?\d+$/.test(value) ? Number(value) : Number.NaN;
      if (!(parsed >= least && parsed <= most))
        return `${JSON.stringify(value)} is not a number from ${least} to ${most}`;
      draft[name] = parsed;
      return undefined;
    },
  };
}

function set<Name extends keyof Draft>(draft: Draft, name: Name, value: Draft[Name]): undefined {
  draft[name] = value;
}

function flag(name: FlagName): OptionSpec {
  return { flag: true, apply: (draft) => set(draft, name, true) };
}

function text(name: "netmaskIp" | "tcpMd5Secret"): OptionSpec {
  return { apply: (draft, value) => set(draft, name, value) };
}

function address(name: "localIp" | "gatewayIp" | "remoteIp"): OptionSpec {
  return {
    apply: (draft, value) => {
      if (parseAddress(value.replace(/\/\d+$/, "")) === undefined)
        return `${JSON.stringify(value)} is no address`;
      draft[name] = value;
      return undefined;
    },
  };
}

function ignored(names: string): Record<string, OptionSpec> {
  const entries = names
    .split(" ")
    .map((name): [string, OptionSpec] => [
      name,
      { flag: true, apply: (draft) => set(draft, "ignored", [...draft.ignored, name]) },
    ]);
  return Object.fromEntries(entries);
}

function setIpVersion(draft: Draft, value: string): string | undefined {
  const version = value.replaceAll("_", "-");
  if (version !== "ipv4" && version !== "ipv4-mapped-ipv6" && version !== "ipv6") {
    return `${JSON.stringify(value)} is none of ipv4, ipv4-mapped-ipv6, ipv6`;
  }
  draft.ipVersion = version;
  return undefined;
}

function setNonFatal(draft: Draft, value: string): string | undefined {
  const kinds = value.split(",");
  if (kinds.some((kind) => kind !== "packet" && kind !== "syscall")) return "it takes packet and syscall";
  draft.nonFatal = { packet: kinds.includes("packet"), syscall: kinds.includes("syscall") };
  return undefined;
}

function setUdpEncapsulation(draft: Draft, value: string): string | undefined {
  if (value !== "none" && value !== "tcp" && value !== "sctp") return "it takes none, tcp or sctp";
  draft.udpEncapsulation = value;
  return undefined;
}
