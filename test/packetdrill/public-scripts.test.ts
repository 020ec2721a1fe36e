/**
 * The public suites, where they are at hand: HARBORMASTER_SCRIPTS names the folder that holds `scripts` and `probes`.
 * They are not ours to copy, so without them our own scripts carry the language alone.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { checkEvents } from "../../src/packetdrill/language/check/check.ts";
import { guessDialect } from "../../src/packetdrill/language/dialect.ts";
import { type Parsed, parseScript } from "../../src/packetdrill/language/grammar/parse.ts";
import { printScript } from "../../src/packetdrill/language/print/print.ts";
import type { Dialect, Platform } from "../../src/packetdrill/language/script/script.ts";
import { scriptOf, withoutPlaces } from "./support/parse.ts";

const root = resolve(import.meta.dirname, "../..");
const suites = process.env["HARBORMASTER_SCRIPTS"] ?? resolve(root, "../shared/packetdrill");
const present = existsSync(join(suites, "scripts"));

/** What their harnesses define. */
const define = new Map([
  ["TFO_COOKIE", "3021b9d889017eeb"],
  ["CODE", "host_unreachable"],
  ["CMSG_LEVEL_IP", "SOL_IP"],
  ["CMSG_TYPE_RECVERR", "IP_RECVERR"],
  ["MSS", "1460"],
]);

interface Suite {
  readonly dialect: Dialect;
  readonly platform: Platform;
}

function suiteOf(file: string): Suite {
  if (!file.startsWith("nplab+")) return { dialect: "google", platform: "Linux" };
  return { dialect: "nplab", platform: /\/linux\/(?!sctp)/.test(file) ? "Linux" : "FreeBSD" };
}

function scripts(folder: string): string[] {
  const files = readdirSync(join(suites, folder), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".pkt")).sort();
}

/** What is written down as not readable, by file. */
function writtenDown(section: string): Set<string> {
  const text = readFileSync(join(root, "docs/packetdrill-unparsed.md"), "utf8").split("\n## ");
  const part = text.find((candidate) => candidate.startsWith(section)) ?? "";
  return new Set([...part.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]!));
}

interface Read extends Suite {
  readonly file: string;
  readonly text: string;
  readonly parsed: Parsed;
}

const read: Read[] = present
  ? scripts("scripts").map((file) => {
      const text = readFileSync(join(suites, "scripts", file), "latin1");
      const suite = suiteOf(file);
      return { ...suite, file, text, parsed: parseScript(text, { ...suite, define }) };
    })
  : [];

describe.skipIf(!present)("public scripts (set HARBORMASTER_SCRIPTS to their folder)", () => {
  test("are all read, but for those written down with the reason", () => {
    const unread = read.filter(({ parsed }) => parsed.script === undefined).map(({ file }) => file);
    expect(new Set(unread)).toEqual(writtenDown("Not of the language"));
    expect(read.length).toBeGreaterThan(unread.length);
  });

  test("mean something, but for those written down with the reason", () => {
    const wrong = read.filter(({ file, text, dialect, platform, parsed }) => {
      const family = /ipv6|v6\.pkt$/.test(file) ? 6 : 4;
      if (parsed.script === undefined) return false;
      return checkEvents(parsed.events, text, { dialect, platform, family }).length > 0;
    });
    expect(new Set(wrong.map(({ file }) => file))).toEqual(writtenDown("Read, but wrong"));
  });

  test("print and are read again as the same", () => {
    const different = read.filter(({ dialect, parsed }) => {
      if (parsed.script === undefined) return false;
      const again = scriptOf(printScript(parsed.script), { dialect });
      return JSON.stringify(withoutPlaces(again)) !== JSON.stringify(withoutPlaces(parsed.script));
    });
    expect(different.map(({ file }) => file)).toEqual([]);
  });

  test("show their dialect, or are read in either", () => {
    const wrong = read.filter(({ text, dialect, parsed }) => {
      const guessed = guessDialect(text);
      if (guessed === dialect || parsed.script === undefined) return false;
      return guessed !== undefined || parseScript(text, { dialect: "google", define }).script === undefined;
    });
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });
});

describe.skipIf(!present)("the probes of the real tool", () => {
  const expected: Record<string, { verdict: string; message: string }> = present
    ? JSON.parse(readFileSync(join(suites, "probes/expected.json"), "utf8"))
    : {};
  const found = (file: string) => {
    const text = readFileSync(join(suites, "probes", file), "utf8");
    const { events, errors } = parseScript(text, { dialect: "google" });
    const checked = checkEvents(events, text, { dialect: "google", platform: "Linux", family: 4 });
    return [...errors, ...checked];
  };

  test("that it refuses to read are refused", () => {
    const refusals = /semantic error|parse error|first event should|time goes backward/;
    const wanted = Object.keys(expected).filter((name) => refusals.test(expected[name]!.message));
    expect(wanted.length).toBeGreaterThan(5);
    const refused = scripts("probes").filter((file) =>
      found(file).some((error) => error.kind === "semantic"),
    );
    expect(new Set(refused.map((file) => file.replace(".pkt", "")))).toEqual(new Set(wanted));
  });

  test("that it passes have nothing wrong with them", () => {
    const wrong = scripts("probes").filter((file) => {
      return expected[file.replace(".pkt", "")]?.verdict === "pass" && found(file).length > 0;
    });
    expect(wrong).toEqual([]);
  });

  test("that it fails for a name nobody knows fail before they run", () => {
    for (const name of ["sys-unknown-name", "sys-unknown-symbol", "ellipsis-arity"]) {
      expect(found(`${name}.pkt`).map((error) => error.kind)).toEqual(["runtime"]);
    }
  });
});
