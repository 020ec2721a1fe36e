import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { build } from "./cli/support/cli.ts";
import { root, runProgram } from "./support/blocks.ts";

const patience = 60_000;
const folder = join(root, "examples");
const examples = readdirSync(folder).map((name) => ({
  name,
  text: readFileSync(join(folder, name), "utf8"),
}));

beforeAll(build, patience);

describe("examples", () => {
  test.concurrent.each(examples)(
    "$name prints what it says it prints",
    async ({ name, text }) => {
      const [, promised = ""] = text.split("\n// It prints:\n");
      const { code, stdout, stderr } = await runProgram(process.execPath, [join(folder, name)]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toBe(promised.replace(/^\/\/ ?/gm, ""));
      expect(promised).not.toBe("");
    },
    patience,
  );

  test.each(examples)("$name can be copied: it imports the package and Node alone", ({ text }) => {
    const imported = [...text.matchAll(/\bfrom "([^"]+)"/g)].map((match) => match[1]!);
    expect(
      imported.filter((name) => !/^(harbormaster(\/ports|\/testing|\/node)?$|node:)/.test(name)),
    ).toEqual([]);
    expect(text.split("\n").length).toBeLessThan(60);
  });
});
