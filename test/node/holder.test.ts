import { expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { KernelPortHolder } from "../../src/node/holder.ts";
import { fakeNative } from "./fake-native.ts";

const tcp = 6;
const udp = 17;
const own = address("127.7.7.7");

function bench({ refused = "" } = {}) {
  const log: string[] = [];
  let fds = 10;
  const native = fakeNative({
    socket: (domain, type) => {
      log.push(`socket ${domain} ${(type & 3) === 1 ? "stream" : "datagram"}`);
      return fds++;
    },
    setsockopt: (_fd, level, option) => {
      log.push(`option ${level} ${option}`);
      return 0;
    },
    bind: (_fd, name) => {
      log.push(`bind ${(name[2]! << 8) | name[3]!}`);
      native.failure = refused;
      return refused === "" ? 0 : -1;
    },
    listen: (_fd, backlog) => {
      log.push(`listen ${backlog}`);
      return 0;
    },
  });
  return { log, native, holder: new KernelPortHolder(native) };
}

test("a TCP port is filtered before it is bound, and listened on so that a SYN finds someone", () => {
  const { holder, log } = bench();
  holder.hold(tcp, own, 61_000);
  expect(log).toEqual(["socket 2 stream", "option 1 26", "bind 61000", "listen 0"]);
});

test("a UDP port of IPv6 leaves IPv4 alone", () => {
  const { holder, log } = bench();
  holder.hold(udp, address("::1"), 61_000);
  expect(log).toEqual(["socket 10 datagram", "option 1 26", "option 41 26", "bind 61000"]);
});

test("holds of one port add up; the last release lets go, each counts once", () => {
  const { holder, native } = bench();
  const first = holder.hold(tcp, own, 61_000);
  const second = holder.hold(tcp, own, 61_000);
  holder.hold(udp, own, 61_000);
  expect(holder.held).toBe(2);
  first();
  first();
  expect(native.closed).toEqual([]);
  second();
  expect(native.closed).toEqual([10]);
  holder.hold(tcp, own, 61_000);
  second();
  expect(holder.held).toBe(2);
});

test("a port of the kernel's is an EADDRINUSE with its name, and leaves nothing open", () => {
  const { holder, native } = bench({ refused: "EADDRINUSE" });
  expect(() => holder.hold(tcp, own, 80)).toThrow(
    expect.objectContaining({ code: "EADDRINUSE", syscall: "bind", address: "127.7.7.7", port: 80 }),
  );
  expect(native.closed).toEqual([10]);
  expect(holder.held).toBe(0);
});

test("for SCTP there is nothing to hold", () => {
  const { holder, log } = bench();
  holder.hold(132, own, 61_000)();
  expect(log).toEqual([]);
});

test("closing lets go of all, and releases after it do nothing", () => {
  const { holder, native } = bench();
  const release = holder.hold(tcp, own, 61_000);
  holder.hold(udp, own, 61_001);
  holder.close();
  release();
  holder.close();
  expect(native.closed).toEqual([10, 11]);
});
