import { describe, expect, test } from "vitest";
import { parseDefinition } from "../../../src/packetdrill/language/defines.ts";
import { guessDialect } from "../../../src/packetdrill/language/dialect.ts";
import { parseScript } from "../../../src/packetdrill/language/grammar/parse.ts";
import { mistakes, scriptOf } from "../support/parse.ts";

const define = (entries: Record<string, string>) => new Map(Object.entries(entries));

describe("definitions", () => {
  test("replace words anywhere: in packets, calls and codes of ICMP", () => {
    const script = scriptOf(
      "0 < icmp unreachable CODE [1:1(0)]\n+0 f(LEVEL, N) = 0\n+0 > S 0:0(0) <mss MSS>\n",
      {
        dialect: "google",
        define: define({ CODE: "net_unknown", LEVEL: "SOL_IP", N: "0x1f", MSS: "017" }),
      },
    );
    expect(script.events.map((event) => event.action)).toMatchObject([
      { content: { code: "net_unknown" } },
      {
        args: [
          { type: "symbol", name: "SOL_IP" },
          { type: "integer", value: 31 },
        ],
      },
      { content: { options: [{ kind: "mss", value: 15 }] } },
    ]);
  });

  test("of a script are strings, commands, numbers or words", () => {
    const script = scriptOf('--define=S="text"\n--define=C=`true`\n--define=N=-5\n0 f(S, N) = 0\n+0 C\n', {
      dialect: "nplab",
    });
    expect(script.events.map((event) => event.action)).toMatchObject([
      {
        args: [
          { type: "string", text: "text" },
          { type: "integer", value: -5 },
        ],
      },
      { kind: "command", text: "true" },
    ]);
  });

  test("of a script in Google's dialect are no numbers", () => {
    expect(mistakes("--define=N=5\n0 `a`\n")).toHaveLength(1);
  });

  test("of the command line win over those of the script", () => {
    const script = scriptOf("--define=A=B\n0 f(A) = 0\n", { dialect: "google", define: define({ A: "2" }) });
    expect(script.events[0]!.action).toMatchObject({ args: [{ value: 2 }] });
  });

  test("do not reach into comments, strings, commands and code, nor into other words", () => {
    const text = '0 f("A \\" A", AB, A) = 0 // A "\n+0 `A \\` A` /* A " */ +0 %{ A = 1 }%\n+0 f(A) = 0\n';
    const script = scriptOf(text, { dialect: "google", define: define({ A: "7" }) });
    expect(script.events.map((event) => event.action)).toMatchObject([
      { args: [{ text: 'A \\" A' }, { name: "AB" }, { value: 7 }] },
      { text: "A \\` A" },
      { text: "A = 1" },
      { args: [{ value: 7 }] },
    ]);
  });

  test("leave every place where the author wrote it", () => {
    const text = "--define=A=a_much_longer_word\n0 f(A, A, 1 2) = 0\n";
    const [error] = parseScript(text, { dialect: "google" }).errors;
    expect(error).toMatchObject({ line: 2, column: 13 });
    const fine = scriptOf("--define=A=a_much_longer_word\n0 f(A, A, 12) = 0\n");
    const call = fine.events[0]!.action;
    expect(call.kind === "call" && call.args.map((argument) => argument.at - 30)).toEqual([4, 7, 10]);
  });

  test("are NAME=VALUE on a command line", () => {
    expect(parseDefinition("A=b=c")).toEqual(["A", "b=c"]);
    expect(() => parseDefinition("=b")).toThrow(RangeError);
    expect(() => parseDefinition("A b")).toThrow(RangeError);
  });
});

describe("conditional text of nplab's dialect", () => {
  const text = "0 `a`\n#ifdef FreeBSD\n+0 `bsd`\n#endif\n#ifdef Linux\n+0 `linux`\n#endif\n+0 `b`\n";
  const commands = (settings: Parameters<typeof scriptOf>[1]) =>
    scriptOf(text, settings).events.map((event) => event.action.kind === "command" && event.action.text);

  test("is of the platform", () => {
    expect(commands({ dialect: "nplab", platform: "FreeBSD" })).toEqual(["a", "bsd", "b"]);
    expect(commands({ dialect: "nplab" })).toEqual(["a", "linux", "b"]);
  });

  test("or of any definition, also one of the script", () => {
    expect(commands({ dialect: "nplab", platform: "FreeBSD", define: define({ Linux: "" }) })).toHaveLength(
      4,
    );
    const own = `--define=FreeBSD=1\n${text}`;
    expect(scriptOf(own, { dialect: "nplab" }).events).toHaveLength(4);
  });

  test("keeps its lines when it does not apply", () => {
    expect(
      mistakes("#ifdef Other\nanything { at all\n#endif\n0 close(3 = 0\n", { dialect: "nplab" }),
    ).toEqual([expect.stringContaining("4:11 syntax")]);
  });

  test("is a syntax error in Google's dialect, and without its end", () => {
    expect(mistakes("#ifdef A\n0 `a`\n#endif\n")).toHaveLength(2);
    expect(mistakes("#ifdef A\n0 `a`\n", { dialect: "nplab" })).toHaveLength(1);
  });
});

describe("the dialect", () => {
  test.each([
    ["0 socket(..., SOCK_STREAM, IPPROTO_SCTP) = 3", "nplab"],
    ["0 > sctp: COOKIE_ACK[flgs=0]", "nplab"],
    ["#ifdef Linux\n#endif\n0 `a`", "nplab"],
    ["0 < udplite (1, 1)", "nplab"],
    ["0 epoll_create(1) = 3", "google"],
    ["--strict_segments\n0 `a`", "google"],
    ["0 `a` // sctp: not this", undefined],
    ["/* sctp: nor this", undefined],
  ])("of %j", (text, dialect) => {
    expect(guessDialect(text)).toBe(dialect);
  });

  test("is the one that can read the script, google's first", () => {
    expect(parseScript("0 `a`\n").dialect).toBe("google");
    expect(parseScript("0 > [dscp ef] . 1:1(0)\n").dialect).toBe("nplab");
    expect(parseScript("0 nonsense\n")).toMatchObject({ dialect: "google", errors: [{ kind: "syntax" }] });
  });
});
