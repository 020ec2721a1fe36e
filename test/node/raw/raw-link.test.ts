import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import type { Packet } from "../../../src/base/packet.ts";
import type { PortHolder } from "../../../src/node/holder.ts";
import { RawLink } from "../../../src/node/raw/raw-link.ts";
import type { RawSocket } from "../../../src/node/raw/raw-socket.ts";
import { udpPacket } from "../packets.ts";

const udp = 17;
const own = address("127.7.7.7");
const peer = address("127.0.0.1");

interface FakeSocket extends RawSocket {
  readonly incoming: (Packet | string)[];
  readonly sent: Packet[];
  readonly refusals: string[];
  readable: () => void;
  writable: (() => void) | undefined;
  closed: number;
}

function fakeSocket(family: 4 | 6 = 4): FakeSocket {
  const socket: FakeSocket = {
    family,
    protocol: udp,
    incoming: [],
    sent: [],
    refusals: [],
    readable: () => {},
    writable: undefined,
    closed: 0,
    open: (readable) => {
      socket.readable = readable;
    },
    receive: ({ packet }) => {
      const next = socket.incoming.shift() ?? "empty";
      if (typeof next === "string") return next;
      packet.bytes.set(next.bytes.subarray(next.start), 16);
      packet.start = 16;
      packet.end = 16 + next.end - next.start;
      return "packet";
    },
    send: (packet) => {
      const refusal = socket.refusals.shift() ?? "";
      if (refusal === "") socket.sent.push(packet);
      return refusal;
    },
    awaitWritable: (writable) => {
      socket.writable = writable;
    },
    close: () => {
      socket.closed++;
    },
  };
  return socket;
}

function fakeHolder(): PortHolder & { readonly log: string[] } {
  const log: string[] = [];
  return {
    held: 0,
    log,
    hold: (protocol, _address, port) => {
      log.push(`hold ${protocol} ${port}`);
      return () => log.push(`release ${protocol} ${port}`);
    },
    close: () => log.push("close"),
  };
}

function bench() {
  const socket = fakeSocket();
  const holder = fakeHolder();
  const link = new RawLink({ addresses: [own], mtu: 65_535, sockets: [socket], holder });
  const log: string[] = [];
  const ports: number[][] = [];
  link.open({
    receive: (packets, count) => {
      ports.push(
        packets.slice(0, count).map(({ bytes, start }) => (bytes[start + 22]! << 8) | bytes[start + 23]!),
      );
    },
    writable: () => log.push("writable"),
    failed: (error) => log.push(error.message),
    closed: () => log.push("closed"),
  });
  return { socket, holder, link, log, ports };
}

function incoming(port: number): Packet {
  return udpPacket(
    { from: { address: peer, port: 53 }, to: { address: own, port } },
    new Uint8Array(4),
    "checksum",
  );
}

function outgoing(length = 4): Packet {
  const flow = { from: { address: own, port: 61_000 }, to: { address: peer, port: 53 } };
  return udpPacket(flow, new Uint8Array(length), "none");
}

