import { describe, expect, test } from "vitest";
import { linuxTcp, rfcTcp } from "../../../src/protocols/tcp/connection.ts";
import { shiftFor } from "../../../src/protocols/tcp/options.ts";
import { endpoint } from "./support/endpoint.ts";

const all = { timestamps: true, sack: true, windowScaling: true };

describe("a SYN", () => {
  test("offers MSS, SACK, timestamps and window scale [RFC 9293 MUST-14] [RFC 7323 2.2] [RFC 2018 2]", () => {
    endpoint("CLOSED", { config: all, mtu: 1500 })
      .connects()
      .sends("S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1000 ecr 0,wscale 7>");
  });

  test("is answered with what both sides know", () => {
    endpoint("CLOSED", { config: all, mtu: 1500 })
      .accepts("S 0:0(0) <mss 1400,sackOK,TS val 77 ecr 0,wscale 3>")
      .sends("S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 1000 ecr 77,wscale 7>");
    endpoint("CLOSED", { config: all, mtu: 1500 })
      .accepts("S 0:0(0)")
      .sends("S. 0:0(0) ack 1 win 65535 <mss 1460>");
    endpoint("CLOSED")
      .accepts("S 0:0(0) <mss 1400,sackOK,TS val 77 ecr 0,wscale 3>")
      .sends("S. 0:0(0) ack 1 <mss 1000>");
  });

  test("announces the MSS the interface can take, whatever the path [RFC 9293 MUST-67]", () => {
    endpoint("CLOSED", { mtu: 1280, interfaceMtu: 9000 }).connects().sends("S 0:0(0) <mss 8960>");
    endpoint("CLOSED", { family: 6, mtu: 1500 }).connects().sends("S 0:0(0) <mss 1440>");
    endpoint("CLOSED", { mtu: 65_575 }).connects().sends("S 0:0(0) <mss 65535>");
    endpoint("CLOSED", { mtu: 1500, maxSegment: 700 }).connects().sends("S 0:0(0) <mss 700>");
  });

  test("has the timestamp clock of its connection [RFC 7323 5.4]", () => {
    endpoint("CLOSED", { config: all, timestampOffset: -2000 })
      .connects()
      .sends("S 0:0(0) <mss 1000,sackOK,TS val -1000 ecr 0,wscale 7>");
  });
});

describe("the effective send MSS [RFC 9293 MUST-16]", () => {
  test("is 536 over IPv4 and 1220 over IPv6 where the peer named none [RFC 9293 MUST-15]", () => {
    endpoint("ESTABLISHED", { mtu: 1500, syn: "win 65535" }).shows({ sndMss: 536 });
    endpoint("ESTABLISHED", { family: 6, mtu: 1500, syn: "win 65535" }).shows({ sndMss: 1220 });
  });

  test("is the least of peer, path and user, less the options of every segment [RFC 6691 2]", () => {
    endpoint("ESTABLISHED", { mtu: 1500, syn: "win 65535 <mss 1400>" }).shows({ sndMss: 1400 });
    endpoint("ESTABLISHED", { mtu: 1300, syn: "win 65535 <mss 1400>" }).shows({ sndMss: 1260 });
    endpoint("ESTABLISHED", { mtu: 1500, syn: "win 65535 <mss 1400>", maxSegment: 900 }).shows({
      sndMss: 900,
    });
    endpoint("ESTABLISHED", { config: all, mtu: 1500, syn: "win 65535 <mss 1400,TS val 1 ecr 1000>" }).shows({
      sndMss: 1388,
    });
  });

  test("never falls so low that headers outweigh the data", () => {
    endpoint("ESTABLISHED", { mtu: 1500, syn: "win 65535 <mss 1>" }).shows({ sndMss: 48 });
  });

  test("leaves room for the SACK blocks a segment bears", () => {
    endpoint("ESTABLISHED", { config: all, mtu: 1500, syn: "win 65535 <mss 1460,sackOK,TS val 1 ecr 1000>" })
      .peer("P. 1001:2001(1000) ack 1 <TS val 2 ecr 1000>")
      .skips()
      .writes(3000)
      .sends(
        ". 1:1437(1436) ack 1 <TS val 1000 ecr 1,sack 1001:2001>",
        ". 1437:2873(1436) ack 1 <TS val 1000 ecr 1,sack 1001:2001>",
        "P. 2873:3001(128) ack 1 <TS val 1000 ecr 1,sack 1001:2001>",
      );
  });

  test("MSS stands in no segment without SYN [RFC 9293 MUST-65]", () => {
    endpoint("ESTABLISHED").writes(10).sends("P. 1:11(10) ack 1 <>");
  });
});

