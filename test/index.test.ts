import { expect, test } from "vitest";
import * as harbormaster from "../src/index.ts";

test("the public door opens a network in a few lines", () => {
  const { Network, SocketError, formatAddress, address } = harbormaster;
  const network = new Network({ seed: 1 });
  const [a, b] = [network.host("a"), network.host("b")];
  network.link(a, b, { ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }] });
  const server = b.socket("AF_INET", "SOCK_DGRAM");
  server.bind({ address: "10.0.0.2", port: 7 });
  const client = a.socket("AF_INET", "SOCK_DGRAM");
  client.sendTo(Uint8Array.of(1, 2, 3), { address: "10.0.0.2", port: 7 });
  network.run();
  expect(server.recv(new Uint8Array(10))).toBe(3);
  expect(() => server.recv(new Uint8Array(10))).toThrow(SocketError);
  expect(formatAddress(address("::1"))).toBe("::1");
  network.close();
});

test("what is published has not changed by accident", () => {
  expect(Object.keys(harbormaster).sort()).toEqual(
    [
      ...["Host", "Hub", "Network", "SocketError", "Switch", "VirtualClock"],
      ...["address", "anyV4", "anyV6", "captured", "errnoNames", "errnoNumber", "errnoText", "faulty"],
      ...["formatAddress", "formatEndpoint", "isV4", "loopback", "loopbackV4", "loopbackV6", "never"],
      ...["newLinkStats", "newPacket", "offloadCapabilities", "parseAddress", "pipe", "plainCapabilities"],
      ...["sameAddress", "seededRandom", "shaped", "traced"],
    ].sort(),
  );
});
