import { describe, expect, test } from "vitest";
import { maximumLength } from "../../src/packetdrill/language/grammar/parse.ts";
import { type RunResult, runScript } from "../../src/packetdrill/run/runner.ts";

/** With a quadratic step anywhere these would take hours. */
const patience = 280_000;

const opening = `0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0  bind(3, ..., ...) = 0
+0  listen(3, 1) = 0
+0  < S 0:0(0) win 32000 <mss 1000>
+0  > S. 0:0(0) ack 1 <...>
+.1 < . 1:1(0) ack 1 win 32000
+0  accept(3, ..., ...) = 4
`;

const short = ({ result, line, message }: RunResult): string => `${result} ${line} ${message}`;

/** Nearly as long as a script may be. */
function long(line: string, before = "0 `true`\n", after = ""): string {
  const room = maximumLength - before.length - after.length;
  return before + line.repeat(Math.floor(room / line.length)) + after;
}

describe("a script of four megabytes", () => {
  test.each([
    ["comments", long("// nothing at all\n"), "pass"],
    ["commands", long("+0 `true; true && :` // and on\n"), "pass"],
    ["one command", `0 \`${"true;".repeat(maximumLength / 5 - 10)}\`\n`, "pass"],
    ["sockets", long("+0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 close(3) = 0\n"), "pass"],
    ["one code block", long("x = 1\n", `${opening}+0 %{ `, " }%\n"), "pass"],
    ["code blocks", long("+0 %{ assert tcpi_state == 1 }%\n", opening), "pass"],
    ["errors", long("+0 oops\n"), "error"],
    ["an error at its end", long("+0 `true`\n", "0 `true`\n", "+0 oops\n"), "error"],
    ["brackets", long("[", "0 f("), "error"],
    ["digits", long("9", "0 close(", ") = 0\n"), "fail"],
    ["options of a segment", long("nop,", "0 > . 1:1(0) ack 1 <", "nop>\n"), "error"],
    ["options", long("--tolerance_usecs=1\n", "", "0 `true`\n"), "pass"],
    ["chunks", long("COOKIE_ACK[flgs=0]; ", "0 > sctp: ", "COOKIE_ACK[flgs=0]\n"), "fail"],
    ["a string without end", long('\\"', '0 open("'), "error"],
    ["a comment without end", long("/* "), "error"],
    ["a sum", long("1+", `${opening}+0 %{ x = `, "1 }%\n"), "fail"],
    ["buffers", long("{..., 9}, ", `${opening}+0 writev(4, [`, "{..., 1}], 2) = 1\n"), "fail"],
  ])(
    "of %s has its verdict",
    (_name, text, expected) => {
      expect(text.length).toBeLessThanOrEqual(maximumLength);
      expect(text.length).toBeGreaterThan(maximumLength * 0.99);
      expect(runScript(text).result).toBe(expected);
    },
    patience,
  );

  test("and one character is too long, and not read at all", () => {
    const text = " ".repeat(10_000_000);
    expect(short(runScript(text))).toBe(
      "error 1 a script has at most 4194304 characters, this one has 10000000",
    );
  });

  test("asks for more memory than there is: a failure of its call", () => {
    const huge = "{..., 67108864}, ".repeat(100_000);
    const text = `${opening}+0 writev(4, [${huge}{..., 1}], 100001) = 1\n`;
    expect(short(runScript(text))).toMatch(/^fail 8 runtime error in writev call: /);
  });
});
