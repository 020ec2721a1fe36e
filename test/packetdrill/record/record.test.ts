import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { emitPacket } from "../../../src/packetdrill/packets/packet-emit.ts";
import { type RecordedPacket, readCapture } from "../../../src/packetdrill/record/capture-file.ts";
import { type RecordSettings, recordScript } from "../../../src/packetdrill/record/record.ts";
import { runScript } from "../../../src/packetdrill/run/runner.ts";
import { pcapngInterface, pcapngPacket, pcapngSection } from "../../../src/wire/capture/pcapng.ts";
import { mistakes, packetOf } from "../support/parse.ts";

const own = (name: string) =>
  readFileSync(resolve(import.meta.dirname, "../../scripts", `${name}.pkt`), "utf8");

function recorded(packets: readonly RecordedPacket[], settings: RecordSettings = {}): string {
  const found = recordScript(packets, settings);
  if (typeof found === "string") throw new Error(found);
  expect(mistakes(found.text, {})).toEqual([]);
  return found.text;
}

const caller = { address: address("192.0.2.7"), port: 5000 };
const called = { address: address("198.51.100.1"), port: 80 };

/** Lines of packets, `<` from who calls and `>` from who is called, at milliseconds. */
function capture(
  lines: readonly (readonly [number, string])[],
  dialect: "google" | "nplab" = "google",
): RecordedPacket[] {
  return lines.map(([milliseconds, text]) => {
    const packet = packetOf(text, dialect);
    const [from, to] = packet.direction === "inbound" ? [caller, called] : [called, caller];
    const envelope = { family: 4, source: from.address, sourcePort: from.port } as const;
    const bytes = emitPacket(packet, { ...envelope, destination: to.address, destinationPort: to.port });
    return { time: milliseconds * 1000, bytes: bytes as Uint8Array };
  });
}

