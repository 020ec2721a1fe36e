/** What sockets of the kernel need of the C library, beyond what links do: loaded through koffi when first asked for. */
import { loadNative, type Native } from "../native.ts";
import { importOptional } from "../unavailable.ts";

/** Each returns what C returns, negative for failure with the reason in `native.errno()`. Lengths are by reference. */
interface SocketCalls {
  connect(fd: number, address: Uint8Array, length: number): number;
  accept4(fd: number, address: Uint8Array, length: Uint8Array, flags: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  getpeername(fd: number, address: Uint8Array, length: Uint8Array): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  shutdown(fd: number, how: number): number;
  send(fd: number, from: Uint8Array, length: number, flags: number): number;
  recvfrom(
    fd: number,
    into: Uint8Array,
    length: number,
    flags: number,
    from: Uint8Array,
    fromLength: Uint8Array,
  ): number;
  poll(descriptors: Uint8Array, count: number, timeout: number): number;
  /** Of the thread that asks, where `id` is 0. */
  sched_getaffinity(id: number, size: number, mask: Uint8Array): number;
  sched_setaffinity(id: number, size: number, mask: Uint8Array): number;
  /** bpf(2), which the C library has no function for. */
  syscall(number: number, command: number, attributes: Uint8Array, length: number): number;
}

export interface KernelCalls extends SocketCalls {
  readonly native: Native;
}

const signatures: { readonly [Name in keyof SocketCalls]: readonly string[] } = {
  connect: ["int", "int", "void *", "uint"],
  accept4: ["int", "int", "void *", "void *", "int"],
  getsockname: ["int", "int", "void *", "void *"],
  getpeername: ["int", "int", "void *", "void *"],
  getsockopt: ["int", "int", "int", "int", "void *", "void *"],
  shutdown: ["int", "int", "int"],
  send: ["long", "int", "void *", "size_t", "int"],
  recvfrom: ["long", "int", "void *", "size_t", "int", "void *", "void *"],
  poll: ["int", "void *", "ulong", "int"],
  sched_getaffinity: ["int", "int", "size_t", "void *"],
  sched_setaffinity: ["int", "int", "size_t", "void *"],
  syscall: ["long", "long", "long", "void *", "long"],
};

let loading: Promise<KernelCalls> | undefined;

/** @throws LinkUnavailableError where koffi is missing or the machine is not one it was made for */
export function loadKernelCalls(): Promise<KernelCalls> {
  loading ??= load();
  return loading;
}

async function load(): Promise<KernelCalls> {
  const native = await loadNative();
  const koffi = await importOptional("koffi", () => import("koffi"));
  const libc = koffi.load(null);
  const functions = Object.fromEntries(
    Object.entries(signatures).map(([name, [result, ...parameters]]) => [
      name,
      libc.func(name, result!, parameters),
    ]),
  );
  return { ...(functions as unknown as SocketCalls), native };
}
