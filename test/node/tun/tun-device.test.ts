import { describe, expect, test } from "vitest";
import {
  interfaceRequest,
  requestFlags,
  requestName,
  tunSetInterface,
  tunSetOffload,
} from "../../../src/node/structs.ts";
import { openTunDevice } from "../../../src/node/tun/tun-device.ts";
import { type FakeNative, fakeNative } from "../fake-native.ts";

const fd = 5;

/** A kernel that takes offloads up to `most`, and fails `refused` with `code`. */
function kernel({
  most = 0x67,
  refused = "",
  code = "EPERM",
} = {}): FakeNative & { offloads: number[]; flags: number } {
  const fail = () => {
    native.failure = code;
    return -1;
  };
  const native = Object.assign(
    fakeNative({
      open: () => (refused === "open" ? fail() : fd),
      ioctl: (_fd, request, argument) => {
        if (request !== tunSetInterface) return 0;
        if (refused === "interface") return fail();
        native.flags = requestFlags(argument);
        argument.set(interfaceRequest("tun3").subarray(0, 16));
        return 0;
      },
      ioctlValue: (_fd, request, value) => {
        expect(request).toBe(tunSetOffload);
        native.offloads.push(value);
        if (value <= most) return 0;
        native.failure = "EINVAL";
        return -1;
      },
    }),
    { offloads: [] as number[], flags: 0 },
  );
  return native;
}

describe("opening a TUN device", () => {
  test("asks for an interface without packet information and with the virtio header, and learns its name", () => {
    const native = kernel();
    expect(openTunDevice(native, "tun%d", "virtio")).toEqual({ fd, name: "tun3", offload: 0x67 });
    expect(native.flags).toBe(0x5001);
    expect(requestName(interfaceRequest("tun3"))).toBe("tun3");
  });

  test.each([
    [0x67, [0x67]],
    [0x07, [0x67, 0x07]],
    [0x01, [0x67, 0x07, 0x01]],
    [0, [0x67, 0x07, 0x01, 0]],
  ])("on a kernel that takes offloads up to %i it settles for less", (most, asked) => {
    const native = kernel({ most });
    expect(openTunDevice(native, "", "virtio").offload).toBe(asked.at(-1));
    expect(native.offloads).toEqual(asked);
  });

  test("offloads are set without the header too: a persistent device remembers its last user's", () => {
    const native = kernel();
    expect(openTunDevice(native, "", "none").offload).toBe(0);
    expect(native.offloads).toEqual([0]);
    expect(native.flags).toBe(0x1001);
  });

  test.each([
    ["open", "ENOENT", /no \/dev\/net\/tun .*modprobe tun/],
    ["open", "EACCES", /may not be opened .*run as root/],
    ["open", "EMFILE", /EMFILE/],
    ["interface", "EPERM", /CAP_NET_ADMIN .*sudo.*ip tuntap add dev hm5 mode tun user/],
    ["interface", "EBUSY", /hm5 is in use/],
    ["interface", "EINVAL", /hm5 is no TUN interface/],
    ["interface", "ENOMEM", /hm5 cannot be had \(ENOMEM\)/],
  ])("when %s fails with %s it says what to do", (refused, code, message) => {
    const native = kernel({ refused, code });
    const attempt = () => openTunDevice(native, "hm5", "virtio");
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ name: "LinkUnavailableError", code }));
    expect(native.closed).toEqual(refused === "open" ? [] : [fd, fd]);
  });
});
