import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { parseScript } from "../../src/packetdrill/language/grammar/parse.ts";
import { printScript } from "../../src/packetdrill/language/print/print.ts";
import { mistakes, scriptOf, withoutPlaces } from "./support/parse.ts";

const folder = resolve(import.meta.dirname, "../scripts");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".pkt"))
  .sort();

test("there are scripts for what a stack does", () => {
  const kinds = new Set(files.map((file) => file.split("/")[0]));
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      ...["open", "close", "reset", "retransmit", "sack", "ack", "window", "keepalive", "urgent"],
      ...["icmp", "udp", "ports", "poll", "language"],
    ]),
  );
  expect(files.length).toBeGreaterThanOrEqual(150);
});

test.each(files)("%s has nothing wrong with it, and says whose rule it is about", (file) => {
  const text = readFileSync(join(folder, file), "utf8");
  expect(mistakes(text, { family: file.endsWith("v6.pkt") ? 6 : 4 })).toEqual([]);
  const { script, dialect } = parseScript(text);
  expect(withoutPlaces(scriptOf(printScript(script!), { dialect }))).toEqual(withoutPlaces(script));
  const [first] = text.split("\n");
  expect(first).toMatch(file.startsWith("language/") ? /^\/\/ \S/ : /^\/\/ \S.*\bRFC \d+/);
  expect(text.split("\n").filter((line) => line.length > 130)).toEqual([]);
});
