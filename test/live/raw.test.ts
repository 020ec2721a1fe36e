import { createSocket, type Socket as Datagrams } from "node:dgram";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { i32, u16 } from "../../src/base/bytes.ts";
import { checksumPartial, type Packet } from "../../src/base/packet.ts";
import type { Link } from "../../src/link/link.ts";
import { openRaw } from "../../src/node/raw/raw.ts";
import { type Flow, tcpFlags, tcpPacket, udpPacket } from "../node/packets.ts";
import { openKernelUdp } from "./support/kernel-udp.ts";
import { describeLive } from "./support/live.ts";
import { createNamespace, createPair, type Namespace } from "./support/namespace.ts";
import { type Running, succeed } from "./support/process.ts";
import { respond } from "./support/responder.ts";
import { fields, judgeCapture, lines } from "./support/tshark.ts";
import { until } from "./support/wait.ts";

const tcp = 6;
const udp = 17;

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >>> 8)) & 255);
}

/** Captures an interface of a namespace into a file, from now on; its output has a line for each packet written. */
async function capture(namespace: Namespace, device: string, file: string): Promise<Running> {
  const args = ["-n", "-l", "--print", "-U", "--immediate-mode", "-B", "4096", "-Z", "root"];
  const tcpdump = namespace.start("tcpdump", [...args, "-i", device, "-w", file]);
  await tcpdump.waitFor(/listening on/);
  return tcpdump;
}

const cases = [
  { sockets: "raw-socket", own: "127.7.7.7", peer: "127.0.0.1" },
  { sockets: "koffi", own: "127.7.7.7", peer: "127.0.0.1" },
  { sockets: "raw-socket", own: "fd00::7", peer: "::1" },
  { sockets: "koffi", own: "fd00::7", peer: "::1" },
] as const;

