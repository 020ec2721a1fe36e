import { describe, expect, test } from "vitest";
import { parseTcpFlags } from "../../src/packetdrill/language/names/tcp-flags.ts";
import { tcpFlags } from "../../src/wire/tcp.ts";
import { contentOf, packetOf } from "./support/parse.ts";

const options = (text: string, dialect: "google" | "nplab" = "google") =>
  contentOf("tcp", `> S 0:0(0) <${text}>`, dialect).options;

describe("a TCP packet", () => {
  test("has a direction, flags, numbers, window and options in a fixed order", () => {
    expect(packetOf("< P. 1:1001(1000) ack 5 win 9 urg 3 <nop,nop,sackOK>")).toMatchObject({
      direction: "inbound",
      ip: {},
      content: {
        ...{ protocol: "tcp", flags: "P.", ack: 5, win: 9, urg: 3 },
        seq: { start: 1, end: 1001, length: 1000, form: "relative" },
        options: [{ kind: "nop" }, { kind: "nop" }, { kind: "sackOK" }],
      },
    });
  });

  test("without options differs from one with unchecked options", () => {
    expect(contentOf("tcp", "> . 1:1(0) ack 1").options).toEqual([]);
    expect(contentOf("tcp", "> . 1:1(0) ack 1 <...>").options).toBeNull();
  });

  test("may show its ports", () => {
    expect(packetOf("< 80 > 4000 S 0:0(0) win 5").ports).toEqual({ source: 80, destination: 4000 });
  });

  test("has blanks where they do not matter", () => {
    expect(contentOf("tcp", ">S.0:0(0)ack 1".replace("S.", "S. "))).toMatchObject({ flags: "S.", ack: 1 });
    expect(contentOf("tcp", "> S . 0 : 5 ( 5 )")).toMatchObject({ flags: "S.", seq: { end: 5, length: 5 } });
  });

  test("in PSP names its security parameters index", () => {
    expect(packetOf("> [ect0] encap psp spi 23 . 1:1(0) ack 2")).toMatchObject({
      pspSpi: 23,
      ip: { ecn: "ect0" },
    });
  });

  test("in nplab's dialect takes numbers as they are, or none", () => {
    expect(contentOf("tcp", "< . 5:5(0)! ack 1 win 1", "nplab").seq).toMatchObject({
      start: 5,
      form: "literal",
    });
    expect(contentOf("tcp", "> . ...(10) ack 1", "nplab").seq).toEqual({
      start: 0,
      end: 0,
      length: 10,
      form: "free",
    });
  });

  test("in nplab's dialect may lie in UDP, and a RST may say why", () => {
    expect(contentOf("tcp", "> S 0:0(0) <mss 5> /udp(9899 > 9900)", "nplab").udpEncapsulation).toEqual({
      source: 9899,
      destination: 9900,
    });
    expect(contentOf("tcp", "> R 0:0(0) [code 4, pen 9]", "nplab").diagnostic).toEqual({ code: 4, pen: 9 });
  });
});

describe("TCP flags", () => {
  const { FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE } = tcpFlags;
  test.each([
    ["S", SYN],
    ["S.", SYN | ACK],
    [".", ACK],
    ["-", 0],
    ["FP.", FIN | PSH | ACK],
    ["SEWA", SYN | ECE | CWR | AE],
    ["RU.", RST | URG | ACK],
    [".5", ACK | AE | ECE],
    ["P.5", PSH | ACK | AE | ECE],
    ["S3", SYN | CWR | ECE],
    ["P5.", PSH | ACK | AE | ECE],
    ["F.0", FIN | ACK],
  ])("%s", (text, bits) => {
    const { flags } = contentOf("tcp", `> ${text} 0:0(0)`);
    expect(parseTcpFlags(flags)).toBe(bits);
  });

  test("after the dot only in nplab's dialect", () => {
    expect(parseTcpFlags(contentOf("tcp", "> S.E 0:0(0)", "nplab").flags)).toBe(SYN | ACK | ECE);
  });

  test("are no other letters, no digit over 7 and not two digits", () => {
    expect(parseTcpFlags("s")).toEqual({ invalid: "s" });
    expect(parseTcpFlags("P8")).toEqual({ invalid: "8" });
    expect(parseTcpFlags("12")).toEqual({ invalid: "1" });
    expect(parseTcpFlags("E5")).toEqual({ invalid: "5" });
  });
});

