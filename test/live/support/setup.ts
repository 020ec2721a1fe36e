/**
 * Prepares the machine for the live tests, once: as root it installs the programs they talk to; what it cannot have, it
 * says, and the tests that need it are skipped with that reason.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { probeLinks } from "../../../src/node/probe.ts";
import { sweepNamespaces } from "./namespace.ts";

/** The Debian package of each program, or file, that a live test may need. */
const packages = {
  curl: "curl",
  wget: "wget",
  ab: "apache2-utils",
  tftp: "tftp-hpa",
  atftp: "atftp",
  iperf3: "iperf3",
  ip: "iproute2",
  ping: "iputils-ping",
  dig: "bind9-dnsutils",
  "nc.openbsd": "netcat-openbsd",
  tshark: "tshark",
  tcpdump: "tcpdump",
  ethtool: "ethtool",
  "linux.uml": "user-mode-linux",
  gcc: "gcc",
  go: "golang-go",
  // Libraries, by a file they are known by.
  "/usr/include/stdio.h": "libc6-dev",
  "/usr/include/usrsctp.h": "libusrsctp-dev",
  "/usr/include/lwip/lwip/tcpip.h": "liblwip-dev",
  "/usr/share/gocode/src/gvisor.dev/gvisor/pkg/tcpip/tcpip.go": "golang-gvisor-gvisor-dev",
} as const;

/** A program, or the path of a file. */
export type Program = keyof typeof packages;
/** What a live test can need. */
export type Need = Program | "root" | "tun" | "raw";

/** For each thing a test can need that is not here: why. */
export type Lacks = Readonly<Partial<Record<Need, string>>>;

declare module "vitest" {
  interface ProvidedContext {
    lacks: Lacks;
  }
}

export async function setup(project: TestProject): Promise<void> {
  const lacks: Partial<Record<Need, string>> = {};
  const root = process.getuid?.() === 0;
  if (!root) lacks.root = "not root: run the live tests with sudo";
  const missing = (Object.keys(packages) as Program[]).filter((program) => !has(program));
  const refusal = missing.length === 0 ? "" : root ? install(missing) : "not root, so it was not installed";
  for (const program of missing)
    if (!has(program)) lacks[program] = `no ${program} (package ${packages[program]}): ${refusal}`;
  const { tun, raw } = await probeLinks();
  if (!tun.ok) lacks.tun = `${tun.reason}: ${tun.hint}`;
  if (!raw.ok) lacks.raw = `${raw.reason}: ${raw.hint}`;
  for (const reason of Object.values(lacks)) say(`skipping what needs it: ${reason}`);
  if (root && has("ip")) sweepNamespaces();
  project.provide("lacks", lacks);
}

function has(program: string): boolean {
  if (program.startsWith("/")) return existsSync(program);
  const path = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
  return path.split(":").some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Installs the programs' packages, one by one where they will not come together. @returns why it failed, or "" */
function install(programs: readonly Program[]): string {
  if (!has("apt-get")) return "there is no apt-get to install it with";
  const wanted = programs.map((program) => packages[program]);
  say(`installing ${wanted.join(" ")}`);
  if (hasPackageLists() && apt("install", ...wanted) === "") return "";
  apt("update");
  if (apt("install", ...wanted) === "") return "";
  return wanted.map((one) => apt("install", one)).find((failure) => failure !== "") ?? "";
}

function hasPackageLists(): boolean {
  const directory = "/var/lib/apt/lists";
  return existsSync(directory) && readdirSync(directory).some((name) => name.includes("_Packages"));
}

function apt(...args: readonly string[]): string {
  const options = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, stderr, error } = spawnSync("apt-get", [...options, ...args], { env, encoding: "latin1" });
  return status === 0
    ? ""
    : `apt-get ${args[0]} failed: ${error?.message ?? stderr.trim().split("\n").at(-1)}`;
}

function say(text: string): void {
  process.stderr.write(`live tests: ${text}\n`);
}
