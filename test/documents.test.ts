import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @ts-expect-error: a plain script, without types
import { render as renderCoverage } from "../scripts/rfc-coverage.mjs";
import { program } from "../src/cli/program.ts";
import type { Output } from "../src/cli/terminal.ts";
import { build } from "./cli/support/cli.ts";
import { blocksOf, commandsOf, root, runModule, runShell } from "./support/blocks.ts";

const read = (name: string) => readFileSync(join(root, name), "utf8");
const documents = ["README.md", "CONTRIBUTING.md", ...markdown("docs")];
const patience = 60_000;

beforeAll(build, patience);

describe("documents are true", () => {
  test("docs/rfc-coverage.md is what the tests' names say", () => {
    expect(read("docs/rfc-coverage.md")).toBe(renderCoverage());
  });

  test(
    "the demo, the tables and docs/cli.md are what the program says (node scripts/documents.mjs)",
    async () => {
      const script = "../scripts/documents.mjs";
      const rendered: Record<string, string> = await (await import(script)).render();
      for (const [name, text] of Object.entries(rendered)) expect(read(name), name).toBe(text);
    },
    patience,
  );

  test(
    "the pictures of docs/plots are what the tool draws (node scripts/plots.mjs)",
    async () => {
      const script = "../scripts/plots.mjs";
      const { renderPlots } = (await import(script)) as { renderPlots: () => Record<string, string> };
      const plots = renderPlots();
      expect(readdirSync(join(root, "docs/plots")).sort()).toEqual(Object.keys(plots).sort());
      for (const [name, text] of Object.entries(plots))
        expect(read(join("docs/plots", name)) === text, name).toBe(true);
    },
    patience,
  );

  test("every test that README's feature table cites exists, and has such a name", () => {
    const rows = [...read("README.md").matchAll(/^\| ([^|]+) \| (done[^|]*|begun|planned) \| ?([^|]*)\|$/gm)];
    expect(rows.length).toBeGreaterThan(15);
    for (const [, capability, state, cell] of rows) {
      const cited = [...cell!.matchAll(/`([^`]+)`: (.*?)(?=<br>|\s*$)/g)];
      expect(cited.length > 0, `${capability}: ${state}`).toBe(state !== "planned");
      for (const [, file, words] of cited) {
        expect(existsSync(join(root, file!)), file).toBe(true);
        expect(testNames(read(file!)).join("\n"), file).toContain(words);
      }
    }
  });

  test("relative links lead somewhere", () => {
    const dead = documents.flatMap((name) =>
      [...read(name).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
        .filter(([, link, anchor]) => !leadsSomewhere(name, link!, anchor))
        .map(([link]) => `${name}: ${link}`),
    );
    expect(dead).toEqual([]);
  });

  test("every document is reachable from the README", () => {
    const linked = new Set(["README.md"]);
    for (const name of linked)
      for (const [, link] of read(name).matchAll(/\]\((?!https?:)([^)#]+\.md)/g))
        linked.add(join(name, "..", link!));
    const decisions = (name: string) => name.startsWith(join("docs", "decisions"));
    expect(documents.filter((name) => !linked.has(name) && !decisions(name))).toEqual([]);
  });
});

describe("code in documents", () => {
  const place = mkdtempSync(join(tmpdir(), "harbormaster-"));
  afterAll(() => rmSync(place, { recursive: true }));

  const blocks = documents.flatMap((name) => {
    const all = blocksOf(read(name));
    return all.map((block, index) => ({ name, ...block, next: all[index + 1] }));
  });
  const of = (info: string) => blocks.filter((block) => block.info === info);

  test("is of a kind that is looked at", () => {
    const kinds = ["js", "sh", "sh checked", "text", "text output", "ts vitest", "mermaid"];
    expect(
      blocks.filter(({ info }) => !kinds.includes(info)).map(({ name, line }) => `${name}:${line}`),
    ).toEqual([]);
    expect(of("js").length).toBeGreaterThan(10);
  });

  test.concurrent.each(of("js"))(
    "$name:$line runs, and prints what stands below it",
    async ({ text, next }) => {
      const { code, stdout, stderr } = await runModule(text);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      if (next?.info === "text output") expect(next.text).toBe(stdout);
    },
    patience,
  );

  test("for vitest is a test that is run: test/testing/documented.test.ts", () => {
    const file = read("test/testing/documented.test.ts");
    const imported = file.replace("../../src/testing/index.ts", "harbormaster/testing");
    expect(of("ts vitest").map(({ text }) => text)).toEqual([imported]);
  });

  test.concurrent.each(of("sh"))(
    "$name:$line runs in a shell",
    async ({ text }) => {
      const { code, stdout, stderr } = await runShell(text, place);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).not.toBe("");
    },
    patience,
  );

  test.each(of("sh checked"))("$name:$line names commands and options that there are", async ({ text }) => {
    const commands = commandsOf(text);
    expect(commands.length).toBeGreaterThan(0);
    for (const words of commands) expect(await problemOf(words), words.join(" ")).toBe(undefined);
  });
});

/** Programs that the documents may speak of without having been run here. */
const known = new Set([
  ...["curl", "dig", "echo", "ethtool", "ip", "jq", "less", "nft", "node", "ping", "printf", "python3"],
  ...["setcap", "sha256sum", "sysctl", "tftp", "tshark", "unshare", "git", "cd", "nc", "socat"],
]);
const npmWords = new Set(["ci", "install", "test", "start", "pack"]);

/** What is wrong with a command, if anything: ours are parsed as they would be, and not carried out. */
async function problemOf([first, ...rest]: string[]): Promise<string | undefined> {
  if (first === "npm") {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const known = rest[0] === "run" ? rest[1]! in scripts : npmWords.has(rest[0]!);
    return known ? undefined : "no such script";
  }
  if (first !== "harbormaster") return known.has(first!) ? undefined : "an unknown program";
  const silent: Output = {
    ...{
      interactive: false,
      columns: 80,
      rows: 25,
      write: () => {},
      writeBytes: () => true,
      drained: () => {},
    },
    colours: (await import("picocolors")).createColors(false),
  };
  const top = program({ out: silent, err: silent });
  for (const command of top.commands.flatMap((each) => [each, ...each.commands])) command.action(() => {});
  return top.parseAsync(rest, { from: "user" }).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

function leadsSomewhere(from: string, link: string, anchor: string | undefined): boolean {
  const target = link === "" ? join(root, from) : resolve(root, from, "..", link);
  if (!existsSync(target)) return false;
  if (anchor === undefined || !target.endsWith(".md")) return true;
  const headings = [...readFileSync(target, "utf8").matchAll(/^#+ (.*)$/gm)];
  return headings.some(([, text]) => slug(text!) === anchor);
}

/** As GitHub makes anchors of headings. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function markdown(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name))
    .sort();
}

/** Strings that are a call's first argument: the names of tests among them. */
function testNames(source: string): string[] {
  const strings = source.matchAll(/\(\s*(["'`])((?:(?!\1)[^\\]|\\.)*)\1/g);
  return [...strings].map((match) => match[2]!.replace(/\\(.)/g, "$1"));
}
