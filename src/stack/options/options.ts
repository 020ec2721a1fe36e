/** setsockopt and getsockopt: one table of options, found by the name POSIX or Linux gives them. */
import { SocketError } from "../../base/errno.ts";
import type { SocketCore } from "../socket-core/core.ts";
import type { Option } from "./option-values.ts";
import { algorithmOptions } from "./options-algorithm.ts";
import { bsdOptions } from "./options-bsd.ts";
import { ioctlRequests } from "./options-ioctl.ts";
import { ipOptions } from "./options-ip.ts";
import { ipv6Options } from "./options-ipv6.ts";
import { socketOptions } from "./options-socket.ts";
import { tcpOptions } from "./options-tcp.ts";
import { udpOptions } from "./options-udp.ts";

const options: ReadonlyMap<string, Option> = new Map(
  [
    socketOptions,
    ipOptions,
    ipv6Options,
    tcpOptions,
    udpOptions,
    bsdOptions,
    algorithmOptions,
    ioctlRequests,
  ].flatMap((table) => Object.entries(table)),
);

/** Every name that {@link setOption} or {@link getOption} knows. */
export const optionNames: readonly string[] = [...options.keys()];

/** @throws ENOPROTOOPT for a name nobody knows or nobody may set; EINVAL for a value that is none. */
export function setOption(core: SocketCore, name: string, value: unknown): void {
  const set = options.get(name)?.set;
  if (set === undefined) throw new SocketError("ENOPROTOOPT", "setsockopt");
  set(core, value);
}

/** Ints as the kernel has them: 0 and 1 for flags. @throws ENOPROTOOPT */
export function getOption(core: SocketCore, name: string): unknown {
  const get = options.get(name)?.get;
  if (get === undefined) throw new SocketError("ENOPROTOOPT", "getsockopt");
  const value = get(core);
  return typeof value === "boolean" ? Number(value) : value;
}
