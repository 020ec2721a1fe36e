import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { checksumPartial, checksumUnknown, type Packet } from "../../../src/base/packet.ts";
import type { LinkReceiver } from "../../../src/link/link.ts";
import { TunLink } from "../../../src/node/tun/tun-link.ts";
import { type FakeNative, fakeNative } from "../fake-native.ts";
import { tcpFlags, tcpPacket, udpPacket } from "../packets.ts";

const fd = 7;
const allOffloads = 0x67;
const flow = {
  from: { address: address("10.0.0.2"), port: 1000 },
  to: { address: address("10.0.0.1"), port: 2000 },
};

interface Bench {
  readonly native: FakeNative;
  readonly link: TunLink;
  /** What the kernel has to read: bytes as read(2) gives them, or the name of an error. */
  readonly incoming: (Uint8Array | string)[];
  readonly written: Uint8Array[];
  /** The error of each write to come, "" for success; success when empty. */
  readonly refusals: string[];
  readonly log: string[];
  readonly batches: number[];
  readable(status?: number): void;
}

function bench(header: "virtio" | "none" = "virtio", receiver: Partial<LinkReceiver> = {}): Bench {
  const incoming: (Uint8Array | string)[] = [];
  const written: Uint8Array[] = [];
  const refusals: string[] = [];
  const log: string[] = [];
  const batches: number[] = [];
  const native = fakeNative({
    read: (_fd, into) => {
      const next = incoming.shift() ?? "EAGAIN";
      if (typeof next === "string") {
        native.failure = next;
        return -1;
      }
      into.set(next);
      return next.length;
    },
    write: (_fd, from, length) => {
      const refusal = refusals.shift() ?? "";
      if (refusal === "") {
        written.push(from.slice(0, length));
        return length;
      }
      native.failure = refusal;
      return -1;
    },
  });
  const link = new TunLink(
    native,
    { fd, name: "tun9", offload: header === "virtio" ? allOffloads : 0 },
    header,
    1500,
  );
  link.open({
    receive: (_packets, count) => {
      batches.push(count);
    },
    writable: () => log.push("writable"),
    failed: (error) => log.push(`failed ${(error as NodeJS.ErrnoException).code}`),
    closed: () => log.push("closed"),
    ...receiver,
  });
  const readable = (status = 0) =>
    native.polls.get(fd)!.callback(status, { readable: true, writable: false });
  return { native, link, incoming, written, refusals, log, batches, readable };
}

function datagram(length = 10): Packet {
  return udpPacket(flow, new Uint8Array(length).fill(1), "checksum");
}

function frame(packet: Packet, header: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]): Uint8Array {
  return Uint8Array.from([...header, ...packet.bytes.subarray(packet.start, packet.end)]);
}

describe("receiving", () => {
  test("the header's words become the packet's, and the IP header is aligned", () => {
    const seen: Packet[] = [];
    const { incoming, readable, link } = bench("virtio", {
      receive: (packets, count) => {
        for (const packet of packets.slice(0, count)) seen.push({ ...packet });
      },
    });
    incoming.push(frame(datagram(3000), [1, 5, 28, 0, 0x78, 0x05, 20, 0, 6, 0]));
    readable();
    expect(seen).toMatchObject([
      { checksum: checksumPartial, checksumStart: 20, checksumOffset: 6, segmentSize: 1400 },
    ]);
    expect((seen[0]!.bytes.byteOffset + seen[0]!.start) % 4).toBe(0);
    expect(seen[0]!.end - seen[0]!.start).toBe(3028);
    expect(link.stats).toMatchObject({ receivedPackets: 1, receivedBytes: 3028 });
  });

  test("a slot says nothing of its last packet", () => {
    const seen: Partial<Packet>[] = [];
    const { incoming, readable } = bench("virtio", {
      receive: ([packet]) => seen.push({ checksum: packet!.checksum, segmentSize: packet!.segmentSize }),
    });
    incoming.push(frame(datagram(), [1, 5, 28, 0, 0x78, 0x05, 20, 0, 6, 0]));
    readable();
    incoming.push(frame(datagram()));
    readable();
    expect(seen[1]).toEqual({ checksum: checksumUnknown, segmentSize: 0 });
  });

  test("packets that come one at a time are handed on one at a time, a stream in batches", () => {
    const { incoming, readable, batches } = bench();
    const many = (count: number) => incoming.push(...Array.from({ length: count }, () => frame(datagram())));
    many(1);
    readable();
    many(3);
    readable();
    many(3);
    readable();
    expect(batches).toEqual([1, 1, 2, 3]);
  });

  test("one turn of the event loop reads a bounded number, and leaves the rest", () => {
    const { incoming, readable, batches } = bench();
    incoming.push(...Array.from({ length: 1000 }, () => frame(datagram())));
    readable();
    expect(batches.reduce((a, b) => a + b)).toBeLessThanOrEqual(97);
    readable();
    expect(batches.slice(-2)).toEqual([32, 32]);
    expect(incoming.length).toBeGreaterThan(800);
  });

  test("an interrupted read is repeated", () => {
    const { incoming, readable, batches } = bench("none");
    incoming.push("EINTR", frame(datagram(), []));
    readable();
    expect(batches).toEqual([1]);
  });

  test.each(["EBADFD", "EIO"])("a read that fails with %s closes the link", (code) => {
    const { incoming, readable, log, native } = bench();
    incoming.push(code);
    readable();
    expect(log).toEqual(["failed ENODEV", "closed"]);
    expect(native.closed).toEqual([fd]);
    expect(native.polls.get(fd)!.closed).toBe(true);
  });

  test("a descriptor that is no good closes the link", () => {
    const { readable, log } = bench();
    readable(-9);
    readable(-9);
    expect(log).toEqual(["failed ENODEV", "closed"]);
  });

  test("nothing is delivered once the receiver has closed the link", () => {
    const { incoming, readable, batches, link } = bench("virtio", {
      receive: (_packets, count) => {
        batches.push(count);
        link.close();
      },
    });
    incoming.push(frame(datagram()), frame(datagram()), frame(datagram()));
    readable();
    expect(batches).toEqual([1]);
  });

  test("what a receiver throws reaches the process, not the poll's callback", async () => {
    const { incoming, readable } = bench("virtio", {
      receive: () => {
        throw new Error("a bug of ours");
      },
    });
    incoming.push(frame(datagram()));
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    const caught = new Promise<Error>((resolve) => process.once("uncaughtException", resolve));
    readable();
    expect((await caught).message).toBe("a bug of ours");
    for (const listener of listeners) process.on("uncaughtException", listener);
  });
});