describeLive("a raw link beside the kernel", ["root", "raw", "ip", "tcpdump", "tshark"], () => {
  let namespace: Namespace;
  let directory: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hm-raw-"));
    namespace = await createNamespace();
    namespace.ip("addr", "add", "fd00::7/128", "dev", "lo", "nodad");
  });

  afterAll(() => {
    namespace?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(cases)(
    "UDP and TCP through $sockets from $own to sockets of $peer; the kernel stays quiet",
    async ({ sockets, own, peer }) => {
      const [ours, theirs] = [address(own), address(peer)];
      const file = join(directory, `${sockets}-${own.replaceAll(":", "_")}.pcap`);
      const sniffer = await capture(namespace, "lo", file);
      const link = await namespace.inside(() => openRaw({ addresses: [own], sockets }));
      const heard: Packet[] = [];
      link.open({
        receive(packets, count) {
          for (const packet of packets.slice(0, count))
            heard.push({ ...packet, bytes: packet.bytes.slice() });
        },
      });
      expect(link.capabilities).toMatchObject({ mtu: 65_535, headroom: 0, partialChecksum: false });
      await namespace.inside(async () => {
        await exchangeUdp(link, heard, {
          from: { address: ours, port: 61_001 },
          to: { address: theirs, port: 7001 },
        });
        await exchangeTcp(link, heard, {
          from: { address: ours, port: 61_002 },
          to: { address: theirs, port: 7002 },
        });
      });
      link.close();
      await sniffer.waitFor(/61002 > .* Flags \[R\]/);
      await sniffer.stop("SIGINT");
      // Only the kernel could have sent these; our own TCP closed with a reset of our own.
      expect(await lines(file, "icmp || icmpv6")).toEqual([]);
      const resets = await fields(file, "tcp.flags.reset == 1", "tcp.srcport");
      expect(resets).toEqual(["61002"]);
      const { packets, problems } = await judgeCapture(file);
      expect(packets).toBeGreaterThan(6);
      expect(problems.filter((line) => !fromKernel(line, peer))).toEqual([]);
    },
  );

  /** On the loopback interface nobody computes the kernel's own checksums. */
  function fromKernel(line: string, peer: string): boolean {
    return line.includes(` ${peer} `) && line.indexOf(peer) < line.indexOf("→");
  }

  async function exchangeUdp(link: Link, heard: Packet[], flow: Flow): Promise<void> {
    const release = link.claim!(udp, flow.from.address, flow.from.port);
    const socket = await openKernelUdp(flow.to, flow.from);
    send(link, udpPacket(flow, pattern(500), "none"));
    expect(await until("our datagram", () => socket.receive())).toEqual(pattern(500));
    socket.send(pattern(20_000));
    const packet = await until("the kernel's datagram", () => heard.pop());
    const header = packet.bytes[packet.start]! >>> 4 === 4 ? 20 : 40;
    expect(packet.bytes.subarray(packet.start + header + 8, packet.end)).toEqual(pattern(20_000));
    expect(u16(packet.bytes, packet.start + header + 2)).toBe(flow.from.port);
    expect(packet).toMatchObject({ checksum: checksumPartial, checksumStart: header, checksumOffset: 6 });
    socket.close();
    release();
  }

  async function exchangeTcp(link: Link, heard: Packet[], flow: Flow): Promise<void> {
    const release = link.claim!(tcp, flow.from.address, flow.from.port);
    const server = await new Promise<Server>((resolve) => {
      const made = createServer((socket) => socket.on("error", () => {}).pipe(socket));
      made.listen(flow.to.port, () => resolve(made));
    });
    const syn = tcpFlags.syn;
    send(link, tcpPacket(flow, { flags: syn, sequence: 0, acknowledgment: 0 }, pattern(0), "none"));
    const accepted = await until("SYN-ACK", () => heard.pop());
    const at = accepted.start + (accepted.bytes[accepted.start]! >>> 4 === 4 ? 20 : 40);
    const acknowledgment = (i32(accepted.bytes, at + 4) + 1) | 0;
    const flags = tcpFlags.acknowledge | tcpFlags.push;
    send(link, tcpPacket(flow, { flags, sequence: 1, acknowledgment }, pattern(4000), "none"));
    const echo: number[] = [];
    await until("the echo", () => {
      for (const { bytes, start, end } of heard.splice(0)) {
        const transport = start + (bytes[start]! >>> 4 === 4 ? 20 : 40);
        echo.push(...bytes.subarray(transport + (bytes[transport + 12]! >>> 4) * 4, end));
      }
      return echo.length >= 4000;
    });
    expect(Uint8Array.from(echo)).toEqual(pattern(4000));
    send(
      link,
      tcpPacket(flow, { flags: tcpFlags.reset, sequence: 4001, acknowledgment: 0 }, pattern(0), "none"),
    );
    await new Promise((resolve) => server.close(resolve));
    release();
  }

  test("ports not claimed are the kernel's: we hear nothing, it answers", async () => {
    const link = await namespace.inside(() => openRaw({ addresses: ["127.7.7.7"] }));
    const heard: Packet[] = [];
    link.open({ receive: (packets, count) => heard.push(...packets.slice(0, count)) });
    const refused = await namespace.inside(
      () =>
        new Promise<NodeJS.ErrnoException>((resolve) =>
          connect({ host: "127.7.7.7", port: 62_000 }).on("error", resolve),
        ),
    );
    expect(refused.code).toBe("ECONNREFUSED");
    const output = await namespace.succeed("ping", ["-q", "-c", "5", "-i", "0.01", "127.7.7.7"]);
    expect(output).toContain("5 received, 0% packet loss");
    expect(heard).toEqual([]);
    link.close();
  });

  test("a claimed port is taken from the kernel's programs, a port of theirs from us, until it is let go", async () => {
    const link = await namespace.inside(() => openRaw({ addresses: ["127.7.7.7", "127.7.7.8"] }));
    await namespace.inside(async () => {
      const any = address("0.0.0.0");
      const [first, second] = [link.claim!(udp, any, 62_001), link.claim!(udp, any, 62_001)];
      first();
      first();
      await expect(bindUdp("127.7.7.8", 62_001)).rejects.toMatchObject({ code: "EADDRINUSE" });
      second();
      const socket = await bindUdp("127.7.7.8", 62_001);
      expect(() => link.claim!(udp, any, 62_001)).toThrow(
        expect.objectContaining({ code: "EADDRINUSE", syscall: "bind", address: "127.7.7.8", port: 62_001 }),
      );
      // The half that had succeeded was undone.
      (await bindUdp("127.7.7.7", 62_001)).close();
      socket.close();
    });
    link.close();
  });

  test("child processes inherit none of its sockets", async () => {
    const sockets = () =>
      readdirSync("/proc/self/fd").flatMap((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).match(/^socket:.*/) ?? [];
        } catch {
          return [];
        }
      });
    const before = sockets();
    const link = await namespace.inside(() => openRaw({ addresses: ["127.7.7.7", "::1"] }));
    const release = await namespace.inside(() => link.claim!(tcp, address("127.7.7.7"), 61_000));
    const made = sockets().filter((socket) => !before.includes(socket));
    expect(made).toHaveLength(9);
    const inherited = (await succeed("ls", ["-l", "/proc/self/fd"])).match(/socket:\[\d+\]/g) ?? [];
    expect(inherited.filter((socket) => made.includes(socket))).toEqual([]);
    release();
    link.close();
    expect(sockets().filter((socket) => made.includes(socket))).toEqual([]);
  });

  test("addresses that are not this machine's, or nobody's, are refused", async () => {
    await expect(namespace.inside(() => openRaw({ addresses: ["192.0.2.1"] }))).rejects.toMatchObject({
      code: "EADDRNOTAVAIL",
      address: "192.0.2.1",
    });
    await expect(openRaw({ addresses: ["0.0.0.0"] })).rejects.toThrow(RangeError);
    await expect(openRaw({ addresses: [] })).rejects.toThrow(RangeError);
    await expect(openRaw({ addresses: ["::1", "fd00::7"], sockets: "raw-socket" })).rejects.toThrow(
      RangeError,
    );
  });
});

