import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
// @ts-expect-error: a plain script, without types
import { render } from "../scripts/rfc-coverage.mjs";

const root = resolve(import.meta.dirname, "..");
const read = (name: string) => readFileSync(join(root, name), "utf8");

describe("documents are true", () => {
  test("docs/rfc-coverage.md is what the tests' names say", () => {
    expect(read("docs/rfc-coverage.md")).toBe(render());
  });

  test("every test that README's feature table cites exists", () => {
    const sources = testSources();
    const rows = [...read("README.md").matchAll(/^\|[^|]+\|[^|]+\|\s*((?:`[^`]+`(?:,\s*)?)+)\s*\|$/gm)];
    const cited = rows.flatMap((row) => [...row[1]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
    expect(cited.length).toBeGreaterThan(10);
    expect(cited.filter((file) => !(file in sources))).toEqual([]);
  });

  test("relative links in the documents lead somewhere", () => {
    const documents = ["README.md", "CONTRIBUTING.md", ...markdown("docs")];
    const dead = documents.flatMap((name) =>
      [...read(name).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map((match) => match[1]!)
        .filter((link) => !existsSync(resolve(root, name, "..", link)))
        .map((link) => `${name}: ${link}`),
    );
    expect(dead).toEqual([]);
  });
});

function markdown(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}

function testSources(): Record<string, string> {
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" });
  return Object.fromEntries(
    files.filter((name) => name.endsWith(".test.ts")).map((name) => [`test/${name}`, read(`test/${name}`)]),
  );
}
