import { describe, expect, test } from "vitest";
import { formatScriptError, positionOf } from "../../../src/packetdrill/language/errors.ts";
import { maximumLength, parseScript } from "../../../src/packetdrill/language/grammar/parse.ts";
import { mistakes, mistakesOf } from "../support/parse.ts";

describe("a syntax error", () => {
  test("says where, what was found and what would have fitted", () => {
    expect(mistakes("0 `a`\n+0 > S 0:0 ack 1\n")).toEqual([
      '2:8 syntax unexpected "0", expected sequence numbers',
    ]);
    expect(mistakes("0 close(3) 0\n")).toEqual(['1:12 syntax unexpected "0", expected "="']);
    expect(mistakes("0 < S 0:0(0) win\n")).toEqual([
      "1:17 syntax unexpected end of the script, expected integer",
    ]);
  });

  test("marks the place under its line", () => {
    const [error] = parseScript("0 `a`\n\t+0 clos(3 = 0\n", { dialect: "google" }).errors;
    expect(formatScriptError(error!, "x.pkt")).toBe(
      'x.pkt:2:12: syntax error: unexpected "=", expected "|", "," or ")"\n  \t+0 clos(3 = 0\n  \t          ^',
    );
  });

  test("is told at the end of the line where something is missing, not where the parser noticed", () => {
    expect(mistakes("0 close(3)\n// next\n+0 close(4) = 0\n")).toEqual([
      '1:11 syntax unexpected "+", expected "="',
    ]);
  });

  test("does not hide the ones after it: reading goes on at the next event", () => {
    const text =
      "0 close(3\n+0 > . 1:1(0) ack 1 <bad 1>\n+0 `fine`\n* nothing\n+1 close(5) = 0\n+1 close(6 = 0\n";
    expect(mistakes(text).map((mistake) => mistake.split(" ", 2).join(" "))).toEqual([
      "1:10 syntax",
      "2:22 syntax",
      "4:10 syntax",
      "6:12 syntax",
    ]);
  });

  test("does not hide what else is wrong with the lines that could be read", () => {
    expect(mistakes("1 close(3) = 0\n+0 close(4\n+0 < . 1:1(0) ack 1\n")).toEqual([
      expect.stringContaining("2:11 syntax"),
      expect.stringContaining("1:1 semantic the first event"),
      expect.stringContaining("3:4 semantic an inbound packet needs its window"),
    ]);
  });

  test("is told at most twenty times", () => {
    expect(mistakes("+0 close(\n".repeat(100))).toHaveLength(20);
  });

  test("names chunks and their parts as one when any would fit", () => {
    expect(mistakesOf("> sctp: NONE[flgs=0]", { dialect: "nplab" })).toEqual([
      expect.stringContaining('unexpected "NONE", expected the name of a chunk, parameter or cause'),
    ]);
  });
});

describe("how a file ends its lines", () => {
  test("a carriage return is no blank, and said once", () => {
    const [mistake, ...others] = mistakes("0 close(3) = 0\r\n+0 close(4) = 0\r\n+0 close(5) = 0\r\n");
    expect(mistake).toMatch(/^1:15 syntax a carriage return is no blank/);
    expect(others).toEqual([]);
  });

  test("a carriage return in a comment, a string or a command is as good as anything", () => {
    expect(mistakes('// one\r\n0 `two\r\n`\n+0 open("\r", O_RDONLY) = 3\n')).toEqual([]);
  });

  test("a script need not end with a newline, but a comment must", () => {
    expect(mistakes("0 `a`")).toEqual([]);
    expect(mistakes("0 `a` // b")).toEqual([
      "1:7 syntax a comment must end with a newline: the file ends inside it",
    ]);
  });

  test.each([
    ["0 /* a", "1:3 syntax this comment has no end, */ is missing"],
    ['0 open("a', '1:8 syntax this string has no end, " is missing'],
    ["0 `a", "1:3 syntax this command has no end, ` is missing"],
    ["0 %{ a", "1:3 syntax this code has no end, }% is missing"],
  ])("what is opened must be closed: %s", (text, expected) => {
    expect(mistakes(text)).toEqual([expected]);
  });
});

describe("any text at all", () => {
  test("longer than the limit is refused as such", () => {
    expect(mistakes(" ".repeat(maximumLength + 1))[0]).toMatch(
      /^1:1 syntax a script has at most 4194304 characters/,
    );
  });

  test("nested beyond reason is refused as such", () => {
    expect(mistakes(`0 f(${"[".repeat(100_000)}\n`)).toEqual(["1:100004 syntax nested too deeply"]);
  });

  test("of twenty kilobytes is read in linear time", () => {
    const size = 20_000;
    const texts = [
      "/*",
      "/",
      '"\\',
      "%{",
      "`",
      "#ifdef A\n",
      "0 f(",
      "+0 f(1) = 0\n",
      "--a=1 ",
      "+0 < x\n",
      "\n",
      "{{",
      "9",
    ];
    const started = process.cpuUsage().user;
    for (const text of texts) {
      for (const prefix of ["", "0 f(", "--define=A=B\n"]) {
        for (const dialect of ["google", "nplab"] as const) {
          const long = prefix + text.repeat(size / text.length);
          expect(parseScript(long, { dialect }).dialect).toBe(dialect);
        }
      }
    }
    expect((process.cpuUsage().user - started) / 1e6).toBeLessThan(30);
  });
});

test("places are counted from one, a newline belongs to the line it ends", () => {
  expect(positionOf("a\nbc\n", 0)).toEqual({ line: 1, column: 1 });
  expect(positionOf("a\nbc\n", 1)).toEqual({ line: 1, column: 2 });
  expect(positionOf("a\nbc\n", 3)).toEqual({ line: 2, column: 2 });
  expect(positionOf("a\nbc\n", 5)).toEqual({ line: 3, column: 1 });
});
