/** Socket options of the kernel by name: level, number and how the value lies in memory (asm-generic/socket.h and kin). */
import { intArgument } from "../structs.ts";

/** `int`; `text`: a C string; `linger`: two ints. */
type Form = "int" | "text" | "linger";

export interface KernelOption {
  readonly level: number;
  readonly number: number;
  readonly form: Form;
}

const socket = 1;
const ip = 0;
const ipv6 = 41;
const tcp = 6;
const udp = 17;

const ints: Readonly<Record<string, readonly [level: number, number: number]>> = {
  SO_REUSEADDR: [socket, 2],
  SO_TYPE: [socket, 3],
  SO_ERROR: [socket, 4],
  SO_BROADCAST: [socket, 6],
  SO_SNDBUF: [socket, 7],
  SO_RCVBUF: [socket, 8],
  SO_KEEPALIVE: [socket, 9],
  SO_OOBINLINE: [socket, 10],
  SO_NO_CHECK: [socket, 11],
  SO_PRIORITY: [socket, 12],
  SO_REUSEPORT: [socket, 15],
  SO_RCVLOWAT: [socket, 18],
  SO_ACCEPTCONN: [socket, 30],
  SO_MARK: [socket, 36],
  SO_PROTOCOL: [socket, 38],
  SO_DOMAIN: [socket, 39],
  SO_INCOMING_CPU: [socket, 49],
  SO_BINDTOIFINDEX: [socket, 62],
  IP_TOS: [ip, 1],
  IP_TTL: [ip, 2],
  IP_MTU_DISCOVER: [ip, 10],
  IP_RECVERR: [ip, 11],
  IP_MTU: [ip, 14],
  IP_FREEBIND: [ip, 15],
  IP_BIND_ADDRESS_NO_PORT: [ip, 24],
  IP_MULTICAST_TTL: [ip, 33],
  IP_MULTICAST_LOOP: [ip, 34],
  IP_LOCAL_PORT_RANGE: [ip, 51],
  IPV6_UNICAST_HOPS: [ipv6, 16],
  IPV6_V6ONLY: [ipv6, 26],
  IPV6_TCLASS: [ipv6, 67],
  TCP_NODELAY: [tcp, 1],
  TCP_MAXSEG: [tcp, 2],
  TCP_CORK: [tcp, 3],
  TCP_KEEPIDLE: [tcp, 4],
  TCP_KEEPINTVL: [tcp, 5],
  TCP_KEEPCNT: [tcp, 6],
  TCP_SYNCNT: [tcp, 7],
  TCP_LINGER2: [tcp, 8],
  TCP_DEFER_ACCEPT: [tcp, 9],
  TCP_QUICKACK: [tcp, 12],
  TCP_USER_TIMEOUT: [tcp, 18],
  TCP_FASTOPEN: [tcp, 23],
  TCP_NOTSENT_LOWAT: [tcp, 25],
  UDP_SEGMENT: [udp, 103],
};

const options: ReadonlyMap<string, KernelOption> = new Map<string, KernelOption>([
  ...Object.entries(ints).map(
    ([name, [level, number]]) => [name, { level, number, form: "int" as const }] as const,
  ),
  ["SO_LINGER", { level: socket, number: 13, form: "linger" }],
  ["SO_BINDTODEVICE", { level: socket, number: 25, form: "text" }],
]);

/** Undefined for a name that is not known here. */
export function kernelOption(name: string): KernelOption | undefined {
  return options.get(name);
}

/** Programs of reuseport groups: SO_ATTACH_REUSEPORT_CBPF and SO_ATTACH_REUSEPORT_EBPF. */
export const attachClassic: { readonly level: number; readonly number: number } = {
  level: socket,
  number: 51,
};
export const attachExtended: { readonly level: number; readonly number: number } = {
  level: socket,
  number: 52,
};

/** The value in memory; bytes are taken as they are. @throws TypeError for a value that has no such form */
export function optionArgument(form: Form, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (form === "linger") return lingerArgument(value as { on?: unknown; seconds?: unknown });
  if (form === "text") return new TextEncoder().encode(`${String(value)}\0`);
  const number = Number(value);
  if (!Number.isInteger(number)) throw new TypeError(`no int: ${String(value)}`);
  return intArgument(number | 0);
}

/** What getsockopt(2) gave, as our own sockets give it. */
export function optionResult(form: Form, bytes: Uint8Array): unknown {
  if (form === "text") return new TextDecoder("latin1").decode(bytes).replace(/\0.*$/s, "");
  const ints = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (form === "linger") return { on: ints.getInt32(0, true) !== 0, seconds: ints.getInt32(4, true) };
  return bytes.length === 1 ? bytes[0] : ints.getInt32(0, true);
}

function lingerArgument({ on, seconds }: { on?: unknown; seconds?: unknown }): Uint8Array {
  const bytes = new Uint8Array(8);
  bytes.set(intArgument(on ? 1 : 0), 0);
  bytes.set(intArgument(Number(seconds)), 4);
  return bytes;
}