describe("a raw link receives", () => {
  test("packets to claimed ports alone, and counts only those", () => {
    const { socket, link, ports } = bench();
    link.claim(udp, own, 61_000);
    socket.incoming.push(incoming(61_001), incoming(61_000), incoming(22), incoming(61_000));
    for (let turn = 0; turn < 4; turn++) socket.readable();
    expect(ports).toEqual([[61_000], [61_000]]);
    expect(link.stats).toMatchObject({ receivedPackets: 2, receivedBytes: 64, dropped: 0 });
  });

  test("one packet a turn while they come alone, in a stream many, and never more than a turn's budget", () => {
    const { socket, link, ports } = bench();
    link.claim(udp, own, 61_000);
    socket.incoming.push(...Array.from({ length: 200 }, () => incoming(61_000)));
    for (let turn = 0; turn < 8; turn++) socket.readable();
    expect(ports.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1, 1, 16, 16, 16, 16]);
    for (let turn = 0; turn < 4; turn++) socket.readable();
    expect(ports.flat()).toHaveLength(200);
    const before = ports.length;
    socket.incoming.push(incoming(61_000), incoming(61_000));
    socket.readable();
    expect(ports.slice(before)).toEqual([[61_000]]);
  });

  test("an error of the socket, and tells it", () => {
    const { socket, log } = bench();
    socket.incoming.push("EINTR", "ENETDOWN");
    socket.readable();
    socket.readable();
    expect(log).toEqual(["recv ENETDOWN"]);
  });

  test("nothing after it was closed, and its ports are let go", () => {
    const { socket, link, log, ports, holder } = bench();
    const release = link.claim(udp, own, 61_000);
    link.close();
    link.close();
    socket.incoming.push(incoming(61_000));
    socket.readable();
    release();
    expect(ports).toEqual([]);
    expect(log).toEqual(["closed"]);
    expect(socket.closed).toBe(1);
    expect(holder.log).toContain("close");
  });
});

describe("a raw link's claims", () => {
  test("hold the port in the kernel until they are released, once", () => {
    const { link, holder } = bench();
    const release = link.claim(udp, address("0.0.0.0"), 61_000);
    release();
    release();
    expect(holder.log).toEqual(["hold 17 61000", "release 17 61000"]);
  });

  test("of an address it has not hold nothing", () => {
    const { link, holder } = bench();
    link.claim(udp, address("192.0.2.1"), 61_000)();
    link.claim(udp, address("::"), 61_000)();
    expect(holder.log).toEqual([]);
  });

  test("that fail for one address are undone for the others", () => {
    const holder = fakeHolder();
    const hold = holder.hold;
    let calls = 0;
    holder.hold = (...args) => {
      if (++calls === 2) throw new Error("EADDRINUSE");
      return hold(...args);
    };
    const link = new RawLink({ addresses: [own, peer], mtu: 1500, sockets: [], holder });
    expect(() => link.claim(udp, address("0.0.0.0"), 61_000)).toThrow("EADDRINUSE");
    expect(holder.log).toEqual(["hold 17 61000", "release 17 61000"]);
    link.close();
  });
});

describe("a raw link sends", () => {
  test("through a socket of the packet's family, and loses what has none", () => {
    const { socket, link } = bench();
    const six = { from: { address: address("::1"), port: 1 }, to: { address: address("::1"), port: 2 } };
    const packet = outgoing();
    expect(link.send([udpPacket(six, new Uint8Array(0), "none"), packet], 2)).toBe(2);
    expect(socket.sent).toEqual([packet]);
    expect(link.stats).toMatchObject({ sentPackets: 1, sentBytes: 32, dropped: 1 });
  });

  test("until the socket's buffer is full, and says when there is room", () => {
    const { socket, link, log } = bench();
    socket.refusals.push("", "EAGAIN");
    const batch = [outgoing(), outgoing(), outgoing()];
    expect(link.send(batch, 3)).toBe(1);
    expect(link.send(batch, 3)).toBe(0);
    socket.writable!();
    expect(log).toEqual(["writable"]);
    expect(link.send(batch, 3)).toBe(3);
  });

  test("a packet that is too long to nobody, and says once what to do", () => {
    const { socket, link, log } = bench();
    socket.refusals.push("EINTR", "EMSGSIZE", "EMSGSIZE", "", "ENETUNREACH");
    const batch = [outgoing(2000), outgoing(2000), outgoing(), outgoing()];
    expect(link.send(batch, 4)).toBe(4);
    expect(log).toEqual([
      "sendto EMSGSIZE (2028 bytes are more than the outgoing interface takes: open the link with an mtu below 65535)",
      "sendto ENETUNREACH",
    ]);
    expect(link.stats).toMatchObject({ sentPackets: 1, dropped: 3 });
  });
});

test("opening twice is the caller's mistake", () => {
  expect(() => bench().link.open({ receive: () => {} })).toThrow(TypeError);
});
