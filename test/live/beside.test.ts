/** Our programs on raw sockets, under addresses that the kernel has too: it must not be heard where it is not asked. */
import { createSocket } from "node:dgram";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "./support/cli.ts";
import { urlOf } from "./support/harbour.ts";
import { echoDatagrams, type KernelServer, serveHttp, serveTcp } from "./support/kernel-servers.ts";
import { describeLive } from "./support/live.ts";
import { createNamespace, type Namespace } from "./support/namespace.ts";
import { noise, openShelf, type Shelf, sha256, sha256Of } from "./support/shelf.ts";
import { type Sniffer, sniff } from "./support/sniffer.ts";
import { fields, judgeCapture, lines } from "./support/tshark.ts";
import { startUp, type Up } from "./support/up.ts";

const needs = ["root", "raw", "ip", "curl", "atftp", "nc.openbsd", "ab", "tcpdump", "tshark"] as const;
const body = noise(20_000_000);

/** The address we share, the kernel's that its servers and clients have, and what makes us have the first. */
const cases = [
  { family: "v4", own: "127.7.7.7", peer: "127.0.0.1", options: ["--raw", "--address", "127.7.7.7/8"] },
  { family: "v4, without options", own: "127.7.7.7", peer: "127.0.0.1", options: [] },
  { family: "v6", own: "fd00::7", peer: "::1", options: ["--raw", "--address", "fd00::7/128"] },
  { family: "v6, without options", own: "fd00::7", peer: "::1", options: [] },
] as const;

describeLive("harbormaster beside the kernel", needs, () => {
  let namespace: Namespace;
  let shelf: Shelf;
  let sniffer: Sniffer;
  let wire: string;
  let capture: string;
  let count = 0;

  beforeAll(async () => {
    namespace = await createNamespace();
    namespace.ip("addr", "add", "fd00::7/128", "dev", "lo", "nodad");
    shelf = openShelf();
  });

  afterAll(() => {
    namespace?.remove();
    shelf?.remove();
  });

  beforeEach(async () => {
    wire = shelf.path(`${count}.pcap`);
    capture = shelf.path(`${count++}.pcapng`);
    sniffer = await sniff(namespace, "lo", wire);
  });

  /** What was seen on the loopback interface that only a kernel that meddles could have sent; and that it was seen at all. */
  async function expectQuiet(packets: number): Promise<void> {
    await sniffer.stop();
    expect(await lines(wire, "icmp || icmpv6 || tcp.flags.reset == 1")).toEqual([]);
    expect((await fields(wire, "ip || ipv6", "frame.number")).length).toBeGreaterThan(packets);
  }

  async function expectSound(file: string): Promise<void> {
    const { packets, problems } = await judgeCapture(file);
    expect(problems).toEqual([]);
    expect(packets).toBeGreaterThan(0);
  }

  describe("as a client", () => {
    const run = (command: string, ...args: string[]) =>
      runCli(namespace, [command, ...args, "--pcap", capture]);

    test.each(cases)("gets 20 MB three times, IP$family", async ({ own, peer, options }) => {
      const server = await serveHttp(namespace, body);
      const said = await run("get", urlOf(peer, "big", server.port), ...options, "--count", "3", "--json");
      expect(said).toMatchObject({ status: 0, stderr: "" });
      const { fetches } = JSON.parse(said.stdout);
      expect(fetches.map((one: { sha256: string }) => one.sha256)).toEqual(Array(3).fill(sha256(body)));
      const sources = fetches.map((one: { source: { address: string; port: number } }) => one.source);
      for (const { address, port } of sources) {
        expect(address).toBe(own);
        // Beside the kernel's 32768 to 60999.
        expect(port).toBeGreaterThanOrEqual(61_000);
      }
      const ports = sources.map(({ port }: { port: number }) => port);
      expect(new Set(ports).size).toBe(3);
      expect(server.clients).toEqual(ports);
      server.close();
      await expectQuiet(300);
      expect(await fields(wire, "tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.srcport")).toEqual(
        ports.map(String),
      );
      await expectSound(capture);
    });
  });
});
