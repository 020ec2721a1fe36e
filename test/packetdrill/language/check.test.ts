import { describe, expect, test } from "vitest";
import { mistakes, mistakesOf } from "../support/parse.ts";

const nplab = { dialect: "nplab" } as const;

describe("times", () => {
  test("the first event is at 0", () => {
    expect(mistakes("0.0 `a`\n")).toEqual([]);
    expect(mistakes("+0 `a`\n")).toEqual([]);
    expect(mistakes("1 `a`\n")).toEqual(["1:1 semantic the first event has to be at time 0"]);
  });

  test("any time and ranges are only of outbound packets", () => {
    expect(mistakes("0 `a`\n* `b`\n")).toEqual([
      "2:1 semantic only an outbound packet can come at any time (*)",
    ]);
    expect(mistakes("0 `a`\n+1~+2 < . 1:1(0) ack 1 win 1\n")).toHaveLength(1);
    expect(mistakes("0 `a`\n* > . 1:1(0)\n+1~+2 > . 1:1(0)\n3~4 > . 1:1(0)\n")).toEqual([]);
  });

  test("a range does not run backwards", () => {
    expect(mistakes("0 `a`\n2~1 > . 1:1(0)\n")).toEqual(["2:1 semantic this range of time runs backwards"]);
  });

  test("two absolute times in a row do not run backwards, with others between they may", () => {
    expect(mistakes("0 `a`\n2 `b`\n1 `c`\n")).toEqual(["3:1 semantic time goes backwards, from 2 s to 1 s"]);
    expect(mistakes("0 `a`\n2 `b`\n+0 `c`\n1 `d`\n")).toEqual([]);
  });

  test("are not negative, and a call does not return before it begins", () => {
    expect(mistakes("0 `a`\n+-1 `b`\n")).toEqual(["2:1 semantic a time cannot be negative"]);
    expect(mistakes("0 `a`\n+2...1 read(3, ..., 1) = 1\n")).toEqual([
      "2:1 semantic this call would return before it began",
    ]);
  });
});

describe("TCP packets", () => {
  test.each([
    ["< S 0:0(0)", "an inbound packet needs its window (win)"],
    ["< S 0:0(0) win 1 <...>", "the options of an inbound packet cannot be left open (<...>)"],
    ["> s 0:0(0)", 'invalid TCP flag "s"'],
    ["> . 1:5(3)", "inconsistent sequence numbers and payload: 1 + 3 is not 5"],
    [
      "> S 0:0(0) <mss 5,nop>",
      "TCP options fill whole words of four bytes, these end 1 into one: pad them with nop",
    ],
    ["> . 1:1(0) ack 4294967296", "ack 4294967296 is out of range, it is 0 to 4294967295"],
    ["> . 1:1(0) win 65536", "win 65536 is out of range, it is 0 to 65535"],
    ["> S 0:0(0) <mss 70000>", "mss 70000 is out of range, it is 0 to 65535"],
    ["> S 0:0(0) <FO abc,nop,nop>", "a cookie is written in pairs of hexadecimal digits, not abc"],
    ["> . 1:65537(65536)", "payload length 65536 is out of range, it is 0 to 65535"],
    ["< [ect01] . 1:1(0) win 1", "ect01 is for outbound packets: an inbound one has ect0 or ect1"],
    ["> [ttl 256] . 1:1(0)", "ttl 256 is out of range, it is 0 to 255"],
    ["< ipv4 1.2.3.999 > 1.2.3.4: S 0:0(0) win 1", "1.2.3.999 is no address"],
    ["< 70000 > 1 S 0:0(0) win 1", "port 70000 is out of range, it is 0 to 65535"],
  ])("%s", (text, message) => {
    expect(mistakesOf(text)).toContain(`1:3 semantic ${message}`);
  });

  test("have at most 40 bytes of options", () => {
    expect(mistakesOf("> . 1:1(0) <sack 1:2 3:4 5:6 7:8 9:10,nop,nop>")).toEqual([
      "1:3 semantic TCP options have at most 40 bytes, these have 44",
    ]);
  });

  test("of sequence numbers that wrap are right", () => {
    expect(mistakesOf("> . 4294967295:4(5) ack 1")).toEqual([]);
  });

  test("of nplab that are free can only be expected", () => {
    expect(mistakesOf("< . ...(5) ack 1 win 1", nplab)).toHaveLength(1);
    expect(mistakesOf("> . ...(5) ack 1", nplab)).toEqual([]);
    expect(mistakesOf("< S 0:0(0) win 1 <TS val ... ecr 1,nop,nop>", nplab)).toHaveLength(1);
    expect(mistakesOf("> S 0:0(0) <md5 valid,nop,nop>", nplab)).toEqual([
      "1:3 semantic md5 valid is for inbound packets",
    ]);
  });
});

describe("ICMP packets", () => {
  test("have the names of their family", () => {
    expect(mistakesOf("< icmp packet_too_big mtu 1280 [1:1(0)]")).toEqual([
      "1:3 semantic packet_too_big is no type of ICMPv4",
    ]);
    expect(mistakesOf("< icmp packet_too_big mtu 1280 [1:1(0)]", { dialect: "google", family: 6 })).toEqual(
      [],
    );
    expect(mistakesOf("< icmp unreachable frag_needed", { dialect: "google", family: 6 })).toEqual([
      "1:3 semantic frag_needed is no code of ICMPv6 unreachable",
    ]);
  });

  test("have an mtu only where the message has one", () => {
    expect(mistakesOf("< icmp unreachable host_unreachable mtu 1200")).toEqual([
      "1:3 semantic only unreachable frag_needed of ICMPv4 has an mtu",
    ]);
    expect(mistakesOf("< icmp unreachable frag_needed mtu 1200 [1:1(0)]")).toEqual([]);
  });

  test("outbound are Google's alone", () => {
    expect(mistakesOf("> icmp echo_reply")).toEqual([]);
    expect(mistakesOf("> icmp echo_reply", nplab)).toHaveLength(1);
  });
});

