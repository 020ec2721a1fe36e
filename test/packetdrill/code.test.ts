import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluateCode } from "../../src/packetdrill/code/code-eval.ts";
import { parseCode } from "../../src/packetdrill/code/code-parser.ts";

const run = (text: string, variables: Record<string, number> = {}) => evaluateCode([{ text, variables }]);
const passes = (text: string, variables: Record<string, number> = {}) =>
  run(text, variables).failure === undefined;

describe("code blocks", () => {
  test.each([
    "assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd",
    "assert 5 <= tcpi_snd_cwnd <= 20 and tcpi_rtt > 0",
    "assert (tcpi_options & TCPI_OPT_SYN_DATA) != 0",
    "assert tcpi_options & TCPI_OPT_SYN_DATA == 32",
    "assert tcpi_state == TCP_ESTABLISHED; assert tcpi_ca_state == TCP_CA_Open\n",
    "cwnd = 9\ncwnd += 1; assert tcpi_snd_cwnd == cwnd",
    "assert tcpi_rtt % 7 == 5000 % 7 and -1 % 7 == 6 and -7 // 2 == -4",
    "assert tcpi_rtt == 2 * 2500 \\\n  and tcpi_snd_cwnd == 10 # as computed",
    "assert (\n  tcpi_rtt\n  == 5000)",
    "assert (1, 2) == (1, 2), 'never'",
    "assert not 0 or 1",
    "assert 1 << 40 == 1099511627776 and 0xff ^ 0x0f == 240 and 7 - 8 == -1",
    "\n\n# nothing\n",
    "assert 'a' + 'b' == 'ab'",
  ])("pass: %j", (text) => {
    expect(
      run(text, { tcpi_snd_cwnd: 10, tcpi_options: 32, tcpi_rtt: 5000, tcpi_state: 1, tcpi_ca_state: 0 }),
    ).toEqual({
      printed: [],
    });
  });

  test("fail with the message Python would give and what was known", () => {
    expect(
      run("x = 1\nassert tcpi_snd_cwnd == 10, 'cwnd=%d' % tcpi_snd_cwnd", { tcpi_snd_cwnd: 12 }).failure,
    ).toEqual({
      ...{ block: 0, at: 6, message: "assertion failed: cwnd=12 (tcpi_snd_cwnd is 12)" },
    });
    expect(run("assert a == 1 and b == 2 and TCP_CLOSE", { a: 1, b: 3 }).failure).toMatchObject({
      message: "assertion failed (a is 1, b is 3)",
    });
  });

  test("are one program: names live on, values are those of each block's time", () => {
    const outcome = evaluateCode([
      { text: "saved = tcpi_rto", variables: { tcpi_rto: 1 } },
      { text: "assert saved == 1 and tcpi_rto == 2", variables: { tcpi_rto: 2 } },
      { text: "assert saved == 5", variables: {} },
    ]);
    expect(outcome.failure).toMatchObject({ block: 2, message: "assertion failed (saved is 1)" });
  });

  test("print, with Python's formats", () => {
    const text = "print(a); print('%d of %s: %05x%%' % (a, 'x', 255)); print(1, (2,), 'it''s' == 0)";
    expect(run(text.replace("'it''s' == 0", "'q'"), { a: 7 }).printed).toEqual([
      "7",
      "7 of x: 000ff%",
      "1 (2,) q",
    ]);
  });

  test("keep numbers of 64 bits whole enough to be compared and shown", () => {
    expect(run("print(tcpi_max_pacing_rate)", { tcpi_max_pacing_rate: 2 ** 64 }).printed).toEqual([
      "18446744073709551616",
    ]);
  });
});

describe("what goes beyond", () => {
  test.each([
    ["import os", 0],
    ["assert f(1)", 8],
    ["assert [1]", 7],
    ["x = 1.5", 4],
    ["for a in b: c", 0],
    ["assert a\n  assert b", 9],
    ["x = lambda: 1", 4],
    ["assert 1 if 2 else 3", 9],
    ["x = 'unclosed", 4],
    ["assert", 6],
    ["a & b | c", 0],
    ["assert a & b | c", 13],
    ["assert (1, 2", 12],
    ["007", 0],
  ])("is refused with its place: %j", (text, at) => {
    expect(parseCode(text)).toMatchObject({ ok: false, error: { at } });
    expect(run(text, { a: 1, b: 1, c: 1 }).failure).toMatchObject({ at });
  });

  test.each([
    ["assert nothing", "name nothing is not defined"],
    ["x = 1 // 0", "division by zero"],
    ["x = 1 << 100", "shift too far"],
    ["x = 'a' * 2", "'a' is no number"],
    ["x = '%d' % 'a'", "this format and its values do not fit"],
    ["x = '%d' % (1, 2)", "this format and its values do not fit"],
  ])("fails when it runs: %j", (text, message) => {
    expect(run(text).failure).toMatchObject({ message });
  });

  test("is refused however deep it nests", () => {
    expect(parseCode(`x = ${"(".repeat(10_000)}`).ok).toBe(false);
    expect(parseCode(`x = ${"-".repeat(10_000)}1`).ok).toBe(false);
    expect(parseCode(`x = ${"not ".repeat(10_000)}1`).ok).toBe(false);
  });

  test("never throws", () => {
    const words = [
      "assert",
      "a",
      "1",
      "(",
      ")",
      "==",
      "%",
      "'%d'",
      ",",
      "\n",
      "+",
      "=",
      "and",
      "not",
      "print",
      "<<",
      "9".repeat(400),
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 }))), (parts) => {
        expect(Array.isArray(run(parts.join(" "), { a: 1 }).printed)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("does not reach the engine's own names", () => {
    expect(passes("assert constructor")).toBe(false);
    expect(passes("assert __proto__")).toBe(false);
  });
});
