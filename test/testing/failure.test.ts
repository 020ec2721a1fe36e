import { describe, expect, test } from "vitest";
import { alignedLines, markDifference } from "../../src/testing/failure.ts";
import { ExpectationError, mss, testbed } from "../../src/testing/index.ts";
import { accepted } from "./support/open.ts";

/** What a step throws. */
function failureOf(step: () => unknown): ExpectationError {
  try {
    step();
  } catch (error) {
    if (error instanceof ExpectationError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("a failed expectation", () => {
  test("shows both lines, what differs, and the packets before", () => {
    const { bed, connection } = accepted();
    connection.send(10);
    const error = failureOf(() => bed.expect.tcp(". 1:11(10) ack 1 win 7"));
    expect(error.message.split("\n")).toEqual([
      "live packet field tcp_psh: expected: 0 (0x0) vs actual: 1 (0x1) (at 0.100000 s)",
      "  expected  > . 1:11(10) ack 1 win 7",
      "  actual    > P. 1:11(10) ack 1 win 65535",
      "              ^^                    ^^^^^",
      "  the last packets:",
      "    0.000000 < S 0:0(0) win 32000 <mss 1000>",
      "    0.000000 > S. 0:0(0) ack 1 win 64240 <mss 1460>",
      "    0.100000 < . 1:1(0) ack 1 win 32000",
      "    0.100000 > P. 1:11(10) ack 1 win 65535",
    ]);
    expect(error).toMatchObject({
      ...{ name: "ExpectationError", code: "ERR_ASSERTION", time: 0.1 },
      ...{ expected: "> . 1:11(10) ack 1 win 7", actual: "> P. 1:11(10) ack 1 win 65535" },
    });
    expect(error.packets).toHaveLength(4);
  });

  test("of an object shows it as a line, filled with what came", () => {
    const { bed, connection } = accepted();
    connection.send(10);
    const error = failureOf(() => bed.expect.tcp({ flags: "P.", seq: 2 }));
    expect(error.expected).toBe("> P. 2:12(10) ack 1 <...>");
    expect(error.actual).toBe("> P. 1:11(10) ack 1");
  });

  test("of nothing that came says so", () => {
    const bed = testbed();
    const error = failureOf(() => bed.expect.tcp({ flags: "S.", ack: 1, win: 5, urg: 0, options: [mss(5)] }));
    expect(error.message.split("\n").slice(0, 4)).toEqual([
      "Timed out waiting for packet (at 0.004000 s)",
      "  expected  > S. ...(...) ack 1 win 5 urg 0 <mss 5>",
      "  actual    nothing",
      "  no packet came before",
    ]);
  });

  test.each([
    [{ win: (value: number) => value < 10 }, "tcp_window: 65535 is not as asked for, (value) => value < 10"],
    [{ payload: "x" }, "live packet payload: expected 1 bytes vs actual 2 bytes"],
    [{ payload: "hx" }, "payload byte 1: expected 0x78 vs actual 0x69"],
    [{ length: 5 }, "live packet payload: expected 5 bytes vs actual 2 bytes"],
    [{ ack: 9 }, "live packet field tcp_ack_seq: expected: 9 (0x9) vs actual: 1 (0x1)"],
    [{ options: [mss(9)] }, "live packet field ipv4_total_length: expected: 46 (0x2e) vs actual: 42 (0x2a)"],
    [{ ecn: "ce" as const }, "live packet field ip_ecn: expected: 3 (0x3) vs actual: 0 (0x0)"],
  ])("tells what is wrong first: %j", (wanted, message) => {
    const { bed, connection } = accepted();
    connection.send("hi");
    expect(failureOf(() => bed.expect.tcp(wanted)).message.split(" (at")[0]).toBe(message);
  });

  test("of silence shows what broke it", () => {
    const { bed, connection } = accepted();
    connection.send(10);
    const error = failureOf(() => bed.expect.nothing(2));
    expect(error.message).toMatch(
      /^no packet was expected \(at 0\.100000 s\)\n {2}expected {2}nothing for 2 s\n/,
    );
    expect(error.actual).toBe("> P. 1:11(10) ack 1 win 65535");
  });

  test("names the peer of each packet where there are several, and packets for nobody", () => {
    const bed = testbed();
    bed.socket("udp").sendTo(5, { address: "192.0.2.77", port: 9 });
    bed.socket().connect();
    const other = bed.addPeer({ port: 443 });
    const { packets } = failureOf(() => other.expect.tcp({}));
    expect(packets[0]).toBe("0.000000 > udp (5)   // to 192.0.2.77:9, no peer of the test");
    expect(packets[1]).toMatch(/^0\.000000 \[8080\] > S 0:0\(0\) win \d+ <mss 1460,/);
  });

  test("keeps the last ten packets", () => {
    const { bed, connection } = accepted();
    connection.send(1);
    bed.wait(600);
    expect(bed.lastPackets).toHaveLength(10);
  });
});

describe("the marks under two lines", () => {
  test.each([
    ["> . 1:1(0) ack 1", "> . 1:1(0) ack 2", "               ^"],
    ["> S <mss 1,nop>", "> S <mss 2,nop>", "         ^^"],
    ["> S a", "> S a b", "      ^"],
    ["> S a b", "> S a", "     ^"],
    ["> S", "> S", ""],
  ])("%s and %s", (expected, actual, marks) => {
    expect(markDifference(expected, actual)).toBe(marks);
  });

  test("are left out where nothing differs", () => {
    expect(alignedLines("> S", "> S")).toHaveLength(2);
  });
});
