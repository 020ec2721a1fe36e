import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import {
  filterProgram,
  filterReference,
  interfaceAddressRequest,
  interfaceAddressRequestV6,
  interfaceFlagsRequest,
  interfaceNumberRequest,
  interfaceRequest,
  requestFlags,
  requestName,
  requestNumber,
  socketAddress,
} from "../../src/node/structs.ts";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

describe("struct ifreq", () => {
  test("is 40 bytes: the name, then the union at 16", () => {
    expect(hex(interfaceFlagsRequest("tun0", 0x5001))).toBe(
      `74756e30${"00".repeat(12)}0150${"00".repeat(22)}`,
    );
    expect(hex(interfaceNumberRequest("tun0", 1500))).toBe(
      `74756e30${"00".repeat(12)}dc05${"00".repeat(22)}`,
    );
    const netmask = interfaceAddressRequest("tun0", address("255.255.255.0"));
    expect(hex(netmask)).toBe(`74756e30${"00".repeat(12)}02000000ffffff00${"00".repeat(16)}`);
  });

  test("is read back", () => {
    expect(requestName(interfaceRequest("a-name-of-15-by"))).toBe("a-name-of-15-by");
    expect(requestName(interfaceRequest(""))).toBe("");
    expect(requestNumber(interfaceNumberRequest("x", -1))).toBe(-1);
    expect(requestFlags(interfaceFlagsRequest("x", 0xffff))).toBe(0xffff);
  });

  test.each(["a-name-of-16-byte", "with space", "a/b", "ünicode"])("the name %j is refused", (name) => {
    expect(() => interfaceRequest(name)).toThrow(RangeError);
  });
});

test("struct in6_ifreq is 24 bytes", () => {
  expect(hex(interfaceAddressRequestV6(address("fd00::1"), 64, 3))).toBe(
    `fd000000000000000000000000000001${"40000000"}${"03000000"}`,
  );
});

describe("struct sockaddr", () => {
  test("of IPv4 is 16 bytes with the port in network order", () => {
    expect(hex(socketAddress(address("192.0.2.1"), 0x1234))).toBe(`02001234c0000201${"00".repeat(8)}`);
  });

  test("of IPv6 is 28 bytes with the scope at the end", () => {
    expect(hex(socketAddress(address("fe80::1"), 80, 5))).toBe(
      `0a000050${"00000000"}fe80${"00".repeat(13)}01${"05000000"}`,
    );
  });
});

test("a packet filter is 8 bytes an instruction, referred to by length and place", () => {
  const program = filterProgram([
    { code: 0x15, operand: -1, onTrue: 1, onFalse: 2 },
    { code: 0x06, operand: 0 },
  ]);
  expect(hex(program)).toBe("15000102ffffffff0600000000000000");
  const reference = hex(filterReference(program, 0x7fff00001000n));
  expect(reference).toBe(`0200${"00".repeat(6)}00100000ff7f0000`);
});
