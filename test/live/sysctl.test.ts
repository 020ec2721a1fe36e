/** Our sysctls beside the running kernel's: the same texts to both, and the same errno and the same values afterwards. */
import { closeSync, constants, existsSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { PortManager } from "../../src/ports/port-manager.ts";
import { linux } from "../../src/ports/profiles/linux.ts";
import { icmpRateLimits } from "../../src/protocols/ip/rate-limit.ts";
import { Sysctl } from "../../src/stack/views/sysctl.ts";
import { outcome } from "../stack/support/fake-world.ts";
import { describeLive } from "./support/live.ts";
import { createNamespace, type Namespace } from "./support/namespace.ts";

/** Words of which the texts are made; to them come the bounds of all that is compared. */
const words = [
  ...[
    "",
    "0",
    "1",
    "-1",
    "-0",
    "00",
    "7",
    "010",
    "08",
    "0x50",
    "0X5a",
    "0x",
    "+5",
    "1.5",
    "1e3",
    "abc",
    "-",
    "5x",
  ],
  ...["1023", "1024", "1025", "32767", "32768", "32769", "60999", "65535", "65536", "99999", "200000"],
  ...["8589934", "8589935", "-8589934", "2147483647", "2147483648", "-2147483648", "-2147483649"],
  ...["4294967295", "4294967296", "18446744073709551616", "00000000000000000000001"],
] as const;
const separators = [" ", "\t", "\n", "  ", ",", "-", " \n ", "\v", ",\n"] as const;

/** Kept in jiffies of 4 ms and told rounded up: we keep milliseconds. */
const milliseconds = new Set(["net.ipv4.icmp_ratelimit", "net.ipv4.tcp_invalid_ratelimit"]);

const portKnobs = [
  ...["ip_autobind_reuse", "ip_local_port_range", "ip_local_reserved_ports", "ip_nonlocal_bind"],
  ...[
    "ip_unprivileged_port_start",
    "tcp_fin_timeout",
    "tcp_max_tw_buckets",
    "tcp_tw_reuse",
    "tcp_tw_reuse_delay",
  ],
].map((name) => `net.ipv4.${name}`);

describeLive("sysctl beside the kernel", ["root", "ip"], () => {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await createNamespace();
  });
  afterAll(() => namespace?.remove());

  test("the same texts are taken and refused, whatever is written in whatever order", async () => {
    const random = seededRandom(Number(process.env["SYSCTL_SEED"] ?? 1));
    const count = Number(process.env["SYSCTL_WRITES"] ?? 20_000);
    const disagreements = await namespace.inside(() => compare(random, count));
    expect(disagreements).toEqual([]);
  });
});

interface Disagreement {
  readonly name: string;
  readonly text: string;
  readonly before: string;
  readonly kernel: string;
  readonly ours: string;
}

/** Writes `count` texts to knobs that both have, and tells the first ten disagreements. */
function compare(random: Random, count: number): Disagreement[] {
  const ports = new PortManager<object>({ profile: linux, random: seededRandom(1), now: () => 0 });
  const sysctl = new Sysctl({ ports: ports.settings, icmp: { ...icmpRateLimits } });
  const names = sysctl
    .names()
    .filter((name) => existsSync(pathOf(name)) && !milliseconds.has(name) && isOurs(name));
  expect(names).toEqual(expect.arrayContaining(portKnobs));
  const found: Disagreement[] = [];
  for (const name of names) writeKernel(name, sysctl.get(name));
  for (let i = 0; i < count && found.length < 10; i++) {
    const name = names[random.below(names.length)]!;
    const text = textFor(random);
    const before = readKernel(name);
    const kernel = writeKernel(name, text) ?? readKernel(name);
    const ours = outcome(() => sysctl.set(name, text)) ?? sysctl.get(name);
    const same = kernel === ours && readKernel(name) === sysctl.get(name);
    if (!same) found.push({ name, text, before, kernel, ours });
    if (!same) writeKernel(name, sysctl.get(name));
  }
  return found;
}

/** One to four words with something between them, and sometimes something around them. */
function textFor(random: Random): string {
  const one = <T>(of: readonly T[]): T => of[random.below(of.length)]!;
  const word = (): string => (random.below(3) === 0 ? String(random.below(70_000)) : one(words));
  const separator = one(separators);
  let text = word();
  for (let more = random.below(4); more > 0; more--) text += separator + word();
  if (random.below(6) === 0) text = one(separators) + text;
  if (random.below(4) === 0) text += one(separators);
  return text === "" ? "\n" : text;
}

/** Knobs of the whole machine are seen in a namespace, and not for writing. */
function isOurs(name: string): boolean {
  return (statSync(pathOf(name)).mode & constants.S_IWUSR) !== 0;
}

function pathOf(name: string): string {
  return `/proc/sys/${name.replaceAll(".", "/")}`;
}

function readKernel(name: string): string {
  return readFileSync(pathOf(name), "latin1").replace(/\n$/, "");
}

/** The errno's name, where there is one. */
function writeKernel(name: string, text: string): string | undefined {
  try {
    const file = openSync(pathOf(name), constants.O_WRONLY);
    try {
      writeSync(file, text);
    } finally {
      closeSync(file);
    }
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}