describe("sending", () => {
  test("the header goes into the room before the packet, without a copy", () => {
    const { link, written } = bench();
    const packet = udpPacket(flow, new Uint8Array(2800), 1400);
    expect(link.send([packet], 1)).toBe(1);
    expect([...written[0]!.subarray(0, 10)]).toEqual([1, 5, 28, 0, 0x78, 0x05, 20, 0, 6, 0]);
    expect(written[0]!.subarray(10)).toEqual(packet.bytes.subarray(packet.start));
    expect(link.stats).toMatchObject({ sentPackets: 1, sentBytes: 2828, dropped: 0 });
  });

  test("without headers packets are written as they are", () => {
    const { link, written } = bench("none");
    const packet = udpPacket(flow, new Uint8Array(5), "none");
    link.send([packet], 1);
    expect(written).toEqual([packet.bytes.subarray(packet.start)]);
  });

  test("a full queue stops the batch; what was not taken is asked for again once there is room", () => {
    const { link, refusals, log, native, written } = bench();
    const batch = [datagram(1), datagram(2), datagram(3)];
    refusals.push("", "EAGAIN");
    expect(link.send(batch, 3)).toBe(1);
    expect(link.send(batch, 3)).toBe(0);
    const poll = native.polls.get(fd)!;
    expect(poll.events).toEqual({ readable: true, writable: true });
    poll.callback(0, { readable: false, writable: true });
    expect(log).toEqual(["writable"]);
    expect(poll.events).toEqual({ readable: true });
    expect(link.send(batch.slice(1), 2)).toBe(2);
    expect(written).toHaveLength(3);
  });

  test("a failure that lasts is told once, until a packet gets through", () => {
    const { link, refusals, log } = bench();
    refusals.push("EIO", "EIO", "", "EIO");
    const batch = [datagram(), datagram(), datagram(), datagram()];
    expect(link.send(batch, 4)).toBe(4);
    expect(log).toEqual(["failed EIO", "failed EIO"]);
    expect(link.stats).toMatchObject({ sentPackets: 1, dropped: 3 });
  });

  test("a kernel that refuses a super-packet gets its segments, and is offered none again", () => {
    const { link, refusals, written, log } = bench();
    refusals.push("EINVAL");
    const flags = tcpFlags.acknowledge | tcpFlags.push;
    const packet = tcpPacket(flow, { flags, sequence: 1, acknowledgment: 1 }, new Uint8Array(3500), 1400);
    expect(link.send([packet, packet], 2)).toBe(2);
    expect(written.map(({ length }) => length)).toEqual([1450, 1450, 750, 1450, 1450, 750]);
    expect(written.every((bytes) => bytes[0] === 0 && bytes[1] === 0)).toBe(true);
    expect(link.capabilities).toMatchObject({
      tcpSegmentation: false,
      udpSegmentation: false,
      partialChecksum: true,
    });
    expect(link.stats.dropped).toBe(0);
    expect(log).toEqual([]);
  });

  test("an ordinary packet the kernel refuses is lost, and segmentation stays", () => {
    const { link, refusals, log } = bench();
    refusals.push("EINVAL");
    link.send([datagram()], 1);
    expect(log).toEqual(["failed EINVAL"]);
    expect(link.capabilities.tcpSegmentation).toBe(true);
  });

  test("after close packets are taken and lost, and close is idempotent", () => {
    const { link, log, written, native } = bench();
    link.close();
    link.close();
    expect(link.send([datagram(), datagram()], 2)).toBe(2);
    expect(written).toEqual([]);
    expect(link.stats.dropped).toBe(2);
    expect(log).toEqual(["closed"]);
    expect(native.closed).toEqual([fd]);
  });

  test("an interface that vanishes under a write closes the link", () => {
    const { link, refusals, log } = bench();
    refusals.push("EBADFD");
    expect(link.send([datagram(), datagram()], 2)).toBe(2);
    expect(log).toEqual(["failed ENODEV", "closed"]);
    expect(link.stats.dropped).toBe(2);
  });
});

test("opening twice is the caller's mistake", () => {
  const { link } = bench();
  expect(() => link.open({ receive: () => {} })).toThrow(TypeError);
});