describe("TCP options", () => {
  test.each([
    ["nop", { kind: "nop" }],
    ["eol", { kind: "eol" }],
    ["sackOK", { kind: "sackOK" }],
    ["mss 1460", { kind: "mss", value: 1460 }],
    ["wscale 8", { kind: "wscale", value: 8 }],
    [
      "sack 1:2 30:40",
      {
        kind: "sack",
        blocks: [
          { left: 1, right: 2 },
          { left: 30, right: 40 },
        ],
      },
    ],
    ["TS val 10 ecr 20", { kind: "TS", val: 10, ecr: 20, literalEcr: false }],
    ["FO", { kind: "FO", cookie: "" }],
    ["FO abcd1234", { kind: "FO", cookie: "abcd1234" }],
    ["FO 1234", { kind: "FO", cookie: "1234" }],
    ["FOEXP 00ff", { kind: "FOEXP", cookie: "00ff" }],
    ["md5 00112233", { kind: "md5", digest: "00112233" }],
    ["ECN e1b 1 ceb 2 e0b 3", { kind: "AccECN", order: 1, experimental: false, e0b: 3, ceb: 2, e1b: 1 }],
    ["ECN e0b 7", { kind: "AccECN", order: 0, experimental: false, e0b: 7 }],
  ])("%s", (text, option) => {
    expect(options(text)).toEqual([option]);
  });

  test.each([
    ["TS val ... ecr 5!", { kind: "TS", val: null, ecr: 5, literalEcr: true }],
    ["exp-FO abcd", { kind: "FOEXP", cookie: "abcd" }],
    ["EXP-FO", { kind: "FOEXP", cookie: "" }],
    ["md5 valid", { kind: "md5", digest: "valid" }],
    ["AccECN0 ee0b 1 eceb 2", { kind: "AccECN", order: 0, experimental: false, e0b: 1, ceb: 2 }],
    ["exp-AccECN1 ee1b 1", { kind: "AccECN", order: 1, experimental: true, e1b: 1 }],
    ["exp-tarr", { kind: "tarr" }],
    ["exp-tarr 4", { kind: "tarr", rate: 4 }],
    ["gen-99 0a0b", { kind: "generic", number: 99, bytes: "0a0b" }],
    ["exp-beef 01", { kind: "experimental", id: 0xbeef, bytes: "01" }],
  ])("of nplab: %s", (text, option) => {
    expect(options(text, "nplab")).toEqual([option]);
  });

  test("of nplab may be their bytes", () => {
    expect(options("020405b4", "nplab")).toBe("020405b4");
  });
});

describe("annotations of the IP header", () => {
  test.each([
    ["[ect0]", { ecn: "ect0" }],
    ["(noecn)", { ecn: "noecn" }],
    ["[tos 0x1c]", { tos: 0x1c }],
    ["[ttl 64]", { ttl: 64 }],
    ["[ce, flowlabel 0x12345]", { ecn: "ce", flowLabel: 0x12345 }],
  ])("%s", (text, ip) => {
    expect(packetOf(`> ${text} . 1:1(0) ack 1`).ip).toEqual(ip);
  });

  test.each([
    ["[hlim 5, class 0x02, flowlabel 0x1]", { ttl: 5, tos: 2, flowLabel: 1 }],
    ["[dscp af42, ecn ect1]", { dscp: 36, ecn: "ect1" }],
    ["(dscp 0x2e)", { dscp: 0x2e }],
    ["[dscp voice-admit]", { dscp: 44 }],
  ])("of nplab: %s", (text, ip) => {
    expect(packetOf(`> ${text} . 1:1(0) ack 1`, "nplab").ip).toEqual(ip);
  });

  test("headers around a packet stand before it", () => {
    expect(packetOf("< ipv4 10.0.0.1 > 10.0.0.2: ipv6 2001:db8::1 > fe80::2: S 0:0(0) win 1").outer).toEqual([
      { type: "ipv4", source: "10.0.0.1", destination: "10.0.0.2" },
      { type: "ipv6", source: "2001:db8::1", destination: "fe80::2" },
    ]);
    expect(
      packetOf("< mpls (label 5, tc 1, ttl 9), (label 6, tc 0, [S], ttl 8): S 0:0(0) win 1").outer,
    ).toEqual([
      {
        type: "mpls",
        labels: [
          { label: 5, trafficClass: 1, bottom: false, ttl: 9 },
          { label: 6, trafficClass: 0, bottom: true, ttl: 8 },
        ],
      },
    ]);
    expect(packetOf("< gre, flags [key present], key 0x5: S 0:0(0) win 1").outer).toMatchObject([
      { type: "gre", gre: { keyPresent: true, checksumPresent: false, key: 5 } },
    ]);
  });
});
