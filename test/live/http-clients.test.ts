/** curl, wget and ApacheBench of the kernel against our HTTP server, by a TUN that is the only route. */
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "./support/cli.ts";
import { families, type Harbour, openHarbour, ours, urlOf } from "./support/harbour.ts";
import { describeLive } from "./support/live.ts";
import { sha256Of } from "./support/shelf.ts";
import { judgeCapture } from "./support/tshark.ts";
import { until } from "./support/wait.ts";

const needs = ["root", "tun", "ip", "curl", "wget", "ab", "tshark"] as const;

describeLive("HTTP clients of the kernel", needs, () => {
  let harbour: Harbour;
  let big: string;
  let middle: string;

  beforeAll(async () => {
    harbour = await openHarbour();
    big = harbour.shelf.make("big", 20_000_000);
    middle = harbour.shelf.make("middle", 1_000_000);
    harbour.shelf.make("small", 100);
  });

  afterAll(() => harbour?.close());

  const path = (name: string) => harbour.shelf.path(name);

  test("have no other way than the TUN", () => {
    const { namespace } = harbour;
    expect(namespace.ip("-4", "route").trim()).toBe("default dev hm0 scope link");
    expect(namespace.ip("-6", "route", "get", "2001:db8::1")).toContain("dev hm0");
  });

  test.each(families)("curl fetches 20 MB, IP%s", async (family) => {
    const said = await harbour.namespace.succeed("curl", [
      ...["-sS", "-g", "-o", path("got"), "-w", "%{http_code} %{size_download}"],
      urlOf(ours[family], "big"),
    ]);
    expect(said).toBe("200 20000000");
    expect(sha256Of(path("got"))).toBe(big);
  });

  test("wget fetches 20 MB, and a lost download goes on where it stopped", async () => {
    await harbour.shell(`wget -q -O wgot '${urlOf(ours.v6, "big")}'`);
    expect(sha256Of(path("wgot"))).toBe(big);
    await harbour.shell(`head -c 7000000 big > half && wget -q -c -O half '${urlOf(ours.v4, "big")}'`);
    expect(sha256Of(path("half"))).toBe(big);
  });

  test("curl fetches 50 files over 50 connections at once", async () => {
    const wanted = Array.from({ length: 50 }, (_, i) => [
      ...["-o", path(`many${i}`), urlOf(ours[families[i % 2]!], "middle")],
    ]);
    const parallel = ["--parallel", "--parallel-immediate", "--parallel-max", "50"];
    await harbour.namespace.succeed("curl", ["-sS", "-g", ...parallel, ...wanted.flat()], { limit: 60_000 });
    const sums = wanted.map((_, i) => sha256Of(path(`many${i}`)));
    expect(new Set(sums)).toEqual(new Set([middle]));
  });

  test("curl asks four times over one connection", async () => {
    const target = urlOf(ours.v4, "small");
    const said = await harbour.shell(
      `curl -sS -w '%{num_connects} %{local_port}\\n' ${`-o x ${target} `.repeat(4)}`,
    );
    const [first, ...others] = said.trim().split("\n");
    const port = /^1 (\d+)$/.exec(first!)?.[1];
    expect(others).toEqual(Array(3).fill(`0 ${port}`));
  });

  test("ab asks 2,000 times over 20 connections that stay", async () => {
    const said = await harbour.shell(`ab -q -k -n 2000 -c 20 ${urlOf(ours.v4, "small")}`);
    expect(said).toMatch(/Complete requests: +2000\n/);
    expect(said).toMatch(/Failed requests: +0\n/);
    expect(said).toMatch(/Keep-Alive requests: +2000\n/);
  });

  test("ab asks 1,000 times over as many connections; whoever closes first rests its port", async () => {
    const said = await harbour.shell(`ab -q -n 1000 -c 20 ${urlOf(ours.v4, "small")}`);
    expect(said).toMatch(/Complete requests: +1000\n/);
    expect(said).toMatch(/Failed requests: +0\n/);
    const resting = (await harbour.up.connections(80)).filter(({ state }) => state === "TIME-WAIT");
    // Mostly we do; ab has the whole file before our FIN when the two segments are apart.
    const theirs = await harbour.shell("ss -Htan state time-wait dport = :80");
    expect(resting.length).toBeGreaterThan(500);
    expect(resting.length + theirs.trim().split("\n").length).toBeGreaterThanOrEqual(1000);
    const { stdout } = await runCli(harbour.namespace, ["ss", "--control", harbour.up.control]);
    const row = new RegExp(`^tcp +TIME-WAIT .* ${ours.v4}:80 +10.9.0.1:\\d+ +TIME-WAIT `, "gm");
    expect(stdout.match(row)?.length).toBe(resting.length);
  });

  test("a client that hangs up in the middle is forgotten at once", async () => {
    const before = (await harbour.up.connections(80)).length;
    const socket = await harbour.namespace.inside(() => begin(urlOf(ours.v4, "big")));
    await until("its connection", async () => (await living()) === 1);
    socket.resetAndDestroy();
    await until("its end", async () => (await living()) === 0);
    expect((await harbour.up.connections(80)).length).toBeLessThanOrEqual(before);
  });

  async function living(): Promise<number> {
    const connections = await harbour.up.connections(80);
    return connections.filter(({ state }) => state !== "TIME-WAIT").length;
  }

  /** A request sent, its answer begun and then not read. */
  function begin(target: string): Promise<Socket> {
    const { hostname, port, pathname } = new URL(target);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port || 80), hostname);
      socket.once("error", reject);
      socket.once("data", () => resolve(socket.pause()));
      socket.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
    });
  }

  test("a port without a server refuses", async () => {
    for (const family of families) {
      const said = await harbour.namespace.run("curl", ["-sS", "-g", urlOf(ours[family], "", 81)]);
      expect(said).toMatchObject({ status: 7, stderr: expect.stringContaining("Couldn't connect") });
    }
  });

  test("SIGTERM closes everything, and the interface is gone", async () => {
    const { status, stderr } = await harbour.up.stop("SIGTERM");
    expect(stderr).toMatch(/SIGTERM: closing\n$/);
    expect(stderr).not.toContain("error");
    expect(status).toBe(0);
    expect(harbour.namespace.ip("-o", "link").trim().split("\n")).toHaveLength(1);
  });

  test("tshark finds no malformed packet and no wrong checksum in all that", async () => {
    const { packets, problems } = await judgeCapture(harbour.up.capture);
    expect(problems).toEqual([]);
    expect(packets).toBeGreaterThan(50_000);
  });
});
