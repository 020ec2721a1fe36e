import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { encodeUtf8 } from "../../src/base/text.ts";
import { type RunResult, runScript } from "../../src/packetdrill/run/runner.ts";
import { defaultLimits } from "../../src/packetdrill/run/virtual.ts";
import { blame, fuzzSeed, inputsOf } from "./inputs.ts";

const folder = resolve(import.meta.dirname, "../scripts");
const originals = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".pkt"))
  .sort()
  .map((name) => readFileSync(join(folder, name), "utf8"));

/** What scripts are made of, and what they are not. */
const tokens = [
  ...'... * + ~ < > ( ) [ ] { } , : ; = | - ! / // /* */ %{ }% ` " \\ \r \0 \u{1f4a5} . .. +.1 +0...0.1'.split(
    " ",
  ),
  ..."ack win urg sack TS val ecr mss wscale nop eol sackOK udp icmp sctp FO md5 ect0 ce ttl tos mtu".split(
    " ",
  ),
  ..."S S. P. F. R. . - PU. SEWA 5 .5 unreachable port_unreachable echo_request type_300 code_9".split(" "),
  ..."socket( connect( close( accept( read( write( poll( epoll_wait( setsockopt( nonsense(".split(" "),
  ..."SOL_SOCKET SO_LINGER AF_UNSPEC MSG_OOB SOCK_RAW EINVAL NOBODY_KNOWS 3 4 5 [1] {onoff=1, linger=1}".split(
    " ",
  ),
  ...[
    "--mtu=68\n",
    "--ip_version=ipv6\n",
    "--define=ack=win\n",
    "--nonsense\n",
    "#ifdef Linux\n",
    "#endif\n",
  ],
  ...["`false`", "`sleep 9`", "%{ assert 1 == 2 }%", "%{ x = ", "+0 < udp (70000)\n", "* > . 1:1(0) ack 1\n"],
];
const numbers = [
  "0",
  "1",
  "-1",
  "255",
  "65535",
  "65536",
  "2147483647",
  "4294967295",
  "4294967296",
  "9".repeat(400),
];

type Way = (text: string, random: Random) => string;

function place(text: string, random: Random): number {
  return random.below(text.length + 1);
}

function onLines(edit: (lines: string[], random: Random) => void): Way {
  return (text, random) => {
    const lines = text.split("\n");
    edit(lines, random);
    return lines.join("\n");
  };
}

const ways: readonly Way[] = [
  (text, random) => {
    const at = place(text, random);
    return text.slice(0, at) + text.slice(at + 1 + random.below(12));
  },
  (text, random) => {
    const at = place(text, random);
    return `${text.slice(0, at)} ${tokens[random.below(tokens.length)]!} ${text.slice(at)}`;
  },
  (text, random) => {
    const found = [...text.matchAll(/\d+/g)];
    const match = found[random.below(Math.max(1, found.length))];
    if (match === undefined) return text;
    const number = numbers[random.below(numbers.length)]!;
    return text.slice(0, match.index) + number + text.slice(match.index + match[0].length);
  },
  (text, random) => {
    const words = [...text.matchAll(/\S+/g)];
    const match = words[random.below(Math.max(1, words.length))];
    if (match === undefined) return text;
    return (
      text.slice(0, match.index) +
      tokens[random.below(tokens.length)]! +
      text.slice(match.index + match[0].length)
    );
  },
  onLines((lines, random) => lines.splice(random.below(lines.length), 1)),
  onLines((lines, random) => lines.splice(random.below(lines.length), 0, lines[random.below(lines.length)]!)),
  onLines((lines, random) => {
    const [a, b] = [random.below(lines.length), random.below(lines.length)];
    [lines[a], lines[b]] = [lines[b]!, lines[a]!];
  }),
  (text, random) => {
    const other = originals[random.below(originals.length)]!.split("\n");
    const lines = text.split("\n");
    return [...lines.slice(0, random.below(lines.length)), ...other.slice(random.below(other.length))].join(
      "\n",
    );
  },
  (text, random) => text.slice(0, place(text, random)),
  (text) => text.replaceAll("\n", "\r\n"),
  (text, random) => {
    const at = place(text, random);
    return text.slice(0, at) + "[({"[random.below(3)]!.repeat(1 + random.below(3000)) + text.slice(at);
  },
  (text) => text.replaceAll(/ ([<>]) /g, (_all, way: string) => (way === "<" ? " > " : " < ")),
];

const limits = { ...defaultLimits, virtual: 4 * 3600e6, happenings: 50_000 };
const families = ["ipv4", "ipv6", "ipv4-mapped-ipv6"] as const;

function run(text: string, random: Random): RunResult {
  const value = families[random.below(3)]!;
  return runScript(text, {
    ...(random.below(4) === 0 && { dialect: "nplab" as const }),
    ...{ limits, options: [{ at: 0, name: "ip_version", value }] },
  });
}

test("a script made wrong has a verdict, and one that says where", () => {
  const random = seededRandom(`${fuzzSeed} scripts`);
  const verdicts: Record<string, number> = {};
  const count = inputsOf(0.01);
  for (let index = 0; index < count; index++) {
    let text = originals[random.below(originals.length)]!;
    for (let changes = 1 + random.below(4); changes > 0; changes--)
      text = ways[random.below(ways.length)]!(text, random);
    blame("scripts", index, encodeUtf8(text), () => {
      const { result, line, message, errors } = run(text, random);
      verdicts[result] = (verdicts[result] ?? 0) + 1;
      expect(line).toBeLessThanOrEqual(text.split("\n").length);
      expect(message === "").toBe(result === "pass");
      for (const error of errors) {
        expect(error.line).toBeGreaterThanOrEqual(1);
        expect(error.column).toBeGreaterThanOrEqual(1);
        expect(error.message).not.toBe("");
      }
    });
  }
  expect(Object.keys(verdicts).sort()).toEqual(["error", "fail", "pass", "unsupported"]);
});
