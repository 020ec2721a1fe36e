/** Files of `/proc/net` and `/proc/sys`, in the kernel's own format, made from a snapshot when they are read. */
import { SocketError } from "../../base/errno.ts";
import { netstat } from "./proc-netstat.ts";
import { snmp, snmp6 } from "./proc-snmp.ts";
import { rawTable, tcpTable, udpTable } from "./proc-sockets.ts";
import { sockstat, sockstat6 } from "./proc-sockstat.ts";
import type { HostSnapshot } from "./snapshot.ts";
import type { Sysctl } from "./sysctl.ts";

const tables: Readonly<Record<string, (host: HostSnapshot, sysctl: Sysctl) => string>> = {
  "/proc/net/tcp": (host) => tcpTable(host, "AF_INET"),
  "/proc/net/tcp6": (host) => tcpTable(host, "AF_INET6"),
  "/proc/net/udp": (host) => udpTable(host, "AF_INET"),
  "/proc/net/udp6": (host) => udpTable(host, "AF_INET6"),
  "/proc/net/raw": (host) => rawTable(host, "AF_INET"),
  "/proc/net/raw6": (host) => rawTable(host, "AF_INET6"),
  "/proc/net/snmp": snmp,
  "/proc/net/snmp6": snmp6,
  "/proc/net/netstat": netstat,
  "/proc/net/sockstat": sockstat,
  "/proc/net/sockstat6": sockstat6,
};

const sysRoot = "/proc/sys/";

export class Proc {
  readonly #take: () => HostSnapshot;
  readonly #sysctl: Sysctl;

  constructor(take: () => HostSnapshot, sysctl: Sysctl) {
    this.#take = take;
    this.#sysctl = sysctl;
  }

  /** Every path that can be read. */
  paths(): readonly string[] {
    const knobs = this.#sysctl.names().map((name) => sysRoot + name.replaceAll(".", "/"));
    return [...Object.keys(tables), ...knobs];
  }

  /** The text of a file. @throws ENOENT */
  read(path: string): string {
    const table = Object.hasOwn(tables, path) ? tables[path] : undefined;
    if (table !== undefined) return table(this.#take(), this.#sysctl);
    if (!path.startsWith(sysRoot)) throw new SocketError("ENOENT", "open");
    return `${this.#sysctl.get(path.slice(sysRoot.length).replaceAll("/", "."))}\n`;
  }
}