function send(link: Link, ...packets: Packet[]): void {
  expect(link.send(packets, packets.length)).toBe(packets.length);
}

function bindUdp(host: string, port: number): Promise<Datagrams> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.on("error", reject).bind(port, host, () => resolve(socket));
  });
}

describeLive("a raw link to another host", ["root", "raw", "ip"], () => {
  let here: Namespace;
  let there: Namespace;

  beforeAll(async () => {
    [here, there] = await createPair(["10.88.0.1/24", "fd88::1/64"], ["10.88.0.2/24", "fd88::2/64"]);
  });

  afterAll(() => {
    here?.remove();
    there?.remove();
  });

  test("it has the interface's MTU, and says what to do about a packet that is longer", async () => {
    const link = await here.inside(() => openRaw({ addresses: ["10.88.0.1", "fd88::1"] }));
    expect(link.capabilities.mtu).toBe(1500);
    const failures: string[] = [];
    link.open({ receive: () => {}, failed: (error) => failures.push(error.message) });
    const flow = {
      from: { address: address("10.88.0.1"), port: 1 },
      to: { address: address("10.88.0.2"), port: 2 },
    };
    const packet = udpPacket(flow, pattern(1600), "none");
    send(link, packet, packet);
    expect(failures).toEqual([
      expect.stringMatching(/^sendto EMSGSIZE .*open the link with an mtu below 1500/),
    ]);
    expect(link.stats).toMatchObject({ dropped: 2, sentPackets: 0 });
    link.close();
  });

  test.each(["raw-socket", "koffi"] as const)(
    "a UDP flood is echoed through %s, over IPv4 and IPv6",
    async (sockets) => {
      const link = await here.inside(() => openRaw({ addresses: ["10.88.0.1", "fd88::1"], sockets }));
      respond(link);
      for (const [own, peer] of [
        ["10.88.0.1", "10.88.0.2"],
        ["fd88::1", "fd88::2"],
      ] as const) {
        // The link's holder makes its sockets where this thread is.
        const release = await here.inside(() => link.claim!(udp, address(own), 7));
        const socket = await there.inside(() =>
          openKernelUdp({ address: address(peer), port: 7777 }, { address: address(own), port: 7 }),
        );
        let echoes = 0;
        for (let i = 0; i < 2000; i += 50) {
          for (let j = 0; j < 50; j++) socket.send(pattern(1000));
          await until("the echoes", () => {
            while (socket.receive() !== undefined) echoes++;
            return echoes === i + 50;
          });
        }
        socket.close();
        release();
      }
      link.close();
    },
  );
});
