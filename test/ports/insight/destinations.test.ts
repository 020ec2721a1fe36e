import { expect, test } from "vitest";
import { formatEndpoint } from "../../../src/base/endpoint.ts";
import { destinationsOf } from "../../../src/ports/insight/destinations.ts";
import { iana } from "../../../src/ports/profiles/iana.ts";
import { path, request, testHost } from "../support/host.ts";

test("destinations with their flows, the fullest first; who has no peer has no destination", () => {
  const { manager } = testHost(iana);
  const connect = (remote: string, more = {}) =>
    manager.connectNew("x", request("0.0.0.0:0", more), path("192.0.2.1", remote));
  manager.reserve("server", request("0.0.0.0:80"));
  connect("198.51.100.1:80");
  for (let i = 0; i < 3; i++) connect("198.51.100.1:443");
  manager.hold(connect("198.51.100.1:443"), "x", 1000);
  connect("198.51.100.1:443", { protocol: "udp" });
  const told = destinationsOf(manager).map(({ protocol, remote, inUse, held }) => [
    ...[protocol, formatEndpoint(remote), inUse, held],
  ]);
  expect(told).toEqual([
    ["tcp", "198.51.100.1:443", 3, 1],
    ["tcp", "198.51.100.1:80", 1, 0],
    ["udp", "198.51.100.1:443", 1, 0],
  ]);
});
