/**
 * What a host sets for its ports, by the names its system gives them: sysctl(8) of Linux, the BSDs and macOS, ndd(1M) of Solaris, no(1) of
 * AIX, netsh(8) of Windows. Behind every name is the same {@link PortSettings}; `host.sysctl` has Linux's names on any host.
 */
import { type ErrnoName, SocketError } from "../../../base/errno.ts";
import type { Sysctl } from "../sysctl.ts";
import { freebsdSettings, macosSettings, netbsdSettings, openbsdSettings } from "./bsd.ts";
import { netsh } from "./netsh.ts";
import type { SettingKeeper, SettingTable } from "./setting.ts";
import { aixSettings, solarisSettings } from "./solaris.ts";

interface Family {
  readonly name: string;
  /** Of the profiles' names. */
  readonly profiles: RegExp;
  readonly settings: (keeper: SettingKeeper, sysctl: Sysctl) => SettingTable;
  /** Its tool: `sysctl` prints `name SEPARATOR value`. */
  readonly tool: "sysctl" | "ndd" | "no" | "netsh" | undefined;
  readonly separator?: string;
}

/** The first that fits. Who has no settings was compiled with them. */
const families: readonly Family[] = [
  { name: "freebsd", profiles: /^(freebsd|bsd)/, settings: freebsdSettings, tool: "sysctl", separator: ": " },
  { name: "macos", profiles: /^macos/, settings: macosSettings, tool: "sysctl", separator: ": " },
  { name: "openbsd", profiles: /^openbsd/, settings: openbsdSettings, tool: "sysctl", separator: "=" },
  { name: "netbsd", profiles: /^netbsd/, settings: netbsdSettings, tool: "sysctl", separator: " = " },
  { name: "solaris", profiles: /^solaris/, settings: solarisSettings, tool: "ndd" },
  { name: "aix", profiles: /^aix/, settings: aixSettings, tool: "no" },
  { name: "windows", profiles: /^windows/, settings: () => ({}), tool: "netsh" },
  { name: "fixed", profiles: /^(lwip|tcpip\.js|smoltcp|usrsctp)/, settings: () => ({}), tool: undefined },
  { name: "linux", profiles: /^/, settings: linuxSettings, tool: "sysctl", separator: " = " },
];

function linuxSettings(_keeper: SettingKeeper, sysctl: Sysctl): SettingTable {
  return Object.fromEntries(
    sysctl.names().map((name) => [
      name,
      {
        get: () => sysctl.get(name),
        set: (text: string): ErrnoName | undefined => {
          sysctl.set(name, text); // throws its own refusals
          return undefined;
        },
      },
    ]),
  );
}

export class SystemSettings {
  readonly #family: Family;
  readonly #keeper: SettingKeeper;
  readonly #table: SettingTable;

  constructor(keeper: SettingKeeper, sysctl: Sysctl) {
    this.#keeper = keeper;
    this.#family = families.find(({ profiles }) => profiles.test(keeper.profile.name))!;
    this.#table = this.#family.settings(keeper, sysctl);
  }

  /** Whose names these are: `linux`, `freebsd`, `windows` ... */
  get family(): string {
    return this.#family.name;
  }

  names(): readonly string[] {
    return Object.keys(this.#table);
  }

  /** @throws SocketError ENOENT */
  get(name: string): string {
    return this.#setting(name).get();
  }

  /** @throws SocketError ENOENT, EINVAL, EPERM where it cannot be written */
  set(name: string, value: string | number): void {
    const setting = this.#setting(name);
    const refused = setting.set === undefined ? "EPERM" : setting.set(String(value));
    if (refused !== undefined) throw new SocketError(refused, "sysctl");
  }

  /**
   * Carries out a command of the system's own tool and gives what it prints: `sysctl net.inet.ip.portrange.first=20000`, `ndd -get
   * /dev/tcp tcp_smallest_anon_port`, `no -o tcp_ephemeral_low`, `netsh int ipv4 show dynamicport tcp`.
   * @throws RangeError where it is none of this system; SocketError as {@link get} and {@link set}
   */
  run(command: string): string {
    const words = command.trim().split(/\s+/);
    const printed = words[0] === this.#family.tool ? this.#carryOut(words) : undefined;
    if (printed === undefined) throw new RangeError(`no command of ${this.#family.name}: ${command}`);
    return printed;
  }

  #carryOut(words: readonly string[]): string | undefined {
    const [tool, ...rest] = words;
    if (tool === "netsh") return netsh(words, this.#keeper.ports);
    if (tool === "ndd") return this.#ndd(rest);
    if (tool === "no") return rest[0] === "-o" && rest.length === 2 ? this.#no(rest[1]!) : undefined;
    const named = rest.filter((word) => word !== "-w" && word !== "-n");
    if (named.length === 0 || named.some((word) => word.startsWith("-"))) return undefined;
    return named.map((word) => this.#sysctl(word, rest.includes("-n") ? "bare" : "named")).join("");
  }

  #sysctl(word: string, form: "bare" | "named"): string {
    const [name = "", ...value] = word.split("=");
    const head = form === "bare" ? "" : `${name}${this.#family.separator}`;
    if (value.length === 0) return `${head}${this.get(name)}\n`;
    const before = this.get(name);
    this.set(name, value.join("="));
    // Linux and NetBSD tell what it is now, the others what it was too.
    if (this.#family.separator === " = ") return `${head}${this.get(name)}\n`;
    return `${form === "bare" ? "" : `${name}: `}${before} -> ${this.get(name)}\n`;
  }

  #ndd([verb, device = "", name = "", value]: readonly string[]): string | undefined {
    if (!name.startsWith(`${device.replace("/dev/", "")}_`)) return undefined;
    if (verb === "-get") return `${this.get(name)}\n`;
    if (verb !== "-set" || value === undefined) return undefined;
    this.set(name, value);
    return "";
  }

  #no(word: string): string {
    const [name = "", value] = word.split("=");
    if (value === undefined) return `${name} = ${this.get(name)}\n`;
    this.set(name, value);
    return `Setting ${name} to ${value}\n`;
  }

  #setting(name: string): SettingTable[string] {
    const setting = Object.hasOwn(this.#table, name) ? this.#table[name] : undefined;
    if (setting === undefined) throw new SocketError("ENOENT", "sysctl");
    return setting;
  }
}