describe("window scale [RFC 7323 2]", () => {
  test("is the shift the largest buffer needs", () => {
    expect([0, 65_535, 65_536, 6_291_456, 2 ** 30, 2 ** 40].map(shiftFor)).toEqual([0, 0, 1, 7, 14, 14]);
  });

  const scaled = (wscale: number) =>
    endpoint("ESTABLISHED", {
      config: all,
      receiveBuffer: 1 << 20,
      syn: `win 1000 <mss 1000,wscale ${wscale}>`,
    });

  test("leaves the windows of SYNs as they are, and multiplies all others", () => {
    const one = scaled(3).shows({ sndWnd: 1000 }).peer(". 1:1(0) ack 1 win 1000").shows({ sndWnd: 8000 });
    one.writes(10).sends("P. 1:11(10) ack 1 win 8192");
  });

  test("beyond 14 counts as 14", () => {
    scaled(15).peer(". 1:1(0) ack 1 win 1").shows({ sndWnd: 16_384 });
  });

  test("is off for both where one does not offer it", () => {
    endpoint("ESTABLISHED", { config: all, receiveBuffer: 1 << 20, syn: "win 1000 <mss 1000>" })
      .peer(". 1:1(0) ack 1 win 1000")
      .shows({ sndWnd: 1000, options: { windowScale: undefined } })
      .writes(10)
      .sends("P. 1:11(10) ack 1 win 65535");
  });

  test("promises no more than there is, and takes what was promised before", () => {
    const one = scaled(0).peer(". 1:1(0) ack 1").writes(1).skips();
    one.peer("P. 1:101(100) ack 1", "P. 101:201(100) ack 1").after(40);
    one.sends(". 2:2(0) ack 201 win 8190").shows({ rcvWnd: (1 << 20) - 200 });
  });
});

describe("timestamps [RFC 7323]", () => {
  const stamped = (config = {}) =>
    endpoint("ESTABLISHED", {
      config: { ...all, ...config },
      syn: "win 65535 <mss 1000,TS val 500 ecr 1000>",
    });

  test("stand in every segment, and echo the last one in order [RFC 7323 3.2]", () => {
    stamped()
      .peer("P. 1:11(10) ack 1 <TS val 510 ecr 1000>")
      .after(40)
      .sends(". 1:1(0) ack 11 <TS val 1040 ecr 510>");
  });

  test("an echo is of the segment that an ACK was first owed for [RFC 7323 4.3]", () => {
    stamped()
      .peer("P. 1:11(10) ack 1 <TS val 510 ecr 1000>", "P. 11:21(10) ack 1 <TS val 520 ecr 1000>")
      .after(40)
      .sends(". 1:1(0) ack 21 <TS val 1040 ecr 510>");
  });

  test("a segment beyond a hole does not change the echo [RFC 7323 4.3]", () => {
    stamped().peer("P. 11:21(10) ack 1 <TS val 520 ecr 1000>").sends(". 1:1(0) ack 1 <TS val 1000 ecr 500>");
  });

  test("PAWS: an old segment in the window is acknowledged and dropped [RFC 7323 5.3]", () => {
    stamped()
      .peer("P. 1:11(10) ack 1 <TS val 499 ecr 1000>")
      .drops("paws")
      .sends(". 1:1(0) ack 1")
      .shows({ unread: 0 });
  });

  test("PAWS does not hold resets back [RFC 7323 5.2]", () => {
    stamped().peer("R 1:1(0) <TS val 1 ecr 0>").is("CLOSED");
  });

  test("after 24 days a timestamp is worth nothing [RFC 7323 5.5]", () => {
    const one = stamped();
    one.now += 25 * 24 * 3600 * 1000;
    one.peer("P. 1:11(10) ack 1 <TS val 499 ecr 1000>").drops(undefined).reads(10);
  });

  test("a segment without one is taken as Linux does, or dropped as the RFC says [RFC 7323 3.2]", () => {
    stamped().peer("P. 1:11(10) ack 1").drops(undefined).reads(10);
    stamped({ requireTimestamps: true }).peer("P. 1:11(10) ack 1").drops("no-timestamp").sendsNothing();
    stamped({ requireTimestamps: true }).peer("R 1:1(0)").is("CLOSED");
  });

  test("an unwanted one is ignored", () => {
    endpoint("ESTABLISHED").peer("P. 1:11(10) ack 1 <TS val 5 ecr 6>").after(40).sends(". 1:1(0) ack 11 <>");
  });
});

test("both profiles say what they are", () => {
  expect([linuxTcp.rtoMin, rfcTcp.rtoMin]).toEqual([200, 1000]);
});
