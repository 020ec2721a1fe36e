import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { i32 } from "../../src/base/bytes.ts";
import { checksumPartial, type Packet } from "../../src/base/packet.ts";
import { captured } from "../../src/link/capture.ts";
import type { Link } from "../../src/link/link.ts";
import { type CaptureFile, openCaptureFile } from "../../src/node/capture-file.ts";
import { systemClock } from "../../src/node/clock.ts";
import { openTun } from "../../src/node/tun/tun.ts";
import { type Flow, tcpFlags, tcpPacket, udpPacket } from "../node/packets.ts";
import { openKernelUdp } from "./support/kernel-udp.ts";
import { describeLive } from "./support/live.ts";
import { createNamespace, type Namespace } from "./support/namespace.ts";
import { respond } from "./support/responder.ts";
import { judgeCapture, lines } from "./support/tshark.ts";
import { until } from "./support/wait.ts";

const kernel = { v4: address("10.77.0.1"), v6: address("fd77::1") };
const ours = { v4: address("10.77.0.2"), v6: address("fd77::2") };
const families = ["v4", "v6"] as const;

function flow(family: "v4" | "v6", from: number, to: number): Flow {
  return { from: { address: ours[family], port: from }, to: { address: kernel[family], port: to } };
}

function send(link: Link, ...packets: Packet[]): void {
  expect(link.send(packets, packets.length)).toBe(packets.length);
}