describe("a script from a capture", () => {
  test("of a connection that was called has the calls of a server", () => {
    const packets = capture([
      [0, "< S 4000:4000(0) win 5000 <mss 1000,sackOK,TS val 77 ecr 0>"],
      [1, "> S. 9000:9000(0) ack 4001 win 6000 <mss 1460,sackOK,TS val 500 ecr 77>"],
      [51, "< . 4001:4001(0) ack 9001 win 5000 <nop,nop,TS val 80 ecr 500>"],
      [60, "< P. 4001:4101(100) ack 9001 win 5000 <nop,nop,TS val 81 ecr 500>"],
      [61, "> [ect0] . 9001:10001(1000) ack 4101 win 6000 <nop,nop,TS val 510 ecr 81>"],
      [61, "> P. 10001:10201(200) ack 4101 win 6000 <nop,nop,TS val 510 ecr 81>"],
      [90, "< F. 4101:4101(0) ack 10201 win 5000 <nop,nop,TS val 99 ecr 510>"],
      [91, "> F. 10201:10201(0) ack 4102 win 6000 <nop,nop,TS val 520 ecr 99>"],
    ]);
    expect(recorded(packets)).toBe(`// Recorded between 192.0.2.7 port 5000 and 198.51.100.1 port 80.
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 5000 <mss 1000,sackOK,TS val 1 ecr 0>
+0.001 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 1 ecr 1>
+0.05 < . 1:1(0) ack 1 win 5000 <nop,nop,TS val 4 ecr 1>
+0 accept(3, ..., ...) = 4
+0.009 < P. 1:101(100) ack 1 win 5000 <nop,nop,TS val 5 ecr 1>
+0.001 read(4, ..., 100) = 100
+0 write(4, ..., 1200) = 1200
+0 > [ect0] . 1:1001(1000) ack 101 <nop,nop,TS val 11 ecr 5>
+0 > P. 1001:1201(200) ack 101 <nop,nop,TS val 11 ecr 5>
+0.029 < F. 101:101(0) ack 1201 win 5000 <nop,nop,TS val 23 ecr 11>
+0.001 close(4) = 0
+0 > F. 1201:1201(0) ack 102 <nop,nop,TS val 21 ecr 23>
`);
  });

  test.each([
    ...[
      "open/passive",
      "open/active",
      "open/refused",
      "close/active-first",
      "close/passive-first",
      "close/half-closed-by-the-peer",
    ],
    ...["retransmit/three-duplicates", "retransmit/sack-of-a-hole", "window/limits-the-sender", "udp/echo"],
  ])("of a run of %s passes as the script did", (name) => {
    const first = runScript(own(name));
    expect(first.result).toBe("pass");
    const text = recorded(first.packets, { local: "192.168.0.1" });
    expect(runScript(text)).toMatchObject({ result: "pass", message: "" });
  });

  test("of the side that called has the calls of a client", () => {
    const packets = capture([
      [0, "< S 4000:4000(0) win 5000 <mss 1000>"],
      [1, "> S. 9000:9000(0) ack 4001 win 6000 <mss 1460>"],
      [2, "< . 4001:4001(0) ack 9001 win 5000"],
    ]);
    expect(recorded(packets, { local: "192.0.2.7" }).split("\n").slice(1)).toEqual([
      "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3",
      "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0",
      "+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)",
      "+0 > S 0:0(0) <mss 1000>",
      "+0.001 < S. 0:0(0) ack 1 win 6000 <mss 1460>",
      "+0.001 > . 1:1(0) ack 1",
      "+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0",
      "",
    ]);
  });

  test("shuts down half where more comes in after our FIN", () => {
    const packets = capture([
      [0, "< S 0:0(0) win 5000"],
      [0, "> S. 0:0(0) ack 1 win 6000"],
      [0, "< . 1:1(0) ack 1 win 5000"],
      [0, "> F. 1:1(0) ack 1 win 5000"],
      [0, "< P. 1:6(5) ack 2 win 5000"],
    ]);
    expect(recorded(packets)).toContain("+0 shutdown(4, SHUT_WR) = 0\n+0 > F. 1:1(0) ack 1\n");
  });

  test("of datagrams that come first says where they come from", () => {
    const packets = capture([
      [0, "< udp (5)"],
      [10, "> udp (7)"],
    ]);
    const text = recorded(packets, { local: "198.51.100.1" });
    expect(text.split("\n").slice(1)).toEqual([
      "--is_anyip",
      "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3",
      "+0 bind(3, ..., ...) = 0",
      "+0 connect(3, ..., ...) = 0",
      "+0 < udp (5)",
      "+0 read(3, ..., 5) = 5",
      "+0.01 write(3, ..., 7) = 7",
      "+0 > udp (7)",
      "",
    ]);
    expect(runScript(text)).toMatchObject({ result: "pass" });
  });

  test("of an association leaves open what another run has otherwise", () => {
    const packets = capture(
      [
        [0, "< sctp: INIT[flgs=0, tag=5, a_rwnd=9000, os=4, is=4, tsn=500, ECN_CAPABLE[]]"],
        [
          1,
          "> sctp: INIT_ACK[flgs=0, tag=6, a_rwnd=7000, os=3, is=3, tsn=9, STATE_COOKIE[len=8, val=[1, 2, 3, 4]]]",
        ],
        [2, "< sctp: COOKIE_ECHO[flgs=0, len=8, val=[1, 2, 3, 4]]"],
        [3, "> sctp: COOKIE_ACK[flgs=0]"],
        [4, "< sctp: DATA[flgs=BE, len=17, tsn=500, sid=0, ssn=0, ppid=0]"],
        [
          5,
          "> sctp: SACK[flgs=0, cum_tsn=500, a_rwnd=6999, gaps=[], dups=[]]; DATA[flgs=BE, len=26, tsn=9, sid=0, ssn=0, ppid=0]",
        ],
        [6, "> sctp: SHUTDOWN[flgs=0, cum_tsn=500]"],
      ],
      "nplab",
    );
    expect(recorded(packets).split("\n").slice(1)).toEqual([
      "0 socket(..., SOCK_STREAM, IPPROTO_SCTP) = 3",
      "+0 bind(3, ..., ...) = 0",
      "+0 listen(3, 1) = 0",
      "+0 < sctp: INIT[flgs=0, tag=5, a_rwnd=9000, os=4, is=4, tsn=500, ECN_CAPABLE[]]",
      "+0.001 > sctp: INIT_ACK[flgs=0, tag=6, a_rwnd=..., os=..., is=..., tsn=9, ...]",
      "+0.001 < sctp: COOKIE_ECHO[flgs=0, len=..., val=...]",
      "+0.001 > sctp: COOKIE_ACK[flgs=0]",
      "+0 accept(3, ..., ...) = 4",
      "+0.001 < sctp: DATA[flgs=BE, len=17, tsn=500, sid=0, ssn=0, ppid=0]",
      "+0.001 write(4, ..., 10) = 10",
      "+0 > sctp: SACK[flgs=0, cum_tsn=500, a_rwnd=..., gaps=[], dups=[]]; DATA[flgs=BE, len=26, tsn=9, sid=0, ssn=0, ppid=0]",
      "+0.001 close(4) = 0",
      "+0 > sctp: SHUTDOWN[flgs=0, cum_tsn=500]",
      "",
    ]);
  });

  test("is of one conversation, and says what it left out", () => {
    const packets = [
      ...capture([[0, "< S 0:0(0) win 1"]]),
      ...capture([[1, "> udp (5)"]]),
      ...capture([[2, "> udp (6)"]]),
    ];
    expect(recorded(packets)).toContain("// 2 other packets were left out.\n");
    expect(recorded(packets, { conversation: 1 })).toContain("udp (5)");
    expect(recordScript(packets, { conversation: 2 })).toBe("it has 2 conversations");
    expect(recordScript([])).toBe("no conversation of TCP, UDP or SCTP is in this capture");
    expect(recordScript(packets, { local: "10.0.0.1" })).toBe("10.0.0.1 takes no part in this conversation");
    expect(recordScript(packets, { local: "me" })).toBe("me is no address");
    expect(recordScript(capture([[0, "< . 5:5(0) ack 1 win 1"]]))).toMatch(/does not hold the SYN/);
    expect(recordScript(capture([[0, "< sctp: COOKIE_ACK[flgs=0]"]], "nplab"))).toMatch(
      /does not hold the INIT/,
    );
  });
});

