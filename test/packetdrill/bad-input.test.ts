import { describe, expect, test } from "vitest";
import { type RunResult, runScript } from "../../src/packetdrill/run/runner.ts";
import { defaultLimits } from "../../src/packetdrill/run/virtual.ts";

const opening = `0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0  bind(3, ..., ...) = 0
+0  listen(3, 1) = 0
+0  < S 0:0(0) win 32000 <mss 1000>
+0  > S. 0:0(0) ack 1 <...>
+.1 < . 1:1(0) ack 1 win 32000
+0  accept(3, ..., ...) = 4
`;

const short = ({ result, line, message }: RunResult): string => `${result} ${line} ${message}`;

describe("a script with mistakes", () => {
  test("is not begun, and all of them are told, each with its place and what was expected", () => {
    const text =
      "0 clos(3 = 0\n+0 > . 1:1(0) ack\n+0 frob(3) = 0\n+0 close(3, 4) = 0\n+0 < . 1:1(0) win 70000\n";
    const { result, errors, packets } = runScript(text, { dialect: "google" });
    expect(result).toBe("error");
    expect(packets).toEqual([]);
    expect(errors.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
      '1:10 unexpected "=", expected "|", "," or ")"',
      '2:18 unexpected "+", expected integer',
      "3:4 unknown system call frob",
      "4:4 close has 1 arguments, here are 2",
      "5:4 win 70000 is out of range, it is 0 to 65535",
    ]);
    expect(errors[1]!.expected).toEqual(["integer"]);
  });

  test.each([
    ["0 close(3) = 0\r\n", "error 1 a carriage return is no blank"],
    ["0 `true`\n+0 frob(3) = 0\n", "error 2 unknown system call frob"],
    ["0 socket(..., SOCK_WHAT, 0) = 3\n", "error 1 unknown symbol SOCK_WHAT on Linux"],
    ["0 listen(3) = 0\n", "error 1 listen has 2 arguments, here are 1"],
    ["", "error 1 unexpected end of the script, expected"],
    ["\n\n", "error 3 unexpected end of the script, expected"],
    ["\0\u{1f4a5}", 'error 1 unexpected "\\u0000", expected'],
    ["--mtu=abc\n0 `true`\n", 'error 1 option --mtu: "abc" is not a number from 68 to 65535'],
    ["0 `true`\n+99999999999999999999 `true`\n", "error 2 more than 172800 seconds of virtual time"],
    [`0 < . 0:${"9".repeat(400)}(0) win 1\n`, "error 1 sequence number Infinity is out of range"],
    ["0 > . 0:70000(70000) ack 1\n", "error 1 payload length 70000 is out of range"],
    ["0 `rm -rf /`\n", "unsupported 1 command rm -rf /"],
    ["0 %{ import os }%\n", "unsupported 1 code blocks here know"],
  ])("%j is told so", (text, expected) => {
    expect(short(runScript(text, { dialect: "google" }))).toContain(expected);
  });

  test("need not end with a newline", () => {
    expect(short(runScript("0 `true`\n+0 `true`"))).toBe("pass 0 ");
  });
});

describe("a run that would not end", () => {
  test("does: a packet that may come at any time is waited for ten minutes of virtual time", () => {
    const { result, message, virtualTime } = runScript(`${opening}* > P. 1:11(10) ack 1\n`);
    expect([result, message, virtualTime / 1e6]).toEqual(["fail", "Timed out waiting for packet", 600.1]);
  });

  test("ends when real time is over, also where nothing is waited for", () => {
    let asked = 0;
    const expired = (): boolean => ++asked === 3;
    const text = "0 `true`\n".concat("+0 `true`\n".repeat(1000));
    const verdict = runScript(text, { limits: { ...defaultLimits, expired } });
    expect([short(verdict), asked]).toEqual(["error 192 out of time", 3]);
  });

  test("ends when a command sleeps for longer than there is time", () => {
    expect(short(runScript("0 `sleep 999999`\n"))).toBe("error 1 more than 172800 seconds of virtual time");
  });

  test("of a blocking call without an end is told at the end of the script", () => {
    expect(short(runScript(`${opening}+0...9 read(4, ..., 10) = 10\n`))).toBe(
      "fail 0 runtime error: exiting while a blocking system call is in progress",
    );
  });
});
