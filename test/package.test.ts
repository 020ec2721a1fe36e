import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, test } from "vitest";
import { build } from "./cli/support/cli.ts";
import { root, runModule, runProgram } from "./support/blocks.ts";

type Condition = string | { readonly [name: string]: string };

const patience = 120_000;
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly name: string;
  readonly bin: Record<string, string>;
  readonly exports: Record<string, Condition>;
  readonly dependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
};

beforeAll(build, patience);

describe("the package", () => {
  test(
    "holds what is needed to run and to debug it, and nothing else",
    async () => {
      const { code, stdout } = await runProgram("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"]);
      expect(code).toBe(0);
      const [pack] = JSON.parse(stdout) as [{ files: { path: string }[]; unpackedSize: number }];
      const paths = pack.files.map(({ path }) => path);
      const [documents, code_] = partition(paths, (path) => !path.includes("/"));
      expect(documents.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
      expect(
        code_.filter((path) => !/^(src\/.*\.(ts|peggy|json)|dist\/.*\.(js|d\.ts)(\.map)?)$/.test(path)),
      ).toEqual([]);
      for (const target of targets()) expect(paths).toContain(target.replace("./", ""));
      for (const path of code_.filter((each) => /^src.*(?<!\.d)\.ts$/.test(each)))
        expect(paths, "a source has what is built of it").toContain(built(path));
      expect(pack.unpackedSize).toBeLessThan(12_000_000);
    },
    patience,
  );

  test("pleases publint", async () => {
    const { messages } = await publint({ pkgDir: root, pack: false });
    expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
  });

  test(
    "has types that resolve wherever its doors do, says attw",
    async () => {
      const attw = join(root, "node_modules/.bin/attw");
      const words = ["--pack", ".", "--profile", "esm-only", "--no-color", "--no-emoji"];
      const { code, stdout } = await runProgram(attw, words);
      expect(code, stdout).toBe(0);
    },
    patience,
  );

  test("has a command that can be run", async () => {
    const main = join(root, manifest.bin["harbormaster"]!);
    expect(readFileSync(main, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { stdout } = await runProgram(process.execPath, [main, "--help"]);
    expect(stdout).toContain("harbormaster demo");
  });

  test("depends on exact versions of native packages, and on them only by choice", () => {
    expect(Object.keys(manifest.optionalDependencies).sort()).toEqual(["koffi", "raw-socket"]);
    for (const version of Object.values(manifest.optionalDependencies))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Object.keys(manifest.dependencies)).not.toContain("koffi");
  });
});

test("the lock file has every package that another needs, for every platform: npm ci refuses one that has not", () => {
  type Locked = Partial<Record<"dependencies" | "optionalDependencies", Record<string, string>>>;
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Locked>;
  };
  const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !placesFor(name, path).some((place) => place in packages))
      .map((name) => `${name}, for ${path}`),
  );
  expect(missing).toEqual([]);
});

/** Where a package at `path` may find `name`: beside what it holds itself, and further out. */
function placesFor(name: string, path: string): string[] {
  const steps = path.split("/node_modules/").filter((step) => step !== "");
  const folders = steps.map((_, index) => `${steps.slice(0, index + 1).join("/node_modules/")}/`);
  return ["", ...folders].map((folder) => `${folder}node_modules/${name}`);
}

describe("the doors", () => {
  const names = (door: string) =>
    runModule(`console.log(Object.keys(await import("${door}")).sort().join(" "))`).then(
      ({ stdout, stderr }) => {
        expect(stderr).toBe("");
        return stdout.trim().split(" ");
      },
    );

  test.each([
    ["harbormaster", "core"],
    ["harbormaster/ports", "ports"],
    ["harbormaster/node", "node"],
    ["harbormaster/testing", "testing"],
  ])("%s publishes the names of test/doors/%s.txt, and no others", async (door, list) => {
    await expect(`${(await names(door)).join("\n")}\n`).toMatchFileSnapshot(`doors/${list}.txt`);
  });

  test("of Node says in one line elsewhere that it needs Node", async () => {
    const target = resolveDoor("./node", ["browser", "import", "default"]);
    const there = import(pathToFileURL(join(root, target)).href);
    await expect(there).rejects.toThrow(/^harbormaster\/node needs Node\.js [^\n]*$/);
  });

  test("have types beside what they run", () => {
    for (const door of [".", "./ports", "./testing", "./node"]) {
      const types = resolveDoor(door, ["types"]);
      expect(statSync(join(root, types)).isFile()).toBe(true);
      expect(types.replace(".d.ts", ".js")).toBe(resolveDoor(door, ["node", "default"]));
    }
  });

  test.each([".", "./ports", "./testing"])(
    "the core doors reach neither Node nor native code: %s needs one package, for the text of addresses",
    (door) => {
      const reached = closure(join(root, resolveDoor(door, ["default"])));
      expect(reached.files.size).toBeGreaterThan(30);
      expect([...reached.packages]).toEqual(["ipaddr.js"]);
    },
  );
});

/** The first of a door's conditions that holds, as Node looks for it: in the manifest's order. */
function resolveDoor(door: string, conditions: readonly string[]): string {
  const entry = manifest.exports[door]!;
  if (typeof entry === "string") return entry;
  return Object.entries(entry).find(([condition]) => conditions.includes(condition))![1];
}

/** Every file that the manifest names. */
function targets(): string[] {
  const named = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry),
  );
  return [...named, ...Object.values(manifest.bin)];
}

/** The files that a module loads, statically or later, and the packages they name. */
function closure(entry: string): { readonly files: Set<string>; readonly packages: Set<string> } {
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const file of files)
    for (const [, name] of readFileSync(file, "utf8").matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g))
      if (name!.startsWith(".")) files.add(resolve(dirname(file), name!));
      else packages.add(name!);
  return { files, packages };
}

function built(source: string): string {
  return source.replace(/^src/, "dist").replace(/\.ts$/, ".js");
}

function partition<T>(all: readonly T[], holds: (one: T) => boolean): [T[], T[]] {
  return [all.filter(holds), all.filter((one) => !holds(one))];
}
