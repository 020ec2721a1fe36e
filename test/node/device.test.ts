import { expect, test } from "vitest";
import { prefix } from "../../src/base/prefix.ts";
import { deviceMtu, setUpDevice } from "../../src/node/device.ts";
import { fakeNative } from "./fake-native.ts";

const requests: Readonly<Record<number, string>> = {
  35091: "get flags",
  35092: "set flags",
  35094: "set address",
  35100: "set netmask",
  35105: "get mtu",
  35106: "set mtu",
  35123: "get index",
  35139: "set queue",
};

/** An interface with an MTU of 1,500 that is down, or up; a request in `refused` fails. */
function kernel({ flags = 0, refused = "" } = {}) {
  const log: string[] = [];
  const native = fakeNative({
    socket: (domain) => domain,
    ioctl: (fd, request, argument) => {
      const name = requests[request]!;
      const view = new DataView(argument.buffer);
      const value = argument.length === 24 ? view.getUint32(16, true) : view.getInt32(16, true);
      log.push(`${fd === 10 ? "v6 " : ""}${name}${name.startsWith("set") ? ` ${value}` : ""}`);
      if (name === refused) {
        native.failure = "EPERM";
        return -1;
      }
      if (name === "get flags") view.setUint16(16, flags, true);
      if (name === "get mtu") view.setInt32(16, 1500, true);
      if (name === "get index") view.setInt32(16, 3, true);
      return 0;
    },
  });
  return { log, native };
}

test("MTU, queue, addresses and state are set in this order, and every socket is closed", () => {
  const { log, native } = kernel();
  const addresses = ["10.0.0.1/24", "fd00::1/64"].map(prefix);
  setUpDevice(native, "hm-none-such", { mtu: 9000, queueLength: 5000, addresses, up: true });
  expect(log).toEqual([
    "get mtu",
    "set mtu 9000",
    "set queue 5000",
    "set address 2",
    "set netmask 2",
    "get flags",
    "set flags 65",
    "v6 get index",
    "v6 set address 64",
  ]);
  expect(native.closed.toSorted()).toEqual([10, 2, 2]);
});

test("what is so already is not set: that would need rights", () => {
  const { log, native } = kernel({ flags: 0x41 });
  setUpDevice(native, "tun0", { mtu: 1500, addresses: [], up: true });
  expect(log).toEqual(["get mtu", "get flags"]);
});

test("a queue the kernel does not let us lengthen stays as it is; anything else refused is an error", () => {
  const quiet = kernel({ refused: "set queue" });
  setUpDevice(quiet.native, "tun0", { queueLength: 5000, addresses: [], up: false });
  const loud = kernel({ refused: "set flags" });
  expect(() => setUpDevice(loud.native, "tun0", { addresses: [], up: true })).toThrow(
    expect.objectContaining({ code: "EPERM", syscall: "SIOCSIFFLAGS" }),
  );
  expect(loud.native.closed).toEqual([2]);
});

test("the MTU is read", () => {
  expect(deviceMtu(kernel().native, "tun0")).toBe(1500);
});
