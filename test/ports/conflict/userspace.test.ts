/** The columns of gVisor, lwIP, usrsctp and smoltcp in the table of cases: A first, then B. */
import { describe, expect, test } from "vitest";
import type { BindRequest } from "../../../src/ports/binding.ts";
import type { Profile } from "../../../src/ports/profile.ts";
import { gvisor } from "../../../src/ports/profiles/gvisor.ts";
import { lwip } from "../../../src/ports/profiles/lwip.ts";
import { smoltcp } from "../../../src/ports/profiles/smoltcp.ts";
import { usrsctp } from "../../../src/ports/profiles/usrsctp.ts";
import { answer, type TestSocket, type TestState } from "./answer.ts";

const any = "0.0.0.0:5000";
const a = "192.0.2.1:5000";
const b = "192.0.2.2:5000";
const ra: Partial<BindRequest> = { reuseAddress: true };
const rp: Partial<BindRequest> = { reusePort: true };
const udp: Partial<BindRequest> = { protocol: "udp" };
const sctp: Partial<BindRequest> = { protocol: "sctp" };

const used = "EADDRINUSE";
const fails = "listen: EADDRINUSE";

type Case = readonly [
  what: string,
  state: TestState,
  first: TestSocket,
  second: TestSocket,
  expected: number | string,
  then?: "listens",
];

function hold(profile: Profile, cases: readonly Case[]): void {
  for (const [what, state, first, second, expected, then] of cases)
    test(`${what}: ${expected === 5000 ? "yes" : expected}`, () => {
      expect(answer(profile, state, first, second, then)).toBe(expected);
    });
}

describe("gVisor's bind", () => {
  hold(gvisor, [
    ["two wildcards", "bound", [any], [any], used],
    ["two addresses", "bound", [a], [b], 5000],
    ["an address after a wildcard", "bound", [any], [a], used],
    ["a wildcard after an address", "bound", [a], [any], used],
    ["an address with SO_REUSEADDR beside a plain wildcard", "listening", [any], [a, ra], used],
    ["the same address, B with SO_REUSEADDR", "bound", [a], [a, ra], used],
    ["the same address, both with SO_REUSEADDR", "bound", [a, ra], [a, ra], 5000],
    ["the same listening address, both with SO_REUSEADDR", "listening", [a, ra], [a, ra], 5000],
    ["the same, and B listens too", "listening", [a, ra], [a, ra], fails, "listens"],
    [
      "a listening wildcard, both with SO_REUSEADDR, B listens",
      "listening",
      [any, ra],
      [a, ra],
      5000,
      "listens",
    ],
    ["the same address, both with SO_REUSEPORT, both listen", "listening", [a, rp], [a, rp], 5000, "listens"],
    ["SO_REUSEPORT of another user", "bound", [a, rp], [a, { ...rp, uid: 7, privileged: false }], 5000],
    ["SO_REUSEPORT, then SO_REUSEADDR", "bound", [a, rp], [a, ra], used],
    ["both options, then SO_REUSEPORT", "bound", [a, { ...ra, ...rp }], [a, rp], 5000],
    ["a connection, B plain", "connected", [a], [a], used],
    ["a connection, B with SO_REUSEADDR", "connected", [a], [a, ra], used],
    ["TIME-WAIT, B with SO_REUSEADDR", "held", [a], [a, ra], used],
    ["TIME-WAIT, both with SO_REUSEADDR", "held", [a, ra], [a, ra], 5000],
    ["`::` dual-stack, then 0.0.0.0", "bound", ["[::]:5000"], [any], used],
    ["`::` that is v6-only, then 0.0.0.0", "bound", ["[::]:5000", { v6Only: true }], [any], 5000],
    ["`::` dual-stack, then 0.0.0.0, both with SO_REUSEADDR", "bound", ["[::]:5000", ra], [any, ra], 5000],
    ["::1, then 127.0.0.1", "bound", ["[::1]:5000"], ["127.0.0.1:5000"], 5000],
    ["UDP, both with SO_REUSEADDR", "bound", [a, { ...udp, ...ra }], [a, { ...udp, ...ra }], 5000],
    ["UDP, both with SO_REUSEPORT", "bound", [a, { ...udp, ...rp }], [a, { ...udp, ...rp }], 5000],
    ["UDP connected, B plain", "connected", [a, udp], [a, udp], used],
    ["two devices", "bound", [a, { device: 2 }], [a, { device: 3 }], 5000],
    ["a device, then none", "bound", [a, { device: 2 }], [a], used],
  ]);
});

describe("lwIP's bind", () => {
  hold(lwip, [
    ["two wildcards", "bound", [any], [any], used],
    ["two addresses", "bound", [a], [b], 5000],
    ["an address after a wildcard", "bound", [any], [a], used],
    ["a wildcard with SO_REUSEADDR beside an address", "bound", [a], [any, ra], used],
    ["the same address, B with SO_REUSEADDR", "bound", [a], [a, ra], used],
    ["the same address, both with SO_REUSEADDR", "bound", [a, ra], [a, ra], 5000],
    ["the same, and A listens, and B", "listening", [a, ra], [a, ra], fails, "listens"],
    [
      "a listening wildcard, both with SO_REUSEADDR, B listens",
      "listening",
      [any, ra],
      [a, ra],
      5000,
      "listens",
    ],
    ["a connection, B with SO_REUSEADDR", "connected", [a], [a, ra], used],
    ["TIME-WAIT, B plain", "held", [a], [a], used],
    ["TIME-WAIT, B with SO_REUSEADDR", "held", [a], [a, ra], 5000],
    ["`::` of any type, then 0.0.0.0", "bound", ["[::]:5000"], [any], used],
    ["`::` of any type, then ::1, which is not compared", "bound", ["[::]:5000"], ["[::1]:5000"], 5000],
    ["`::` that is v6-only, then 0.0.0.0", "bound", ["[::]:5000", { v6Only: true }], [any], 5000],
    ["UDP, both with SO_REUSEADDR", "bound", [a, { ...udp, ...ra }], [a, { ...udp, ...ra }], 5000],
    ["UDP connected, B plain", "connected", [a, udp], [a, udp], used],
    ["two devices, which are not looked at", "bound", [a, { device: 2 }], [a, { device: 3 }], used],
  ]);
});

describe("usrsctp's bind", () => {
  const reused = { ...sctp, ...rp };
  hold(usrsctp, [
    ["the same address", "bound", [a, sctp], [a, sctp], used],
    ["two addresses", "bound", [a, sctp], [b, sctp], 5000],
    ["a wildcard after an address", "bound", [a, sctp], [any, sctp], used],
    ["an address, both with SO_REUSEADDR", "bound", [a, { ...sctp, ...ra }], [a, { ...sctp, ...ra }], used],
    ["an address, both with SCTP_REUSE_PORT", "bound", [a, reused], [a, reused], 5000],
    ["the same, and A listens, and B", "listening", [a, reused], [a, reused], fails, "listens"],
    ["an IPv6 address, then 0.0.0.0", "bound", ["[2001:db8::1]:5000", sctp], [any, sctp], used],
    ["the same, v6-only", "bound", ["[2001:db8::1]:5000", { ...sctp, v6Only: true }], [any, sctp], 5000],
    ["an ended association", "held", [a, sctp], [a, sctp], 5000],
  ]);
});

describe("smoltcp's bind", () => {
  hold(smoltcp, [
    ["two wildcards that listen", "listening", [any], [any], 5000, "listens"],
    ["port 0", "bound", [a], ["192.0.2.1:0"], "EADDRNOTAVAIL"],
  ]);
});