describe("captures from files", () => {
  const packets = capture([
    [0, "< S 7:7(0) win 5"],
    [3, "< P. 8:13(5) ack 1 win 5"],
  ]);

  /** Classic pcap, each frame behind `link` bytes. */
  function pcap(linkType: number, link: readonly number[], littleEndian = true, keep = 1000): Uint8Array {
    const frames = packets.map(({ time, bytes }) => ({ time, bytes: [...link, ...bytes.subarray(0, keep)] }));
    const file = new Uint8Array(24 + frames.reduce((sum, { bytes }) => sum + 16 + bytes.length, 0));
    const view = new DataView(file.buffer);
    view.setUint32(0, 0xa1b2c3d4, littleEndian);
    view.setUint32(20, linkType, littleEndian);
    let at = 24;
    for (const { time, bytes } of frames) {
      view.setUint32(at, 100, littleEndian);
      view.setUint32(at + 4, time, littleEndian);
      view.setUint32(at + 8, bytes.length, littleEndian);
      file.set(bytes, at + 16);
      at += 16 + bytes.length;
    }
    return file;
  }

  const ethernet = [...new Array(12).fill(2), 0x08, 0x00];

  test.each([
    ["Ethernet", 1, ethernet],
    ["Ethernet with a VLAN tag", 1, [...new Array(12).fill(2), 0x81, 0x00, 0, 5, 0x08, 0x00]],
    ["raw IP", 101, []],
    ["BSD loopback", 0, [2, 0, 0, 0]],
    ["Linux cooked", 113, [...new Array(14).fill(0), 0x08, 0x00]],
    ["Linux cooked, second version", 276, [0x08, 0x00, ...new Array(18).fill(0)]],
  ])("of %s are IP packets", (_name, linkType, link) => {
    expect(readCapture(pcap(linkType, link))).toEqual(packets);
    expect(readCapture(pcap(linkType, link, false))).toEqual(packets);
  });

  test("that kept only the beginning are filled up with zeros", () => {
    expect(readCapture(pcap(1, ethernet, true, 42))).toEqual(packets);
  });

  test("may be pcapng", () => {
    const blocks = [
      pcapngSection({ hardware: "", operatingSystem: "", application: "", comment: "" }),
      pcapngInterface({ linkType: 101, snapLength: 0, name: "", description: "" }),
      ...packets.map(({ time, bytes }) =>
        pcapngPacket({
          ...{ interface: 0, nanoseconds: BigInt(time) * 1000n, bytes, start: 0, end: bytes.length },
          ...{ originalLength: bytes.length, direction: "unknown", comment: "" },
        }),
      ),
    ];
    const file = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
    let at = 0;
    for (const block of blocks) {
      file.set(block, at);
      at += block.length;
    }
    expect(readCapture(file)).toEqual(packets);
  });

  test("of any bytes are captures or not, and whatever they hold is recorded or not", () => {
    const file = pcap(1, ethernet);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 20 }), (changes) => {
        const spoilt = file.slice();
        for (const [at, value] of changes) spoilt[at] = value;
        const found = readCapture(spoilt);
        const script = typeof found === "string" ? found : recordScript(found);
        expect(["string", "object"]).toContain(typeof script);
      }),
      { numRuns: 500 },
    );
  });

  test("that are none say so", () => {
    expect(readCapture(new Uint8Array(5))).toBe("neither pcap nor pcapng");
    expect(readCapture(new Uint8Array(500))).toBe("neither pcap nor pcapng");
    expect(readCapture(pcap(101, []).subarray(0, 60))).toBe("pcap: truncated");
    expect(readCapture(pcap(9999, []))).toEqual([]);
  });
});
