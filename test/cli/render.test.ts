import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { plain, tableText } from "../../src/cli/render/columns.ts";
import { bytesText, printable, rateText, spanText } from "../../src/cli/render/quantities.ts";
import { clip, cut, screenOn } from "../../src/cli/render/screen.ts";
import { inOrder, type SocketView, socketsTable } from "../../src/cli/render/sockets.ts";
import { outputOf, wantsColour } from "../../src/cli/terminal.ts";
import { wide } from "./support/cli.ts";

/** A stream that remembers what was written, a terminal or not. */
function recorder(isTTY: boolean, environment: NodeJS.ProcessEnv = {}) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 40, rows: 10 });
  const output = outputOf(stream, environment);
  return { output, text: () => (stream.read() as Buffer | null)?.toString() ?? "" };
}

const view = (changes: Partial<SocketView>): SocketView => ({
  protocol: "tcp",
  state: "ESTABLISHED",
  receiveQueue: 0,
  sendQueue: 12,
  local: "10.0.0.1:49152",
  remote: "10.0.0.2:7",
  timer: undefined,
  label: "client 1",
  ...changes,
});

describe("quantities", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [999_949, "999.9 kB"],
    [999_950, "1.0 MB"],
    [20_000_000, "20.0 MB"],
    [5e15, "5000.0 TB"],
  ])("%i bytes are %s", (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  test.each([
    [0, "0.000 s"],
    [59_800, "59.8 s"],
    [125_000, "2 min 5 s"],
  ])("%i ms are %s", (span, text) => {
    expect(spanText(span)).toBe(text);
  });

  test.each([
    [1000, 1000, "8.0 kb/s"],
    [125_000, 1000, "1.0 Mb/s"],
    [125_000_000, 1000, "1.00 Gb/s"],
    [1, 0, "-"],
  ])("%i bytes in %i ms are %s", (bytes, span, text) => {
    expect(rateText(bytes, span)).toBe(text);
  });

  test("what could steer a terminal is written out", () => {
    expect(printable("a\x1b[31mb\nc\x9b\u2028ü")).toBe("a\\x1b[31mb\\x0ac\\x9b\\u2028ü");
  });
});

describe("tables", () => {
  const table = {
    head: ["name", "n"],
    rows: [
      ["a", "1"],
      ["longer", "10"],
    ],
    right: [1],
  };

  test("in a pipe are plain columns, without anything at line ends", () => {
    expect(plain(table)).toBe("name     n\na        1\nlonger  10\n");
  });

  test("at a terminal have borders", () => {
    const text = tableText(table, wide);
    expect(text).toContain("│");
    expect(text.split("\n").length).toBe(7);
  });

  test("at a terminal have no colours where none are wanted", () => {
    expect(tableText(table, wide)).not.toContain("\x1b[");
  });

  test("of sockets are stable text without colours unless a person looks", () => {
    const { output } = recorder(false);
    const timer = { name: "TIME-WAIT", left: 59_800 };
    expect(socketsTable([view({}), view({ state: "TIME-WAIT", timer, label: "" })], output)).toBe(
      [
        "proto  state        recv-q  send-q  local           remote      timer             name",
        "tcp    ESTABLISHED       0      12  10.0.0.1:49152  10.0.0.2:7                    client 1",
        "tcp    TIME-WAIT         0      12  10.0.0.1:49152  10.0.0.2:7  TIME-WAIT 59.8 s",
        "",
      ].join("\n"),
    );
    expect(socketsTable([view({})], recorder(true).output)).toContain("\x1b[32mESTABLISHED");
  });

  test("of sockets come by protocol, listeners first, then by port", () => {
    const order = inOrder([
      view({ protocol: "udp", local: "10.0.0.1:5" }),
      view({ local: "10.0.0.1:100" }),
      view({ local: "10.0.0.1:20" }),
      view({ local: "0.0.0.0:80", state: "LISTEN" }),
    ]).map(({ local }) => local);
    expect(order).toEqual(["0.0.0.0:80", "10.0.0.1:20", "10.0.0.1:100", "10.0.0.1:5"]);
  });
});

describe("colours", () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
    [{ TERM: "dumb" }, true, false],
  ])("with %j at a terminal (%s): %s", (environment, interactive, wanted) => {
    expect(wantsColour(environment, interactive)).toBe(wanted);
  });
});

describe("a drawing in place", () => {
  test("is erased by as many lines as it had before the next", () => {
    const { output, text } = recorder(true);
    const screen = screenOn(output);
    screen.draw("a\nb\n");
    expect(text()).toBe("\x1b[?25la\nb\n");
    screen.draw("a\nb\n");
    expect(text()).toBe("");
    screen.say("note");
    expect(text()).toBe("\x1b[2A\r\x1b[Jnote\na\nb\n");
    screen.draw("c\n");
    expect(text()).toBe("\x1b[2A\r\x1b[J\x1b[?25lc\n");
    screen.end();
    expect(text()).toBe("\x1b[?25h");
  });

  test("never has more lines or columns than fit, colours not counted", () => {
    expect(clip("1\n2\n3\n4\n", 10, 3)).toBe("1\n2\n… 2 more l\n");
    expect(cut("\x1b[31mabcdef\x1b[39m", 3)).toBe("\x1b[31mabc\x1b[39m");
  });
});
