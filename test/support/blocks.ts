/** The fenced blocks of a Markdown document, and how they are put to the test. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";

export const root: string = resolve(import.meta.dirname, "../..");

export interface Block {
  /** Where its first line stands. */
  readonly line: number;
  /** What follows the fence: `js`, `sh`, `sh checked`, `text output` ... */
  readonly info: string;
  readonly text: string;
}

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: markdown.slice(0, match.index).split("\n").length + 1,
    info: match[1]!.trim(),
    text: match[2]!,
  }));
}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with `stdin` for its input. */
export function runProgram(
  program: string,
  words: readonly string[],
  { stdin = "", cwd = root }: { readonly stdin?: string; readonly cwd?: string } = {},
): Promise<Run> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const child = spawn(program, words, { cwd, env });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (part: Buffer) => {
    stdout += part;
  });
  child.stderr.on("data", (part: Buffer) => {
    stderr += part;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  return new Promise((settle, reject) => {
    child.once("error", reject);
    child.once("close", (code) => settle({ code, stdout, stderr }));
  });
}

/** Runs JavaScript as a module of this package, where `harbormaster` is the package itself. */
export function runModule(text: string): Promise<Run> {
  return runProgram(process.execPath, ["--input-type=module"], { stdin: text });
}

/** Runs a shell script, `npx harbormaster` being what was built here. */
export function runShell(text: string, cwd: string): Promise<Run> {
  const main = resolve(root, "dist/cli/main.js");
  const harbormaster = `npx() { "$@"; }\nharbormaster() { "${process.execPath}" "${main}" "$@"; }\n`;
  return runProgram("sh", ["-e"], { stdin: harbormaster + text, cwd });
}

/** Words, quoted or not, and what stands between commands. */
const tokens = /"[^"]*"|'[^']*'|\|\||&&|[|&;\n]|[^\s"'|&;]+/g;

/** The commands of a shell script that is not to be run, as words; without comments, sudo and npx. */
export function commandsOf(script: string): string[][] {
  const commands: string[][] = [[]];
  for (const [token] of script
    .replace(/\\\n/g, " ")
    .replace(/(^|\s)#.*$/gm, "")
    .matchAll(tokens))
    if (/^[|&;\n]/.test(token)) commands.push([]);
    else commands.at(-1)!.push(token.replace(/^["']|["']$/g, ""));
  return commands
    .map((words) => words.slice(words.findIndex((word) => !/^(sudo|npx|unshare|-Urn)$/.test(word))))
    .filter((words) => words.length > 0);
}
