/**
 * The running kernel as a machine of one's own: a private network namespace with its sockets, addresses and knobs, entered
 * by this thread until it is closed, and gone with the last socket in it. For tests that ask kernel and stack the same.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { type Address, isV4, writeAddressV6 } from "../../base/address.ts";
import { prefix } from "../../base/prefix.ts";
import type { Socket, SocketDomain, SocketType } from "../../stack/socket.ts";
import { nativeError } from "../native.ts";
import { cloneNewNetwork, closeOnExec } from "../structs.ts";
import { LinkUnavailableError, requireLinux } from "../unavailable.ts";
import { type KernelSocket, openKernelSocket } from "./kernel-sockets.ts";
import { type KernelCalls, loadKernelCalls } from "./kernel-sockets-native.ts";
import { addAddress, addPair, bringUp, findInterface } from "./kernel-sockets-netlink.ts";

export interface KernelSetup {
  readonly sysctl: Readonly<Record<string, string>>;
  /** Interface and address with prefix length. */
  readonly addresses: readonly (readonly [string, string])[];
  /** So long an answer is waited for, in milliseconds. Default 500. */
  readonly patience?: number | undefined;
}

/** So long an answer is waited for, in milliseconds, unless one says otherwise. */
const usualPatience = 500;

/** Of CONFIG_NR_CPUS: the length of a mask of CPUs. */
const mostCpus = 8192;

/** Makes machines. @throws LinkUnavailableError where this process may not */
export async function loadKernelMachines(): Promise<(setup: KernelSetup) => KernelMachine> {
  requireLinux("asking the kernel");
  if (!isMainThread)
    throw new LinkUnavailableError("only the main thread can enter a namespace", "run there");
  const calls = await loadKernelCalls();
  return (setup) => new KernelMachine(calls, setup);
}

export class KernelMachine {
  readonly #calls: KernelCalls;
  readonly #setup: KernelSetup;
  /** The namespace we came from. */
  readonly #home: number;
  /** Who made the machine. */
  readonly #maker: number = process.geteuid?.() ?? 0;
  readonly #open: Socket[] = [];
  /** The CPUs this thread may run on, once it was bound to one. */
  #affinity: Uint8Array | undefined;

  constructor(calls: KernelCalls, setup: KernelSetup) {
    const { native } = calls;
    this.#calls = calls;
    this.#setup = setup;
    this.#home = native.open("/proc/self/ns/net", closeOnExec);
    if (this.#home < 0) throw nativeError(native, "open");
    this.#enter();
  }

  /** @throws the system's error */
  socket(domain: SocketDomain, type: SocketType, protocol: number): Socket {
    return this.#keep(openKernelSocket(this.#calls, domain, type, protocol));
  }

  needInterface(name: string): void {
    const { native } = this.#calls;
    if (findInterface(native, name) === undefined) addPair(native, name, `${name}p`);
  }

  /** seteuid(2), of the whole process. */
  becomeUser(uid: number): void {
    process.seteuid?.(uid);
  }

  /** Waits until `enough` holds, or patience ends. */
  settle(enough: () => boolean): void {
    const end = performance.now() + (this.#setup.patience ?? usualPatience);
    while (!enough() && performance.now() < end) this.wait(1);
  }

  wait(milliseconds: number): void {
    if (milliseconds > 0) this.#calls.poll(new Uint8Array(0), 0, milliseconds);
  }

  fastOpen(socket: Socket, data: Uint8Array, address: string, port: number): void {
    (socket as KernelSocket).sendFastOpen(data, { address, port });
  }

  /**
   * Binds this thread to the CPU: what a thread sends over the loopback, and from end to end of a pair, is handled where it
   * runs. @throws EINVAL where there is no such CPU, or it is not ours
   */
  handleOn(cpu: number): void {
    this.#affinity ??= this.#affinityNow();
    const mask = new Uint8Array(mostCpus / 8);
    mask[cpu >> 3] = 1 << (cpu & 7);
    this.#bindTo(mask);
  }

  #affinityNow(): Uint8Array {
    const mask = new Uint8Array(mostCpus / 8);
    const { native, sched_getaffinity } = this.#calls;
    if (sched_getaffinity(0, mask.length, mask) < 0) throw nativeError(native, "sched_getaffinity");
    return mask;
  }

  #bindTo(mask: Uint8Array): void {
    const { native, sched_setaffinity } = this.#calls;
    if (sched_setaffinity(0, mask.length, mask) < 0) throw nativeError(native, "sched_setaffinity");
  }

  /** The namespace is left to itself, and another one entered. What the kernel keeps for all of them, keys say, stays. */
  restart(): void {
    this.#closeSockets();
    this.#enter();
  }

  /** Closes every socket and goes home. Idempotent. */
  close(): void {
    const { native } = this.#calls;
    this.becomeUser(this.#maker);
    this.#closeSockets();
    if (this.#affinity !== undefined) this.#bindTo(this.#affinity);
    this.#affinity = undefined;
    if (native.setns(this.#home, cloneNewNetwork) < 0) throw nativeError(native, "setns");
    native.close(this.#home);
  }

  #enter(): void {
    const { native } = this.#calls;
    this.becomeUser(this.#maker);
    if (native.unshare(cloneNewNetwork) < 0) throw this.#refusal();
    try {
      this.#setUp();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #setUp(): void {
    const { native } = this.#calls;
    bringUp(native, "lo");
    for (const [device, text] of this.#setup.addresses) {
      this.needInterface(device);
      addAddress(native, device, prefix(text));
    }
    this.#awaitRoutes();
    for (const [name, value] of Object.entries(this.#setup.sysctl))
      writeFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, value);
  }

  /** The kernel enters the routes to its own IPv6 addresses a little later, without telling. */
  #awaitRoutes(): void {
    const wanted = this.#setup.addresses.map(([, text]) => prefix(text).address).filter((one) => !isV4(one));
    if (wanted.length > 0) this.settle(() => wanted.every(hasLocalRoute));
  }

  #refusal(): Error {
    const { native } = this.#calls;
    const error = nativeError(native, "unshare");
    native.close(this.#home);
    if (error.code !== "EPERM") return error;
    return new LinkUnavailableError(
      "a private network of the kernel needs the right CAP_SYS_ADMIN (EPERM)",
      "run with sudo",
      error.code,
    );
  }

  /** Accepted connections too are closed with the machine. */
  #keep(socket: KernelSocket): Socket {
    this.#open.push(socket);
    const accept = socket.accept.bind(socket);
    socket.accept = () => {
      const accepted = accept();
      this.#open.push(accepted);
      return accepted;
    };
    return socket;
  }

  #closeSockets(): void {
    for (const socket of this.#open) socket.close();
    this.#open.length = 0;
  }
}

/** Flag of a route to an address of our own, RTF_LOCAL. */
const localFlag = 0x80000000;

/** As /proc/net/ipv6_route has it: destination, length, ..., flags, device. */
function hasLocalRoute(address: Address): boolean {
  const bytes = new Uint8Array(16);
  writeAddressV6(address, bytes, 0);
  const start = `${Buffer.from(bytes).toString("hex")} 80 `;
  return readFileSync("/proc/net/ipv6_route", "latin1")
    .split("\n")
    .filter((line) => line.startsWith(start))
    .some((line) => (Number.parseInt(line.split(/ +/)[8]!, 16) & localFlag) !== 0);
}