describe("SCTP packets", () => {
  test.each([
    ["< sctp: INIT[flgs=0, tag=..., a_rwnd=1, os=1, is=1, tsn=1]", "an inbound packet needs tag of INIT"],
    ["< sctp: DATA[flgs=BE, len=15, tsn=1, sid=0, ssn=0, ppid=0]", "DATA has at least 16 bytes: len"],
    ["> sctp(bad_crc32c): COOKIE_ACK[flgs=0]", "bad_crc32c is for inbound packets"],
    ["> sctp: [1, 2]", "an SCTP packet as bytes can only be sent, not expected"],
    ["< sctp: [256]", "byte 256 is out of range, it is 0 to 255"],
    ["< sctp: SHUTDOWN[flgs=256, cum_tsn=1]", "flgs of SHUTDOWN 256 is out of range, it is 0 to 255"],
    [
      "< sctp: SACK[flgs=0, cum_tsn=1, a_rwnd=1, gaps=[1:65536], dups=[]]",
      "gap 65536 is out of range, it is 0 to 65535",
    ],
    ["< sctp: FORWARD_TSN[cum_tsn=1, ids=[{1, 2, 3}]]", "an entry of ids of FORWARD_TSN has 2 numbers"],
    [
      "< sctp: ABORT[flgs=0, PROTOCOL_VIOLATION[info=...]]",
      "an inbound packet needs info of PROTOCOL_VIOLATION",
    ],
    [
      "< sctp: INIT[flgs=0, tag=1, a_rwnd=1, os=1, is=1, tsn=1, IPV4_ADDRESS[addr=1.2.3.444]]",
      "1.2.3.444 is no address",
    ],
  ])("%s", (text, message) => {
    expect(mistakesOf(text, nplab)).toEqual([`1:3 semantic ${message}`]);
  });

  test("inbound may leave out what is filled in for them", () => {
    expect(mistakesOf("< sctp: COOKIE_ECHO[flgs=0, len=..., val=...]", nplab)).toEqual([]);
    expect(mistakesOf("< sctp: HEARTBEAT_ACK[flgs=0, HEARTBEAT_INFORMATION[...]]", nplab)).toEqual([]);
  });
});

describe("system calls", () => {
  test("have a known name and as many arguments as it takes", () => {
    expect(mistakesOf("frobnicate(3) = 0")).toEqual(["1:3 runtime unknown system call frobnicate"]);
    expect(mistakesOf("socket(..., SOCK_STREAM) = 3")).toEqual([
      "1:3 runtime socket has 3 arguments, here are 2",
    ]);
    expect(mistakesOf("fcntl(3) = 0")).toEqual(["1:3 runtime fcntl has 2 to 3 arguments, here are 1"]);
    expect(mistakesOf("epoll_create(1) = 3", nplab)).toEqual([
      "1:3 runtime unknown system call epoll_create",
    ]);
  });

  test("name constants of their platform", () => {
    expect(mistakesOf("listen(3, NOPE) = 0")).toEqual(["1:13 runtime unknown symbol NOPE on Linux"]);
    expect(mistakesOf("listen(3, SO_ZEROCOPY|SO_NOSIGPIPE) = 0")).toHaveLength(1);
    expect(
      mistakesOf("listen(3, SO_ZEROCOPY|SO_NOSIGPIPE) = 0", { dialect: "google", platform: "FreeBSD" }),
    ).toEqual(["1:13 runtime unknown symbol SO_ZEROCOPY on FreeBSD"]);
    expect(mistakesOf("close(3) = -1 EWHAT (nobody knows)")).toEqual([
      "1:3 runtime unknown symbol EWHAT on Linux",
    ]);
  });

  test("have struct literals of known fields in their order", () => {
    expect(mistakesOf("setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1}, 8) = 0")).toEqual([
      "1:40 syntax linger has onoff, linger: linger is missing here",
    ]);
    expect(mistakesOf("setsockopt(3, SOL_SOCKET, SO_LINGER, {linger=1, onoff=1}, 8) = 0")).toHaveLength(1);
    expect(mistakesOf("setsockopt(3, 6, 1, {onoff=1, linger=0, more=1}, 8) = 0")).toEqual([
      "1:43 syntax linger has onoff, linger: more is not next",
    ]);
    expect(mistakesOf("f({nothing=1}) = 0")).toContain("1:6 syntax no struct begins with nothing");
    expect(
      mistakesOf(
        "setsockopt(3, IPPROTO_SCTP, SCTP_RTOINFO, {srto_initial=1, srto_max=2, srto_min=1}, 16) = 0",
        nplab,
      ),
    ).toEqual([]);
  });

  test("join and convert only what can be", () => {
    expect(mistakesOf("listen(3, 1|[2]) = 0")).toEqual([
      "1:15 runtime only numbers and symbols can be joined by |",
    ]);
    expect(mistakesOf("listen(3, htons(...)) = 0")).toEqual(["1:19 runtime htons is given a number"]);
    expect(mistakesOf("listen(3, inet_addr(5)) = 0")).toEqual(["1:23 runtime inet_addr is given a string"]);
  });
});

test("code that is more than ours is said with its place", () => {
  expect(mistakes("0 `a`\n+0 %{ assert tcpi_rto == 5\nimport os }%\n")).toEqual([
    expect.stringMatching(/^3:1 unsupported code blocks here know assert.*nothing like import/),
  ]);
});
