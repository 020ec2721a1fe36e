/** Other clients of the kernel against our small services, by a TUN that is the only route: tftp, nc, ping, datagrams. */
import { createSocket } from "node:dgram";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { families, type Harbour, kernel, openHarbour, ours } from "./support/harbour.ts";
import { openKernelUdp } from "./support/kernel-udp.ts";
import { describeLive } from "./support/live.ts";
import { noise, sha256Of } from "./support/shelf.ts";
import { fields, judgeCapture } from "./support/tshark.ts";
import { until } from "./support/wait.ts";

const needs = ["root", "tun", "ip", "tftp", "atftp", "nc.openbsd", "ping", "tshark"] as const;

describeLive("clients of the kernel", needs, () => {
  let harbour: Harbour;

  beforeAll(async () => {
    harbour = await openHarbour();
  });

  afterAll(() => harbour?.close());

  const path = (name: string) => harbour.shelf.path(name);
  const counters = async () => (await harbour.up.publication()).snapshot.counters;

  describe("of TFTP", () => {
    let sum: string;
    let large: string;

    beforeAll(() => {
      sum = harbour.shelf.make("file", 1_000_000);
      large = harbour.shelf.make("large", 20_000_000);
      harbour.shelf.make("blocks", 512 * 40);
    });

    test.each(families)("tftp fetches 1 MB in blocks of 512 bytes, IP%s", async (family) => {
      const flag = family === "v4" ? "-4" : "-6";
      await harbour.shell(`tftp ${flag} ${ours[family]} -m binary -c get file tftp-${family}`);
      expect(sha256Of(path(`tftp-${family}`))).toBe(sum);
    });

    test.each([
      [512, "file"],
      [1428, "large"],
      [8192, "large"],
      [65_464, "large"],
    ])("atftp fetches with a block size of %i [RFC 2348]", async (size, name) => {
      const option = `--option "blksize ${size}"`;
      await harbour.shell(`atftp ${option} -g -r ${name} -l atftp-${size} ${ours.v4} >&2`);
      expect(sha256Of(path(`atftp-${size}`))).toBe(name === "file" ? sum : large);
    });

    test("a file of whole blocks ends with an empty one [RFC 1350 6]", async () => {
      await harbour.shell(`tftp -4 ${ours.v4} -m binary -c get blocks whole`);
      expect(sha256Of(path("whole"))).toBe(sha256Of(path("blocks")));
    });

    test("what is not there is refused [RFC 1350 5]", async () => {
      const said = await harbour.shell(`tftp -4 ${ours.v4} -m binary -c get nothing none`);
      expect(said).toContain("Error code 1");
    });

    test("each transfer was answered from an ephemeral port of its own [RFC 1350 4]", () => {
      const lines = harbour.up.output.matchAll(/tftp: .* from port (\d+): done/g);
      const ports = [...lines].map(([, port]) => Number(port));
      expect(ports.length).toBeGreaterThanOrEqual(7);
      expect(new Set(ports).size).toBe(ports.length);
      expect(Math.min(...ports)).toBeGreaterThanOrEqual(32_768);
      expect(Math.max(...ports)).toBeLessThanOrEqual(60_999);
    });
  });

  describe("of echo, discard, daytime and chargen", () => {
    test.each(families)("datagrams of every size come back, IP%s", async (family) => {
      const from = { address: address(kernel[family]), port: 5555 };
      const to = { address: address(ours[family]), port: 7 };
      const socket = await harbour.namespace.inside(() => openKernelUdp(from, to));
      for (const size of [0, 1, 1472, 1473, 4000, 20_000, 65_000]) {
        const data = noise(size);
        socket.send(data);
        expect(Buffer.compare(await until(`the echo of ${size}`, () => socket.receive()), data)).toBe(0);
      }
      socket.close();
    });

    test.each(families)("nc hears a megabyte again after it has said its last, IP%s", async (family) => {
      writeFileSync(path("said"), noise(1_000_000));
      await harbour.shell(`nc.openbsd -N ${ours[family]} 7 <said >heard`);
      expect(sha256Of(path("heard"))).toBe(sha256Of(path("said")));
    });

    test("nc is told the time, by TCP and by UDP", async () => {
      const daytime = /^\w+, \w+ \d+, 20\d\d \d\d:\d\d:\d\d-UTC\r\n$/;
      expect(await harbour.shell(`nc.openbsd -N ${ours.v4} 13 </dev/null`)).toMatch(daytime);
      expect(await harbour.shell(`echo | nc.openbsd -u -W 1 ${ours.v6} 13`)).toMatch(daytime);
    });

    test("nc reads of chargen as much as it likes, and hangs up", async () => {
      const said = await harbour.shell(`nc.openbsd ${ours.v4} 19 </dev/null | head -c 1000000`);
      expect(said).toHaveLength(1_000_000);
      expect(said.split("\r\n")[0]).toHaveLength(72);
      await until("the end of chargen", async () => (await harbour.up.connections(19)).length === 0);
    });

    test("nc sends 20 MB to discard, which takes it all", async () => {
      const before = (await counters())["IpExtInOctets"]!;
      await harbour.shell(`head -c 20000000 /dev/zero | nc.openbsd -N ${ours.v4} 9`);
      expect((await counters())["IpExtInOctets"]! - before).toBeGreaterThan(20_000_000);
    });
  });

  describe("of ping", () => {
    test.each(families.flatMap((family) => [56, 1472, 4000, 65_000].map((size) => [family, size] as const)))(
      "IP%s: %i bytes are answered every time",
      async (family, size) => {
        const flags = ["-q", "-c", "5", "-i", "0.01", "-s", String(size)];
        const said = await harbour.namespace.succeed("ping", [...flags, ours[family]]);
        expect(said).toContain("5 packets transmitted, 5 received, 0% packet loss");
      },
    );
  });

  describe("of a UDP port without a server", () => {
    test.each(families)("hear that there is none, IP%s", async (family) => {
      const before = await counters();
      const code = await harbour.namespace.inside(() => refusalOf(ours[family], 99));
      expect(code).toBe("ECONNREFUSED");
      const sent = family === "v4" ? "IcmpOutDestUnreachs" : "Icmp6OutDestUnreachs";
      expect((await counters())[sent]).toBe((before[sent] ?? 0) + 1);
    });

    /** What a connected socket of the kernel hears after it has sent. */
    function refusalOf(host: string, port: number): Promise<string | undefined> {
      return new Promise((resolve) => {
        const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
        socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
        socket.on("error", () => socket.close());
        socket.once("connect", () => socket.send("x"));
        socket.connect(port, host);
      });
    }
  });

  describe("are all gone when", () => {
    test("SIGINT closes everything", async () => {
      const { status, stderr } = await harbour.up.stop("SIGINT");
      expect(stderr).toMatch(/SIGINT: closing\n$/);
      expect(status).toBe(130);
      expect(harbour.namespace.ip("-o", "link").trim().split("\n")).toHaveLength(1);
    });

    test("tshark finds no malformed packet and no wrong checksum in all that", async () => {
      const { packets, problems } = await judgeCapture(harbour.up.capture);
      expect(problems).toEqual([]);
      expect(packets).toBeGreaterThan(20_000);
      const fragments = await fields(harbour.up.capture, "ip.flags.mf == 1 || ipv6.fraghdr", "frame.number");
      expect(fragments.length).toBeGreaterThan(1000);
    });
  });
});
