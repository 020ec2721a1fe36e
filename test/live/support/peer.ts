/** Other stacks as peers of a host of ours: programs of `../peers`, built here, that do what a line of text tells them. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock, systemRandom } from "../../../src/node/index.ts";
import { echoTcp, echoUdp } from "../../../src/services/echo.ts";
import { Host } from "../../../src/stack/host.ts";
import { type DatagramWire, openDatagramWire } from "./datagram-link.ts";
import { guestFiles } from "./initramfs.ts";
import { type Running, start, succeed } from "./process.ts";
import type { Shelf } from "./shelf.ts";
import { until } from "./wait.ts";

/** The peer's address on the wire, and ours; both have echo on port 7, and we on 8. */
export const theirs = "10.9.0.2";
export const ours = "10.9.0.1";

export interface Peer {
  readonly host: Host;
  /** The local ports that so many sockets in a row get, each closed before the next. */
  ports(
    protocol: "tcp" | "udp" | "sctp",
    call: "connect" | "bind",
    count: number,
    to?: number,
  ): Promise<number[]>;
  /** Has it send so many bytes to our echo. @returns how many came back right */
  fetch(bytes: number): Promise<number>;
  close(): Promise<void>;
}

const sources = fileURLToPath(new URL("../peers/", import.meta.url));
const patience = 120_000;

/** Debian 12's Linux 6.1 as a process (User Mode Linux), its Ethernet on our wire. */
export async function startLinux(shelf: Shelf): Promise<Peer> {
  const init = shelf.path("init");
  await compile(["-static", "-o", init, "linux-guest.c"]);
  const [release = ""] = readdirSync("/usr/lib/uml/modules");
  writeFileSync(shelf.path("guest.cpio"), guestFiles(init, `/usr/lib/uml/modules/${release}`, ["sctp"]));
  const wire = await openDatagramWire("ethernet", 1500);
  const kernel = [
    ...["linux.uml", "mem=96M", `initrd=${shelf.path("guest.cpio")}`, "root=/dev/ram0", "rdinit=/init"],
    ...["con=null", "con0=fd:0,fd:1", "ssl=null", "quiet", "panic=-1", `address=${theirs}`],
    `eth0=ucast,02:00:00:00:00:02,127.0.0.1,${wire.there},${wire.here}`,
  ];
  // In a process namespace, so that no helper of it is left; under a shell, since it must not be the first process there.
  const contained = ["--pdeathsig", "KILL", "unshare", "--fork", "--pid", "--kill-child=KILL"];
  const words = [...contained, "sh", "-c", '"$@"; exit $?', "sh", ...kernel];
  return joined(wire, () => start("setpriv", words, { limit: 300_000, env: { TMPDIR: "/tmp" } }));
}

/** Debian's lwIP. Its library has buffers for 576 bytes, and overruns them with more. */
export async function startLwip(shelf: Shelf): Promise<Peer> {
  const program = shelf.path("lwip-peer");
  const files = ["lwip-peer.c", "lwip-wire.c", "-llwip", "-lpthread"];
  await compile(["-I/usr/include/lwip", "-o", program, ...files]);
  const wire = await openDatagramWire("ip", 576);
  return joined(wire, () => start(program, [theirs, `${wire.there}`, `${wire.here}`], { limit: 300_000 }));
}

/** Debian's gVisor. */
export async function startGvisor(shelf: Shelf): Promise<Peer> {
  const program = shelf.path("gvisor-peer");
  const env = { GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOCACHE: shelf.path("go"), GOFLAGS: "" };
  await succeed("go", ["build", "-o", program, "."], { cwd: join(sources, "gvisor"), env, limit: 240_000 });
  const wire = await openDatagramWire("ip", 1500);
  return joined(wire, () => start(program, [theirs, `${wire.there}`, `${wire.here}`], { limit: 300_000 }));
}

/** Ports that usrsctp chooses for so many sockets in a row. */
export async function usrsctpPorts(shelf: Shelf, count: number): Promise<number[]> {
  const program = shelf.path("usrsctp-ports");
  await compile(["-o", program, "usrsctp-ports.c", "-lusrsctp"]);
  return numbers(await succeed(program, [`${count}`]));
}

async function compile(words: readonly string[]): Promise<void> {
  await succeed("gcc", ["-O2", ...words], { cwd: sources, limit: patience });
}

async function joined({ link }: DatagramWire, begin: () => Running): Promise<Peer> {
  const clock = systemClock();
  const host = new Host({ clock, random: systemRandom() });
  host.addInterface(link, { addresses: [`${ours}/24`] });
  const services = { clock, socket: host.socket.bind(host) };
  const echoes = [7, 8].flatMap((port) => {
    const at = { address: "0.0.0.0", port };
    return [echoTcp(services, at), echoUdp(services, at)];
  });
  const running = begin();
  try {
    await running.waitFor(/^ready/m, 60_000);
  } catch (error) {
    host.close();
    throw error;
  }
  const ask = async (line: string): Promise<string> => {
    const from = running.output.length;
    running.write(`${line}\n`);
    const answer = () => /^(?:ports|echoed):.*\n/m.exec(running.output.slice(from))?.[0];
    return until(`${line}: ${running.output.slice(from)}`, answer, 30_000);
  };
  return {
    host,
    ports: async (protocol, call, count, to = 7) =>
      numbers(await ask(`ports ${protocol} ${call} ${count} ${ours} ${to}`)),
    fetch: async (bytes) => numbers(await ask(`fetch ${ours} 7 ${bytes}`))[0]!,
    close: async () => {
      await running.stop("SIGKILL");
      for (const echo of echoes) echo.close();
      host.close();
    },
  };
}

/** @throws Error where the peer had something else to say */
function numbers(answer: string): number[] {
  const words = answer.trim().split(/\s+/).slice(1);
  if (words.length === 0 || words.some((word) => !/^\d+$/.test(word)))
    throw new Error(`not numbers: ${answer}`);
  return words.map(Number);
}
