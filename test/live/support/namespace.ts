/**
 * Private network namespaces. A namespace is entered in two ways: a child process is started in it, or this thread goes
 * in for a moment (`inside`) and takes along what it opens there, which stays usable outside.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { loadNative, type Native, nativeError } from "../../../src/node/native.ts";
import { cloneNewNetwork, closeOnExec } from "../../../src/node/structs.ts";
import { type Result, type Running, type RunOptions, run, start, succeed } from "./process.ts";

export interface Namespace {
  /** As `ip netns` lists it. */
  readonly name: string;
  /** Runs `ip -n NAME ...args`. @throws Error with what ip said */
  ip(...args: string[]): string;
  /** Runs a program in it; see process.ts for the rest. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Result>;
  succeed(program: string, args: readonly string[], options?: RunOptions): Promise<string>;
  start(program: string, args: readonly string[], options?: RunOptions): Running;
  /**
   * Calls `work` with this thread in the namespace, until what it returns has settled. Sockets, TUN links and servers
   * made by this thread meanwhile belong to the namespace for good. Calls do not overlap.
   */
  inside<T>(work: () => T | Promise<T>): Promise<T>;
  /** Ends every program that is still in it, and removes it. Idempotent; also done when this process ends. */
  remove(): void;
}

const made = new Set<Namespace>();
let count = 0;

process.on("exit", () => {
  for (const namespace of made) namespace.remove();
});

/** A new namespace with nothing but its loopback interface, which is up. Needs root and iproute2. */
export async function createNamespace(): Promise<Namespace> {
  const native = await loadNative();
  const name = `hm-${process.pid}-${count++}`;
  ip(["netns", "add", name]);
  const within = (program: string, args: readonly string[]) => ["netns", "exec", name, program, ...args];
  const namespace: Namespace = {
    name,
    ip: (...args) => ip(["-n", name, ...args]),
    run: (program, args, options) => run("ip", within(program, args), options),
    succeed: (program, args, options) => succeed("ip", within(program, args), options),
    start: (program, args, options) => start("ip", within(program, args), options),
    inside: (work) => enter(native, name, work),
    remove: () => {
      if (made.delete(namespace)) removeNamespace(name);
    },
  };
  made.add(namespace);
  namespace.ip("link", "set", "lo", "up");
  return namespace;
}

/** Two namespaces joined by a pair of interfaces, `veth0` in each, up, with their checksums computed. */
export async function createPair(
  first: readonly string[],
  second: readonly string[],
): Promise<readonly [Namespace, Namespace]> {
  const [a, b] = [await createNamespace(), await createNamespace()];
  a.ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth0", "netns", b.name);
  for (const [namespace, addresses] of [[a, first] as const, [b, second] as const]) {
    for (const address of addresses)
      namespace.ip("addr", "add", address, "dev", "veth0", ...(address.includes(":") ? ["nodad"] : []));
    namespace.ip("link", "set", "veth0", "up");
  }
  return [a, b];
}

/** Removes namespaces that a killed test process left. */
export function sweepNamespaces(): void {
  for (const line of ip(["netns", "list"]).split("\n")) {
    const match = /^hm-(\d+)-\d+/.exec(line);
    if (match !== null && !isAlive(Number(match[1]))) removeNamespace(match[0]);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function removeNamespace(name: string): void {
  const pids = spawnSync("ip", ["netns", "pids", name], { encoding: "latin1" }).stdout ?? "";
  for (const pid of pids.split("\n").map(Number))
    if (pid > 1 && pid !== process.pid) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
  spawnSync("ip", ["netns", "del", name]);
}

function ip(args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("ip", args, { encoding: "latin1" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${error?.message ?? stderr}`);
  return stdout;
}

let inside: string | undefined;

async function enter<T>(native: Native, name: string, work: () => T | Promise<T>): Promise<T> {
  if (!isMainThread)
    throw new Error("only the main thread can enter a namespace: use vitest's pool of forks");
  if (inside !== undefined) throw new Error(`already in the namespace ${inside}`);
  const home = openNamespace(native, "/proc/self/ns/net");
  const there = openNamespace(native, `/run/netns/${name}`);
  try {
    changeNamespace(native, there);
    inside = name;
    return await work();
  } finally {
    inside = undefined;
    changeNamespace(native, home);
    native.close(there);
    native.close(home);
  }
}

function changeNamespace(native: Native, fd: number): void {
  if (native.setns(fd, cloneNewNetwork) < 0) throw nativeError(native, "setns");
}

function openNamespace(native: Native, path: string): number {
  const fd = native.open(path, closeOnExec);
  if (fd < 0) throw nativeError(native, "open");
  return fd;
}

/** The kernel's own counter, from the namespace's /proc/net/snmp: `snmp(ns, "Icmp", "OutDestUnreachs")`. */
export async function snmp(namespace: Namespace, group: string, counter: string): Promise<number> {
  const text = await namespace.inside(() => readFileSync("/proc/net/snmp", "latin1"));
  const [names = [], values = []] = text
    .split("\n")
    .filter((line) => line.startsWith(`${group}:`))
    .map((line) => line.split(" "));
  return Number(values[names.indexOf(counter)]);
}
