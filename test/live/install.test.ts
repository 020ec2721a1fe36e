import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { build } from "../cli/support/cli.ts";
import { type Run, root, runProgram } from "../support/blocks.ts";

const place = mkdtempSync(join(tmpdir(), "harbormaster-"));
afterAll(() => rmSync(place, { recursive: true }));

const npm = (cwd: string, ...words: string[]): Promise<Run> =>
  runProgram("npm", [...words, "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd });

/** Where neither the registry nor its cache can be had, there is nothing to install from. */
function unreachable({ code, stderr }: Run): boolean {
  return code !== 0 && /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENOTCACHED|ETIMEDOUT/.test(stderr);
}

test("npm ci without scripts, optional and development packages leaves the core and the demo working", async (context) => {
  const clone = join(place, "clone");
  build();
  for (const name of ["package.json", "package-lock.json", "dist", "examples"])
    cpSync(join(root, name), join(clone, name), { recursive: true });
  const installed = await npm(clone, "ci", "--omit=optional", "--omit=dev");
  context.skip(unreachable(installed), "the npm registry cannot be reached");
  expect(installed.code, installed.stderr).toBe(0);
  expect(existsSync(join(clone, "node_modules/koffi"))).toBe(false);
  const demo = await runProgram("node", ["dist/cli/main.js", "demo"], { cwd: clone });
  expect(demo).toMatchObject({ code: 0, stderr: "" });
  expect(demo.stdout).toContain("Every port comes back");
  const probe = await runProgram("node", ["dist/cli/main.js", "probe"], { cwd: clone });
  expect(probe.stdout).toContain("npm install koffi@");
  for (const example of readdirSync(join(clone, "examples")))
    expect((await runProgram("node", [join("examples", example)], { cwd: clone })).code, example).toBe(0);
});

test("the packed package installs elsewhere, and its doors and its command work there", async (context) => {
  const packed = await npm(root, "pack", "--pack-destination", place);
  expect(packed.code, packed.stderr).toBe(0);
  const user = mkdtempSync(join(place, "user-"));
  writeFileSync(join(user, "package.json"), '{ "type": "module" }');
  const archive = readdirSync(place).find((name) => name.endsWith(".tgz"))!;
  const installed = await npm(user, "install", join(place, archive), "--omit=optional");
  context.skip(unreachable(installed), "the npm registry cannot be reached");
  expect(installed.code, installed.stderr).toBe(0);
  cpSync(join(root, "examples/two-hosts.mjs"), join(user, "two-hosts.mjs"));
  const example = await runProgram("node", ["two-hosts.mjs"], { cwd: user });
  expect(example).toMatchObject({ code: 0, stderr: "" });
  expect(example.stdout).toContain('heard "ahoy"');
  const demo = await runProgram("node_modules/.bin/harbormaster", ["demo", "--json"], { cwd: user });
  expect(JSON.parse(demo.stdout).summary.ports.tcp).toMatchObject({ inUse: 0, held: 0 });
});
