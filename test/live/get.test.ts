/** Our clients over a TUN against servers of the kernel: which ports they choose, what they fetch, how they fail. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runCli, startCli } from "./support/cli.ts";
import { families, kernel, onTun, ours, urlOf } from "./support/harbour.ts";
import { echoDatagrams, type KernelServer, serveHttp, serveTcp } from "./support/kernel-servers.ts";
import { describeLive } from "./support/live.ts";
import { createNamespace, type Namespace } from "./support/namespace.ts";
import type { Result } from "./support/process.ts";
import { noise, openShelf, type Shelf, sha256, sha256Of } from "./support/shelf.ts";
import { fields, judgeCapture } from "./support/tshark.ts";

const body = noise(20_000_000);
const small = noise(1000);

interface Fetches {
  readonly fetches: readonly {
    readonly status: number;
    readonly source: { readonly address: string; readonly port: number };
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

describeLive("harbormaster get and nc over TUN", ["root", "tun", "ip", "tshark"], () => {
  let namespace: Namespace;
  let shelf: Shelf;
  let capture: string;
  let count = 0;

  beforeAll(async () => {
    namespace = await createNamespace();
    // The kernel's address comes and goes with our interface; its servers are there before.
    for (const ip of ["ipv4", "ipv6"])
      await namespace.succeed("sh", ["-c", `echo 1 >/proc/sys/net/${ip}/ip_nonlocal_bind`]);
    shelf = openShelf();
  });

  beforeEach(() => {
    capture = shelf.path(`${count++}.pcapng`);
  });

  afterAll(() => {
    namespace?.remove();
    shelf?.remove();
  });

  function get(url: string, ...options: string[]): Promise<Result> {
    return runCli(namespace, ["get", url, ...onTun, "--pcap", capture, ...options]);
  }

  async function fetches(url: string, ...options: string[]): Promise<Fetches["fetches"]> {
    const { status, stdout, stderr } = await get(url, "--json", ...options);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return (JSON.parse(stdout) as Fetches).fetches;
  }

  /** Source ports of the connections in the capture, as they were opened; a SYN sent twice is there twice. */
  async function portsOpened(): Promise<number[]> {
    const { problems } = await judgeCapture(capture);
    expect(problems).toEqual([]);
    return (await fields(capture, "tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.srcport")).map(Number);
  }

  describe("from an HTTP server of the kernel", () => {
    let server: KernelServer;
    let quick: KernelServer;

    beforeAll(async () => {
      server = await serveHttp(namespace, body);
      quick = await serveHttp(namespace, small, "by-closing");
    });

    afterAll(() => {
      server?.close();
      quick?.close();
    });

    beforeEach(() => {
      (server.clients as number[]).length = 0;
      (quick.clients as number[]).length = 0;
    });

    test.each(families)("20 MB are fetched three times, each from another port, IP%s", async (family) => {
      const done = await fetches(urlOf(kernel[family], "big", server.port), "--count", "3");
      expect(done.map(({ status, sha256 }) => [status, sha256])).toEqual(Array(3).fill([200, sha256(body)]));
      const ports = done.map(({ source }) => source.port);
      expect(done.map(({ source }) => source.address)).toEqual(Array(3).fill(ours[family]));
      expect(new Set(ports).size).toBe(3);
      for (const port of ports) {
        expect(port).toBeGreaterThanOrEqual(32_768);
        expect(port).toBeLessThanOrEqual(60_999);
      }
      expect(server.clients).toEqual(ports);
      expect(await portsOpened()).toEqual(ports);
    });

    test("ports go up by one and wrap around; the kernel's own TIME-WAIT does not stop them [RFC 6191]", async () => {
      const url = urlOf(kernel.v4, "", quick.port);
      const done = await fetches(url, "--profile", "iana", "--range", "50000-50003", "--count", "10");
      const expected = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1].map((offset) => 50_000 + offset);
      expect(done.map(({ source }) => source.port)).toEqual(expected);
      expect(quick.clients).toEqual(expected);
      // Each connection took one SYN: the first was answered, though the old one rests in the kernel.
      expect(await portsOpened()).toEqual(expected);
    });

    test.each(
      ["sequential", "random", "random-retry", "simple-hash", "double-hash", "random-increments"].map(
        (algorithm, i) => [algorithm, 51_000 + 100 * i, 51_099 + 100 * i] as const,
      ),
    )("the algorithm %s stays in its range, %i to %i", async (algorithm, first, last) => {
      const url = urlOf(kernel.v6, "", quick.port);
      const done = await fetches(
        url,
        ...["--algorithm", algorithm, "--range", `${first}-${last}`, "--count", "5"],
      );
      const ports = done.map(({ source }) => source.port);
      expect(quick.clients).toEqual(ports);
      expect(Math.min(...ports)).toBeGreaterThanOrEqual(first);
      expect(Math.max(...ports)).toBeLessThanOrEqual(last);
      expect(new Set(ports).size).toBeGreaterThan(1);
    });

    test("Linux's own order has even ports first, as its connect has", async () => {
      const done = await fetches(urlOf(kernel.v4, "", quick.port), "--profile", "linux", "--count", "5");
      expect(done.map(({ source }) => source.port % 2)).toEqual([0, 0, 0, 0, 0]);
    });

    test("a file gets the body, and stdout does", async () => {
      const url = urlOf(kernel.v4, "x", server.port);
      expect(await get(url, "-o", shelf.path("got"))).toMatchObject({ status: 0 });
      expect(sha256Of(shelf.path("got"))).toBe(sha256(body));
      const text = await runCli(namespace, ["get", url, ...onTun, "-o", "-"], { limit: 30_000 });
      expect(text.status).toBe(0);
      expect(text.stderr).toContain("20.0 MB");
    });

    test("a status that is no success is a failure", async () => {
      const said = await get(urlOf(kernel.v4, "none", quick.port));
      expect(said).toMatchObject({ status: 1, stderr: expect.stringContaining("404 Not Found") });
    });
  });

  describe("from servers that behave badly", () => {
    test.each(families)("no server is ECONNREFUSED, IP%s", async (family) => {
      const said = await get(urlOf(kernel[family], "", 9));
      const host = family === "v4" ? kernel.v4 : `${kernel.v6}`;
      expect(said).toMatchObject({ status: 1, stderr: `error: connect ECONNREFUSED ${host}:9\n` });
    });

    test("a reset in the middle is ECONNRESET", async () => {
      const server = await serveTcp(namespace, (socket) => {
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nxx", () => socket.resetAndDestroy());
        });
      });
      const said = await get(urlOf(kernel.v4, "", server.port));
      expect(said).toMatchObject({ status: 1, stderr: expect.stringMatching(/^error: \w+ ECONNRESET/) });
      server.close();
    });

    test("an end before the end is said to be one", async () => {
      const server = await serveTcp(namespace, (socket) => {
        socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nxx"));
      });
      const said = await get(urlOf(kernel.v6, "", server.port));
      expect(said).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("the connection ended before the body did"),
      });
      server.close();
    });

    test("where we close first our ports rest, and when all of a range do, there is none left", async () => {
      const server = await serveTcp(namespace, (socket) => {
        socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxx"));
        socket.once("end", () => socket.end());
      });
      const url = urlOf(kernel.v4, "", server.port);
      const said = await get(url, "--range", "50000-50003", "--algorithm", "sequential", "--count", "6");
      expect(said).toMatchObject({ status: 1, stderr: expect.stringContaining("connect EADDRNOTAVAIL") });
      expect(server.clients).toEqual([50_000, 50_001, 50_002, 50_003]);
      expect(said.stdout.match(/^200 /gm)).toHaveLength(4);
      server.close();
    });

    test("SIGINT ends a fetch that hangs, and says so with 130", async () => {
      const server = await serveTcp(namespace, (socket) => {
        socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nxx"));
      });
      const url = urlOf(kernel.v4, "", server.port);
      const got = shelf.path("hangs");
      const running = startCli(namespace, ["get", url, ...onTun, "-o", got]);
      await new Promise<void>((resolve) => {
        const look = () => (server.clients.length > 0 ? resolve() : setTimeout(look, 1));
        look();
      });
      const ended = await running.stop("SIGINT");
      expect(ended.status).toBe(130);
      expect(existsSync(got)).toBe(true);
      server.close();
    });
  });

  describe("nc", () => {
    const nc = (host: string, port: number, input: Uint8Array, ...options: string[]) =>
      runCli(namespace, ["nc", host, String(port), ...onTun, "--pcap", capture, ...options], { input });

    test.each(families)("a megabyte comes back from an echo server of the kernel, IP%s", async (family) => {
      const server = await serveTcp(namespace, (socket) => void socket.pipe(socket));
      const text = Buffer.from(noise(750_000)).toString("base64");
      const said = await nc(kernel[family], server.port, Buffer.from(text), "-v");
      expect(said.stdout === text).toBe(true);
      expect(said.status).toBe(0);
      expect(said.stderr).toContain(`from ${ours[family]} port ${server.clients[0]}\n`);
      expect(await portsOpened()).toEqual(server.clients);
      server.close();
    });

    test.each(families)("a datagram in fragments comes back, IP%s", async (family) => {
      const server = await echoDatagrams(namespace, kernel[family]);
      const text = Buffer.from(noise(6000)).toString("base64");
      const said = await nc(kernel[family], server.port, Buffer.from(text), "-u");
      expect(said).toMatchObject({ status: 0, stdout: text });
      expect((await judgeCapture(capture)).problems).toEqual([]);
      expect(await fields(capture, "ip.flags.mf == 1 || ipv6.fraghdr", "frame.number")).not.toEqual([]);
      server.close();
    });

    test.each(families)("a datagram to a closed port of the kernel is ECONNREFUSED, IP%s", async (family) => {
      const said = await nc(kernel[family], 9, Buffer.from("x"), "-u");
      expect(said).toMatchObject({ status: 1, stderr: "error: recv ECONNREFUSED\n" });
    });

    test("a connection to a closed port is ECONNREFUSED", async () => {
      const said = await nc(kernel.v4, 9, Buffer.from("x"));
      expect(said).toMatchObject({ status: 1, stderr: `error: connect ECONNREFUSED ${kernel.v4}:9\n` });
    });
  });
});
