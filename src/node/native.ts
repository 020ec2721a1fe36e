/** The C library, called through koffi, which is loaded when a link first asks for it. */
import { type ErrnoName, errnoNames, SocketError, type SocketErrorDetail } from "../base/errno.ts";
import { filterReference, intArgument } from "./structs.ts";
import { importOptional, LinkUnavailableError } from "./unavailable.ts";

export interface PollEvents {
  readonly readable: boolean;
  readonly writable: boolean;
}

/** A descriptor watched by the event loop. Hold on to it: koffi closes a handle that is collected, silently. */
export interface PollHandle {
  start(events: { readable?: boolean; writable?: boolean }, callback: PollCallback): void;
  stop(): void;
  close(): void;
}

/** `status` is 0, or negative where the descriptor is no good. Must not throw: koffi would never call it again. */
export type PollCallback = (status: number, events: PollEvents) => void;

/** Calls of libc: each returns what C returns, negative for failure with the reason in `errno()`. */
export interface Native {
  open(path: string, flags: number): number;
  close(fd: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  ioctlValue(fd: number, request: number, value: number): number;
  read(fd: number, into: Uint8Array, length: number): number;
  write(fd: number, from: Uint8Array, length: number): number;
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  sendto(
    fd: number,
    from: Uint8Array,
    length: number,
    flags: number,
    to: Uint8Array,
    toLength: number,
  ): number;
  recv(fd: number, into: Uint8Array, length: number, flags: number): number;
  recvmsg(fd: number, message: Uint8Array, flags: number): number;
  fcntl(fd: number, command: number, value: number): number;
  unshare(flags: number): number;
  setns(fd: number, kind: number): number;
  /** The reason of the last failure, as a number and as a name. */
  errno(): number;
  errnoName(): string;
  /** Where memory lies. Keep the array for as long as C may look there. */
  address(memory: Uint8Array): bigint;
  poll(fd: number, events: { readable?: boolean; writable?: boolean }, callback: PollCallback): PollHandle;
  readonly eagain: number;
  readonly eintr: number;
}

/** Result and parameters of each function. `uintptr_t` takes plain numbers; `void *` takes typed arrays. */
const signatures: { readonly [Name in keyof Native]?: readonly [result: string, ...parameters: string[]] } = {
  open: ["int", "str", "int"],
  close: ["int", "int"],
  ioctl: ["int", "int", "ulong", "void *"],
  read: ["long", "int", "void *", "size_t"],
  write: ["long", "int", "void *", "size_t"],
  socket: ["int", "int", "int", "int"],
  bind: ["int", "int", "void *", "uint"],
  listen: ["int", "int", "int"],
  setsockopt: ["int", "int", "int", "int", "void *", "uint"],
  sendto: ["long", "int", "void *", "size_t", "int", "void *", "uint"],
  recv: ["long", "int", "void *", "size_t", "int"],
  recvmsg: ["long", "int", "void *", "int"],
  fcntl: ["int", "int", "int", "long"],
  unshare: ["int", "int"],
  setns: ["int", "int", "int"],
};

let loading: Promise<Native> | undefined;

/** libc, loaded once. @throws LinkUnavailableError where koffi is missing or the machine is not one it was made for. */
export function loadNative(): Promise<Native> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Native> {
  const koffi = await importOptional("koffi", () => import("koffi"));
  if (koffi.sizeof("void *") !== 8 || new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1)
    throw new LinkUnavailableError(
      `links of the system need a 64-bit little-endian processor; this is ${process.arch}`,
      "use the links in memory here",
    );
  const libc = koffi.load(null);
  const functions = Object.fromEntries(
    Object.entries(signatures).map(([name, [result, ...parameters]]) => [
      name,
      libc.func(name, result, parameters),
    ]),
  );
  const names = errnoNamesIn(koffi.os.errno);
  // libuv knows no EBADFD, which a TUN descriptor gives once its interface is gone.
  if (!names.has(77)) names.set(77, "EBADFD");
  return {
    ...(functions as unknown as Native),
    ioctlValue: libc.func("ioctl", "int", ["int", "ulong", "ulong"]) as Native["ioctlValue"],
    errno: () => koffi.errno(),
    errnoName: () => names.get(koffi.errno()) ?? `errno ${koffi.errno()}`,
    address: (memory) => koffi.address(memory),
    poll: (fd, events, callback) => koffi.node.poll(fd, events, callback),
    eagain: koffi.os.errno.EAGAIN,
    eintr: koffi.os.errno.EINTR,
  };
}

/** Names by number; of two for one number (EAGAIN, EWOULDBLOCK) the one that our own errors have. */
function errnoNamesIn(numbers: Readonly<Record<string, number>>): Map<number, string> {
  const names = new Map(Object.entries(numbers).map(([name, value]) => [value, name]));
  for (const name of errnoNames) if (numbers[name] !== undefined) names.set(numbers[name], name);
  return names;
}

/** The last failure as the error callers see: a SocketError where the name is one of ours, else shaped like it. */
export function nativeError(
  native: Native,
  syscall: string,
  detail: SocketErrorDetail = {},
): NodeJS.ErrnoException {
  return systemError(native.errnoName(), native.errno(), syscall, detail);
}

/** As {@link nativeError}, of a name and a number at hand. */
export function systemError(
  code: string,
  errno: number,
  syscall: string,
  detail: SocketErrorDetail = {},
): NodeJS.ErrnoException {
  if ((errnoNames as readonly string[]).includes(code))
    return new SocketError(code as ErrnoName, syscall, detail);
  return Object.assign(new Error(`${syscall} ${code}`), { code, errno: -errno, syscall });
}

/** Sets an int option. @throws the system's error */
export function setOption(native: Native, fd: number, level: number, option: number, value: number): void {
  if (native.setsockopt(fd, level, option, intArgument(value), 4) < 0)
    throw nativeError(native, "setsockopt");
}

/** Attaches a packet filter. @throws the system's error */
export function attachFilter(
  native: Native,
  fd: number,
  level: number,
  option: number,
  program: Uint8Array,
): void {
  const reference = filterReference(program, native.address(program));
  if (native.setsockopt(fd, level, option, reference, reference.length) < 0)
    throw nativeError(native, "setsockopt");
}