/** Bytes that differ from one place to the next. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >>> 8)) & 255);
}

describeLive("a TUN link that answers", ["root", "tun", "ip", "ping"], () => {
  let namespace: Namespace;
  let link: Link;

  beforeAll(async () => {
    namespace = await createNamespace();
    link = await namespace.inside(() => openTun({ name: "hm0", addresses: ["10.77.0.1/24", "fd77::1/64"] }));
    respond(link);
  });

  afterAll(() => {
    link?.close();
    namespace?.remove();
  });

  test("it is up, with the name, the addresses, the MTU and the queue it was opened with", () => {
    const shown = namespace.ip("addr", "show", "dev", "hm0");
    expect(shown).toMatch(/hm0: <.*\bUP\b.*> mtu 1500 .* qlen 5000/);
    expect(shown).toContain("inet 10.77.0.1/24");
    expect(shown).toMatch(/inet6 fd77::1\/64 scope global (?!tentative)/);
    expect(link).toMatchObject({ name: "hm0", capabilities: { medium: "ip", mtu: 1500, headroom: 10 } });
  });

  test.each(["10.77.0.2", "fd77::2"])("the kernel's pings to %s are answered", async (to) => {
    const output = await namespace.succeed("ping", ["-q", "-c", "20", "-i", "0.005", "-s", "1400", to]);
    expect(output).toContain("20 packets transmitted, 20 received, 0% packet loss");
  });

  test.each(families)("10,000 pings in flood are all answered, IP%s", async (family) => {
    const to = family === "v4" ? "10.77.0.2" : "fd77::2";
    const output = await namespace.succeed("ping", ["-q", "-f", "-c", "10000", to]);
    expect(output).toContain("10000 received, 0% packet loss");
  });

  test.each(families)("UDP comes back from it to a kernel socket, IP%s", async (family) => {
    const { from, to } = flow(family, 7, 9999);
    const socket = await namespace.inside(() => openKernelUdp(to, from));
    socket.send(pattern(1000));
    const echo = await until("the echo", () => socket.receive());
    expect(echo).toEqual(pattern(1000));
    socket.close();
  });
});

describeLive("a TUN link and segments of 64 KiB", ["root", "tun", "ip", "tshark"], () => {
  let namespace: Namespace;
  let link: Link;
  let directory: string;
  let capture: CaptureFile;
  const heard: Packet[] = [];

  beforeAll(async () => {
    namespace = await createNamespace();
    const tun = await namespace.inside(() => openTun({ addresses: ["10.77.0.1/24", "fd77::1/64"] }));
    directory = mkdtempSync(join(tmpdir(), "hm-tun-"));
    capture = openCaptureFile(join(directory, "tun.pcapng"));
    link = captured(tun, { clock: systemClock(), sink: capture.sink(tun) });
    link.open({
      receive(packets, count) {
        for (const packet of packets.slice(0, count)) heard.push({ ...packet, bytes: packet.bytes.slice() });
      },
    });
  });

  afterAll(() => {
    link?.close();
    namespace?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  test("it says that it takes them", () => {
    expect(link.capabilities).toMatchObject({
      partialChecksum: true,
      tcpSegmentation: true,
      udpSegmentation: true,
    });
  });

  test.each(families)(
    "a UDP super-packet of the kernel arrives whole, with its segment size, IP%s",
    async (family) => {
      const { from, to } = flow(family, 5000, 5001);
      const socket = await namespace.inside(() => openKernelUdp(to, from));
      heard.length = 0;
      socket.send(pattern(40 * 1400), 1400);
      const packet = await until("the super-packet", () => heard.find(({ segmentSize }) => segmentSize > 0));
      const header = family === "v4" ? 20 : 40;
      expect(packet).toMatchObject({
        segmentSize: 1400,
        checksum: checksumPartial,
        checksumStart: header,
        checksumOffset: 6,
      });
      expect(packet.end - packet.start).toBe(header + 8 + 40 * 1400);
      expect(packet.bytes.subarray(packet.start + header + 8, packet.end)).toEqual(pattern(40 * 1400));
      socket.close();
    },
  );

  test.each(families)("the kernel cuts a UDP super-packet of ours into datagrams, IP%s", async (family) => {
    const way = flow(family, 5002, 5003);
    const socket = await namespace.inside(() => openKernelUdp(way.to, way.from));
    send(link, udpPacket(way, pattern(30 * 1400 + 100), 1400));
    const data = pattern(30 * 1400 + 100);
    for (let i = 0; i <= 30; i++) {
      const datagram = await until(`datagram ${i}`, () => socket.receive());
      expect(datagram).toEqual(data.subarray(1400 * i, 1400 * (i + 1)));
    }
    socket.close();
  });

  test.each(["none", "checksum"] as const)(
    "a datagram with the checksum left to: %s, arrives",
    async (offload) => {
      for (const family of families) {
        const way = flow(family, 5004, 5005);
        const socket = await namespace.inside(() => openKernelUdp(way.to, way.from));
        send(link, udpPacket(way, pattern(333), offload));
        expect(await until("the datagram", () => socket.receive())).toEqual(pattern(333));
        socket.close();
      }
    },
  );

  test("a packet without headroom is sent all the same", async () => {
    const way = flow("v4", 5006, 5007);
    const socket = await namespace.inside(() => openKernelUdp(way.to, way.from));
    const packet = udpPacket(way, pattern(100), "checksum");
    send(link, {
      ...packet,
      bytes: packet.bytes.slice(packet.start),
      start: 0,
      end: packet.end - packet.start,
    });
    expect(await until("the datagram", () => socket.receive())).toEqual(pattern(100));
    socket.close();
  });

  test.each(families)("TCP segments of many go both ways with the kernel's TCP, IP%s", async (family) => {
    const total = 400_000;
    const received = createHash("sha256");
    let got = 0;
    const server = await namespace.inside(
      () =>
        new Promise<Server>((resolve) => {
          const made = createServer((socket) => {
            socket.on("data", (data) => {
              received.update(data);
              got += data.length;
              if (got === 40 * 1400) socket.end(pattern(total));
            });
            socket.on("error", () => {});
          });
          made.listen(5010, family === "v4" ? "10.77.0.1" : "fd77::1", () => resolve(made));
        }),
    );
    const way = flow(family, 40_000, 5010);
    const header = family === "v4" ? 20 : 40;
    const segments = () =>
      heard.filter(({ bytes, start }) => bytes[start + (family === "v4" ? 9 : 6)] === 6).splice(0);
    heard.length = 0;
    const options = [2, 4, 0x05, 0x78, 1, 3, 3, 10];
    send(
      link,
      tcpPacket(
        way,
        { flags: tcpFlags.syn, sequence: 1000, acknowledgment: 0, options },
        pattern(0),
        "checksum",
      ),
    );
    const accepted = await until("SYN-ACK", () => segments()[0]);
    let next = (i32(accepted.bytes, accepted.start + header + 4) + 1) | 0;
    const acknowledge = (sequence: number) =>
      send(
        link,
        tcpPacket(
          way,
          { flags: tcpFlags.acknowledge, sequence, acknowledgment: next },
          pattern(0),
          "checksum",
        ),
      );
    acknowledge(1001);
    heard.length = 0;
    const flags = tcpFlags.acknowledge | tcpFlags.push;
    send(link, tcpPacket(way, { flags, sequence: 1001, acknowledgment: next }, pattern(40 * 1400), 1400));
    let bulk = 0;
    let largest = 0;
    await until("the reply", () => {
      for (const { bytes, start, end, segmentSize, checksum } of segments()) {
        const at = start + header;
        const payload = end - at - (bytes[at + 12]! >>> 4) * 4;
        expect(checksum).toBe(checksumPartial);
        if (i32(bytes, at + 4) !== next || payload === 0) continue;
        if (segmentSize > 0) expect(segmentSize).toBe(1400);
        next = (next + payload) | 0;
        bulk += payload;
        largest = Math.max(largest, payload);
      }
      heard.length = 0;
      acknowledge(1001 + 40 * 1400);
      return bulk === total;
    });
    expect(largest).toBeGreaterThan(10 * 1400);
    expect(received.digest("hex")).toBe(
      createHash("sha256")
        .update(pattern(40 * 1400))
        .digest("hex"),
    );
    send(
      link,
      tcpPacket(
        way,
        { flags: tcpFlags.reset, sequence: 1001 + 40 * 1400, acknowledgment: 0 },
        pattern(0),
        "none",
      ),
    );
    server.close();
  });

  test("a capture of all this shows ordinary packets, with right checksums", async () => {
    await capture.close();
    const { packets, problems } = await judgeCapture(join(directory, "tun.pcapng"));
    expect(problems).toEqual([]);
    expect(packets).toBeGreaterThan(2 * (40 + 31 + 40 + 280));
    expect(await lines(join(directory, "tun.pcapng"), "frame.len > 1500")).toEqual([]);
  });
});

describeLive("a TUN link in trouble", ["root", "tun", "ip"], () => {
  let namespace: Namespace;

  beforeAll(async () => {
    namespace = await createNamespace();
  });

  afterAll(() => namespace?.remove());

  function watch(link: Link): { failures: (string | undefined)[]; closed: number } {
    const seen = { failures: [] as (string | undefined)[], closed: 0 };
    link.open({
      receive: () => {},
      failed: (error) => seen.failures.push((error as NodeJS.ErrnoException).code),
      closed: () => seen.closed++,
    });
    return seen;
  }

  test("an interface that is down loses packets, says so once, and recovers", async () => {
    const link = await namespace.inside(() => openTun({ name: "down0", addresses: ["10.77.1.1/24"] }));
    const seen = watch(link);
    namespace.ip("link", "set", "down0", "down");
    const packet = udpPacket(flow("v4", 1, 2), pattern(10), "none");
    send(link, packet, packet, packet);
    expect(seen).toEqual({ failures: ["EIO"], closed: 0 });
    expect(link.stats).toMatchObject({ dropped: 3, sentPackets: 0 });
    namespace.ip("link", "set", "down0", "up");
    send(link, packet);
    expect(link.stats.sentPackets).toBe(1);
    link.close();
    expect(seen.closed).toBe(1);
  });

  test("an interface that is deleted closes the link", async () => {
    const link = await namespace.inside(() => openTun({ name: "gone0" }));
    const seen = watch(link);
    namespace.ip("link", "del", "gone0");
    await until("closed", () => seen.closed > 0);
    expect(seen).toEqual({ failures: ["ENODEV"], closed: 1 });
    expect(link.send([udpPacket(flow("v4", 1, 2), pattern(10), "none")], 1)).toBe(1);
    link.close();
    expect(seen.closed).toBe(1);
  });

  test("a name in use, a name too long and a wrong MTU are refused", async () => {
    const link = await namespace.inside(() => openTun({ name: "busy0" }));
    await expect(namespace.inside(() => openTun({ name: "busy0" }))).rejects.toMatchObject({
      name: "LinkUnavailableError",
      code: "EBUSY",
      message: expect.stringContaining("choose another name"),
    });
    await expect(openTun({ name: "a-name-of-16-byte" })).rejects.toThrow(RangeError);
    await expect(openTun({ mtu: 67 })).rejects.toThrow(RangeError);
    await expect(openTun({ addresses: ["10.0.0.300/24"] })).rejects.toThrow(TypeError);
    link.close();
  });

  test("a persistent interface is attached, whatever offloads its last user left", async () => {
    namespace.ip("tuntap", "add", "dev", "kept0", "mode", "tun", "vnet_hdr");
    const first = await namespace.inside(() => openTun({ name: "kept0", addresses: ["10.77.2.1/24"] }));
    first.close();
    const heard: Packet[] = [];
    const second = await namespace.inside(() => openTun({ name: "kept0", state: "leave" }));
    second.open({ receive: (packets, count) => heard.push(...packets.slice(0, count)) });
    expect(namespace.ip("link", "show", "kept0")).toContain("UP");
    second.close();
  });

  test("without the header every packet is plain and complete", async () => {
    const link = await namespace.inside(() =>
      openTun({ name: "plain0", header: "none", mtu: 9000, addresses: ["10.77.3.1/24"] }),
    );
    expect(link.capabilities).toEqual({
      medium: "ip",
      mtu: 9000,
      headroom: 0,
      partialChecksum: false,
      tcpSegmentation: false,
      udpSegmentation: false,
    });
    respond(link);
    const socket = await namespace.inside(() =>
      openKernelUdp(
        { address: address("10.77.3.1"), port: 1234 },
        { address: address("10.77.3.2"), port: 7 },
      ),
    );
    socket.send(pattern(8000));
    expect(await until("the echo", () => socket.receive())).toEqual(pattern(8000));
    socket.close();
    link.close();
  });
});
