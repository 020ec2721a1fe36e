import { describe, expect, test } from "vitest";
import { type Address, address, formatAddress } from "../../../src/base/address.ts";
import type { Packet } from "../../../src/base/packet.ts";
import { SharedPorts } from "../../../src/node/raw/raw-ports.ts";
import { tcpPacket, udpPacket } from "../packets.ts";

const tcp = 6;
const udp = 17;
const own = ["127.7.7.7", "192.0.2.1", "fd00::7"].map(address);

function from(source: string, to: string, port: number, protocol = udp): Packet {
  const flow = { from: { address: address(source), port: 999 }, to: { address: address(to), port } };
  const nothing = new Uint8Array(0);
  return protocol === udp
    ? udpPacket(flow, nothing, "none")
    : tcpPacket(flow, { flags: 2, sequence: 0, acknowledgment: 0 }, nothing, "none");
}

function isOurs(ports: SharedPorts, { bytes, start, end }: Packet): boolean {
  return ports.isOurs(bytes, start, end);
}

describe("a packet to a shared address", () => {
  test("is ours only while its port is claimed, by protocol and address", () => {
    const ports = new SharedPorts(own);
    const packet = from("127.0.0.1", "127.7.7.7", 5000);
    expect(isOurs(ports, packet)).toBe(false);
    ports.add(udp, own[0]!, 5000);
    ports.add(udp, own[0]!, 5000);
    expect(isOurs(ports, packet)).toBe(true);
    expect(isOurs(ports, from("127.0.0.1", "127.7.7.7", 5000, tcp))).toBe(false);
    expect(isOurs(ports, from("127.0.0.1", "192.0.2.1", 5000))).toBe(false);
    expect(isOurs(ports, from("127.0.0.1", "127.7.7.7", 5001))).toBe(false);
    ports.remove(udp, own[0]!, 5000);
    expect(isOurs(ports, packet)).toBe(true);
    ports.remove(udp, own[0]!, 5000);
    expect(isOurs(ports, packet)).toBe(false);
  });

  test("is not ours if we sent it: the loopback interface brings it back", () => {
    const ports = new SharedPorts(own);
    ports.add(tcp, own[0]!, 80);
    expect(isOurs(ports, from("127.7.7.7", "127.7.7.7", 80, tcp))).toBe(false);
    expect(isOurs(ports, from("192.0.2.1", "127.7.7.7", 80, tcp))).toBe(false);
  });

  test("to many is ours if any of our addresses of its family has the port", () => {
    const ports = new SharedPorts(own);
    ports.add(udp, own[1]!, 5353);
    expect(isOurs(ports, from("192.0.2.9", "224.0.0.251", 5353))).toBe(true);
    expect(isOurs(ports, from("192.0.2.9", "255.255.255.255", 5353))).toBe(true);
    expect(isOurs(ports, from("fd00::9", "ff02::fb", 5353))).toBe(false);
  });

  test("of a protocol without ports is ours", () => {
    const ports = new SharedPorts(own);
    const packet = from("192.0.2.9", "192.0.2.1", 0);
    packet.bytes[packet.start + 9] = 132;
    expect(isOurs(ports, packet)).toBe(true);
    const foreign = from("192.0.2.9", "192.0.2.2", 0);
    foreign.bytes[foreign.start + 9] = 132;
    expect(isOurs(ports, foreign)).toBe(false);
  });

  test("that is cut short is not ours", () => {
    const ports = new SharedPorts(own);
    ports.add(udp, own[0]!, 5000);
    const { bytes, start } = from("127.0.0.1", "127.7.7.7", 5000);
    for (let end = start; end < start + 24; end++) expect(ports.isOurs(bytes, start, end)).toBe(false);
  });
});

test("an unspecified address means all of its family, a foreign one none", () => {
  const ports = new SharedPorts(own);
  const meant = (value: Address) => ports.meant(value).map(formatAddress);
  expect(meant(address("0.0.0.0"))).toEqual(["127.7.7.7", "192.0.2.1"]);
  expect(meant(address("::"))).toEqual(["fd00::7"]);
  expect(meant(address("192.0.2.1"))).toEqual(["192.0.2.1"]);
  expect(meant(address("192.0.2.2"))).toEqual([]);
});
