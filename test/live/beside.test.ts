/** Our programs on raw sockets, under addresses that the kernel has too: it must not be heard where it is not asked. */
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "./support/cli.ts";
import { urlOf } from "./support/harbour.ts";
import { echoDatagrams, serveHttp, serveTcp } from "./support/kernel-servers.ts";
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
    sniffer = await sniff(namespace, wire);
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

    test.each([
      { own: "127.7.7.7", peer: "127.0.0.1" },
      { own: "fd00::7", peer: "::1" },
    ])("talks to echo servers of $peer by TCP and UDP", async ({ own, peer }) => {
      const streams = await serveTcp(namespace, (socket) => void socket.pipe(socket));
      const datagrams = await echoDatagrams(namespace, peer);
      const text = Buffer.from(noise(300_000)).toString("base64");
      const said = await runCli(namespace, ["nc", peer, String(streams.port), "-v"], { input: text });
      expect(said.stdout === text).toBe(true);
      expect(said).toMatchObject({ status: 0, stderr: expect.stringContaining(`from ${own} port `) });
      const short = text.slice(0, 12_000);
      const answer = await runCli(namespace, ["nc", "-u", peer, String(datagrams.port)], { input: short });
      expect(answer).toMatchObject({ status: 0, stdout: short });
      streams.close();
      datagrams.close();
      await expectQuiet(10);
    });

    test.each(["127.0.0.1", "::1"])("hears from the kernel that %s has no such port", async (peer) => {
      const tcp = await run("nc", peer, "9");
      expect(tcp).toMatchObject({ status: 1, stderr: `error: connect ECONNREFUSED ${peer}:9\n` });
      const udp = await runCli(namespace, ["nc", "-u", peer, "9"], { input: "x" });
      expect(udp).toMatchObject({ status: 1, stderr: "error: recv ECONNREFUSED\n" });
      await sniffer.stop();
      expect(await fields(wire, "tcp.flags.reset == 1", "tcp.srcport")).toEqual(["9"]);
      expect(await lines(wire, "icmp || icmpv6")).toHaveLength(1);
    });

    test("passes over ports that the kernel's programs have, one after the other, around the range", async () => {
      const taken = await namespace.inside(() => Promise.all([61_000, 61_002].map(listenAt)));
      const server = await serveHttp(namespace, noise(1000), "by-closing");
      const url = urlOf("127.0.0.1", "", server.port);
      const choice = ["--range", "61000-61003", "--algorithm", "sequential", "--count", "5"];
      const said = await run("get", url, ...choice);
      expect(said).toMatchObject({ status: 0, stderr: "" });
      expect(server.clients).toEqual([61_001, 61_003, 61_001, 61_003, 61_001]);
      const named = await runCli(namespace, ["get", url, "--local-port", "61002"]);
      expect(named).toMatchObject({ status: 1, stderr: expect.stringContaining("EADDRINUSE") });
      server.close();
      for (const listener of taken) listener.close();
      await expectQuiet(30);
      await expectSound(capture);
    });

    function listenAt(port: number): Promise<Server> {
      return new Promise((resolve, reject) => {
        const server = createServer().on("error", reject);
        server.listen(port, "127.7.7.7", () => resolve(server));
      });
    }
  });

  describe("as a server", () => {
    let up: Up;
    let big: string;
    let middle: string;

    beforeAll(async () => {
      big = shelf.make("big", body.length);
      middle = shelf.make("middle", 1_000_000);
      const files = shelf.directory;
      up = await startUp(namespace, shelf, [
        ...["--raw", "--address", "127.7.7.7/8", "--address", "fd00::7/128"],
        ...["--serve", `echo:7007,discard:9009,daytime:1313,http:8080=${files},tftp:6969=${files}`],
      ]);
    });

    const shell = (command: string) =>
      namespace.succeed("sh", ["-c", command], { cwd: shelf.directory, limit: 60_000 });

    test("curl of the kernel gets 20 MB, over IPv4 and IPv6", async () => {
      await shell(`curl -sS -o four ${urlOf("127.7.7.7", "big", 8080)}`);
      // Left to itself the kernel would take our address for its own source, and nothing would leave it.
      await shell(`curl -sS -g --interface ::1 -o six '${urlOf("fd00::7", "big", 8080)}'`);
      expect([sha256Of(shelf.path("four")), sha256Of(shelf.path("six"))]).toEqual([big, big]);
      await expectQuiet(600);
    });

    test("curl opens 50 connections at once", async () => {
      const wanted = Array.from(
        { length: 50 },
        (_, i) => `-o many${i} ${urlOf("127.7.7.7", "middle", 8080)}`,
      );
      await shell(`curl -sS --parallel --parallel-immediate --parallel-max 50 ${wanted.join(" ")}`);
      expect(new Set(wanted.map((_, i) => sha256Of(shelf.path(`many${i}`))))).toEqual(new Set([middle]));
      await expectQuiet(1000);
    });

    test("ab opens 500 connections, whose ports rest with us", async () => {
      const said = await shell(`ab -q -n 500 -c 20 ${urlOf("127.7.7.7", "none", 8080)}`);
      expect(said).toMatch(/Complete requests: +500\n/);
      expect(said).toMatch(/Failed requests: +0\n/);
      const resting = (await up.connections(8080)).filter(({ state }) => state === "TIME-WAIT");
      expect(resting.length).toBeGreaterThanOrEqual(500);
      await expectQuiet(4000);
    });

    test("atftp fetches from ephemeral ports that are ours too", async () => {
      for (const size of [512, 8192])
        await shell(`atftp --option "blksize ${size}" -g -r middle -l tftp${size} 127.7.7.7 6969 >&2`);
      expect([sha256Of(shelf.path("tftp512")), sha256Of(shelf.path("tftp8192"))]).toEqual([middle, middle]);
      const ports = [...up.output.matchAll(/tftp: .* from port (\d+): done/g)].map(([, port]) =>
        Number(port),
      );
      expect(ports).toHaveLength(2);
      for (const port of ports) expect(port).toBeGreaterThanOrEqual(61_000);
      await expectQuiet(4000);
    });

    test("nc talks to echo and daytime", async () => {
      await shell("nc.openbsd -N 127.7.7.7 7007 <middle >heard");
      await shell("nc.openbsd -N -s ::1 fd00::7 7007 <middle >heard6");
      expect([sha256Of(shelf.path("heard")), sha256Of(shelf.path("heard6"))]).toEqual([middle, middle]);
      expect(await shell("head -c 9000 middle | base64 | nc.openbsd -u -W 1 127.7.7.7 7007")).not.toBe("");
      expect(await shell("nc.openbsd -N 127.7.7.7 1313 </dev/null")).toMatch(/UTC\r\n$/);
      await expectQuiet(50);
    });

    test("its end leaves nothing behind in the kernel, and a sound capture", async () => {
      expect((await up.stop("SIGINT")).status).toBe(130);
      const refused = await namespace.run("curl", ["-sS", urlOf("127.7.7.7", "", 8080)]);
      expect(refused.status).toBe(7);
      expect((await namespace.succeed("ss", ["-Hlntu"])).trim()).toBe("");
      await sniffer.stop();
      await expectSound(up.capture);
    });
  });
});
