import type { Socket } from "raw-socket";
import { describe, expect, test } from "vitest";
import { type Address, address, formatAddress, readAddressV6 } from "../../../src/base/address.ts";
import {
  openPackageRawSocket,
  packageErrorCode,
  type RawPackage,
} from "../../../src/node/raw/raw-package.ts";
import { type RawSocket, rawSlots } from "../../../src/node/raw/raw-socket.ts";
import { udpPacket } from "../packets.ts";

/** The package with one socket, whose native half does as the test says. */
function fakePackage(wrap: { recv?: Socket["wrap"]["recv"]; send?: Socket["wrap"]["send"] } = {}) {
  const listeners = new Map<string, () => void>();
  const options: (readonly [number, number, number | Uint8Array])[] = [];
  const log: string[] = [];
  const socket = {
    wrap: {
      recv: () => {
        throw new Error("Resource temporarily unavailable");
      },
      send: () => {},
      ...wrap,
      on: (event: string, listener: () => void) => listeners.set(event, listener),
      removeAllListeners: (event: string) => log.push(`no ${event}`),
    },
    on: (event: string, listener: () => void) => listeners.set(`socket ${event}`, listener),
    close: () => log.push("close"),
    pauseSend: () => {},
    resumeSend: () => log.push("resume"),
    setOption: (level: number, option: number, value: number | Uint8Array) => {
      if (option === 33) throw new Error("Operation not permitted");
      options.push([level, option, value]);
    },
  } as unknown as Socket;
  const raw: RawPackage = { createSocket: () => socket, AddressFamily: { IPv4: 1, IPv6: 2 } };
  return { raw, listeners, options, log };
}

function open(raw: RawPackage, own: Address, protocol = 17): RawSocket {
  return openPackageRawSocket(raw, undefined, own.w2 === 0xffff ? 4 : 6, protocol, [own]);
}

const v4 = address("192.0.2.1");
const v6 = address("2001:db8::1");

describe("a socket of the package raw-socket", () => {
  test("sends its own headers, has a large buffer, and hears of ICMP only answers", () => {
    const four = fakePackage();
    open(four.raw, v4, 1);
    expect(four.options).toEqual([
      [1, 8, 4 << 20],
      [0, 3, 1],
      [255, 1, 0xffffe7f6],
    ]);
    const six = fakePackage();
    open(six.raw, v6, 58);
    expect(six.options).toEqual([
      [1, 8, 4 << 20],
      [41, 36, 1],
      [58, 1, expect.any(Uint8Array)],
    ]);
  });

  test("reads an IPv4 packet whole into the slot", () => {
    const { raw } = fakePackage({
      recv: (buffer, done) => {
        buffer.set([0x45, 1, 2, 3]);
        done(buffer, 4, "198.51.100.1");
      },
    });
    const [slot] = rawSlots(1);
    expect(open(raw, v4).receive(slot!)).toBe("packet");
    const { bytes, start, end } = slot!.packet;
    expect([...bytes.subarray(start, end)]).toEqual([0x45, 1, 2, 3]);
  });

  test("puts a header before what it is given of an IPv6 packet", () => {
    const { raw } = fakePackage({
      recv: (buffer, done) => {
        buffer.set([9, 8, 7]);
        done(buffer, 3, "fe80::5%eth0");
      },
    });
    const [slot] = rawSlots(1);
    expect(open(raw, v6).receive(slot!)).toBe("packet");
    const { bytes, start, end } = slot!.packet;
    expect([...bytes.subarray(start, start + 8)]).toEqual([0x60, 0, 0, 0, 0, 3, 17, 64]);
    expect(formatAddress(readAddressV6(bytes, start + 8))).toBe("fe80::5");
    expect(formatAddress(readAddressV6(bytes, start + 24))).toBe("2001:db8::1");
    expect([...bytes.subarray(start + 40, end)]).toEqual([9, 8, 7]);
  });

  test("has nothing to read when the package throws that it would block, and an error's code otherwise", () => {
    const texts = ["Resource temporarily unavailable", "Network is down", "Something new"];
    const { raw } = fakePackage({
      recv: () => {
        throw new Error(texts.shift());
      },
    });
    const [slot] = rawSlots(1);
    const socket = open(raw, v4);
    expect([socket.receive(slot!), socket.receive(slot!), socket.receive(slot!)]).toEqual([
      "empty",
      "ENETDOWN",
      "Something new",
    ]);
  });

  test("sends where the packet says, at once, and gives back the code of what fails", () => {
    const sent: string[] = [];
    const { raw } = fakePackage({
      send: (_buffer, offset, length, to) => {
        if (sent.length === 2) throw new Error("Message too long");
        sent.push(`${offset} ${length} ${to}`);
      },
    });
    const flow = { from: { address: v4, port: 1 }, to: { address: address("203.0.113.9"), port: 2 } };
    const socket = open(raw, v4);
    const packet = udpPacket(flow, new Uint8Array(2), "none");
    expect([socket.send(packet), socket.send(packet), socket.send(packet)]).toEqual(["", "", "EMSGSIZE"]);
    expect(sent).toEqual(["16 30 203.0.113.9", "16 30 203.0.113.9"]);
  });

  test("neither reads nor sends once closed: the package would open a new one", () => {
    const { raw, log } = fakePackage({
      send: () => {
        throw new Error("not reached");
      },
    });
    const socket = open(raw, v4);
    socket.close();
    socket.close();
    expect(socket.receive(rawSlots(1)[0]!)).toBe("empty");
    const flow = { from: { address: v4, port: 1 }, to: { address: v4, port: 2 } };
    expect(socket.send(udpPacket(flow, new Uint8Array(0), "none"))).toBe("EBADF");
    expect(log.filter((entry) => entry === "close")).toHaveLength(1);
  });

  test("that failed is not read any more, for the same reason", () => {
    const { raw, listeners } = fakePackage();
    const socket = open(raw, v4);
    const read: string[] = [];
    socket.open(() => read.push(socket.receive(rawSlots(1)[0]!)));
    listeners.get("socket error")!();
    expect(read).toEqual(["EBADF"]);
  });

  test("calls when there is room again", () => {
    const { raw, log, listeners } = fakePackage();
    const socket = open(raw, v4);
    let calls = 0;
    socket.awaitWritable(() => calls++);
    expect(log).toContain("resume");
    listeners.get("sendReady")!();
    listeners.get("sendReady")!();
    expect(calls).toBe(1);
  });

  test("that may not be opened throws EPERM, of which the package gives only the text", () => {
    const raw: RawPackage = {
      createSocket: () => {
        throw new Error("Operation not permitted");
      },
      AddressFamily: { IPv4: 1, IPv6: 2 },
    };
    expect(() => open(raw, v4)).toThrow(
      expect.objectContaining({ code: "EPERM", errno: -1, syscall: "socket", message: "socket EPERM" }),
    );
  });
});

test("musl's texts mean the same as glibc's", () => {
  for (const [glibc, musl] of [
    ["Message too long", "Message too large"],
    ["Network is unreachable", "Network unreachable"],
    ["No route to host", "Host is unreachable"],
  ] as const)
    expect(packageErrorCode(new Error(glibc))).toBe(packageErrorCode(new Error(musl)));
});
