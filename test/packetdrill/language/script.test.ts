import { describe, expect, test } from "vitest";
import { eventOf, scriptOf, withoutPlaces } from "../support/parse.ts";

describe("a script", () => {
  test("has options, a command before, events, and a command after", () => {
    const script = scriptOf("--mtu=1500\n--strict_segments\n`prepare`\n0 `first`\n+1 `second`\n`clean up`\n");
    expect(withoutPlaces(script)).toEqual({
      dialect: "google",
      options: [{ name: "mtu", value: "1500" }, { name: "strict_segments" }],
      init: { kind: "command", text: "prepare" },
      events: [
        { time: { form: "absolute", start: 0 }, action: { kind: "command", text: "first" } },
        { time: { form: "relative", start: 1_000_000 }, action: { kind: "command", text: "second" } },
      ],
      cleanup: { kind: "command", text: "clean up" },
    });
  });

  test("keeps where each event begins", () => {
    const text = "// a comment\n0 `a`\n  +0 `b`\n";
    expect(scriptOf(text).events.map((event) => text.slice(event.at, event.at + 2))).toEqual(["0 ", "+0"]);
  });

  test("has events over several lines and several on one", () => {
    expect(scriptOf("0\n`a`\n+0 `b` +0 `c`").events).toHaveLength(3);
  });

  test("has comments of both kinds anywhere between words", () => {
    expect(scriptOf("/* one\n * two */ 0 // zero\n /**/ `a` // done\n").events).toHaveLength(1);
  });

  test("keeps a command as it is, over several lines, with its escapes", () => {
    const { action } = eventOf("0 `sysctl a=1\n echo \\` \\n`");
    expect(action).toMatchObject({ kind: "command", text: "sysctl a=1\n echo \\` \\n" });
  });

  test("trims blanks around code and keeps its lines", () => {
    const { action } = eventOf("0 %{ \tassert a == 1 }  \nx = 2\n }%");
    expect(action).toMatchObject({ kind: "code", text: "assert a == 1 }  \nx = 2\n" });
  });

  test("options are words, numbers, addresses and strings", () => {
    const values = [
      "mss=1000",
      "local_ip=10.0.0.1",
      "remote_ip=fd3d::1",
      'ip_version="ipv4-mapped-ipv6"',
      "a=ipv6",
    ];
    const script = scriptOf(`${values.map((value) => `--${value}`).join("\n")}\n0 \`a\`\n`);
    expect(script.options.map((option) => option.value)).toEqual([
      "1000",
      "10.0.0.1",
      "fd3d::1",
      "ipv4-mapped-ipv6",
      "ipv6",
    ]);
  });
});

describe("the time of an event", () => {
  test.each([
    ["0", { form: "absolute", start: 0 }],
    ["1.5", { form: "absolute", start: 1_500_000 }],
    [".25", { form: "absolute", start: 250_000 }],
    ["+0", { form: "relative", start: 0 }],
    ["+ 3", { form: "relative", start: 3_000_000 }],
    ["*", { form: "any" }],
    ["1~2.5", { form: "absolute-range", start: 1_000_000, end: 2_500_000 }],
    ["+.1 ~ +.3", { form: "relative-range", start: 100_000, end: 300_000 }],
  ])("%s", (text, time) => {
    expect(eventOf(`${text} > . 1:1(0)`).time).toEqual(time);
  });

  test("is cut to whole microseconds, as C cuts the double", () => {
    expect(eventOf("1.001 > . 1:1(0)").time).toEqual({ form: "absolute", start: 1_000_999 });
    expect(eventOf("0.0000019 > . 1:1(0)").time).toEqual({ form: "absolute", start: 1 });
  });

  test("of a blocking call has an end", () => {
    expect(eventOf("+0.1...0.35 read(3, ..., 10) = 10")).toMatchObject({
      time: { form: "relative", start: 100_000 },
      action: { kind: "call", name: "read", end: 350_000 },
    });
    expect(eventOf("0...2 read(3, ..., 10) = 10").action).toMatchObject({ end: 2_000_000 });
  });
});
