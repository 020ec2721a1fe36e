/** The command line as users run it, built and in a process of its own; and the same in this process, which is faster. */
import { spawn, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import picocolors from "picocolors";
import { run } from "../../../src/cli/program.ts";
import type { Output } from "../../../src/cli/terminal.ts";

const root = resolve(import.meta.dirname, "../../..");
const main = resolve(root, "dist/cli/main.js");

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Options for Node itself. */
  readonly node?: readonly string[];
  readonly stdin?: string;
}

/** Runs `harbormaster ...words` here, with both outputs recorded: no terminals, without colours unless asked for. */
export async function here(
  words: readonly string[],
  colours: "colours" | "plain" = "plain",
): Promise<CliResult> {
  const out = record(colours);
  const err = record(colours);
  const code = await run(words, { out: out.output, err: err.output });
  return { code, stdout: out.text(), stderr: err.text() };
}

/** A terminal that a person looks at, whose words go nowhere. */
export const wide: Output = {
  ...{ interactive: true, colours: picocolors.createColors(false), columns: 160, rows: 40 },
  ...{ write: () => {}, writeBytes: () => true, drained: () => {} },
};

function record(colours: "colours" | "plain"): { output: Output; text: () => string } {
  let text = "";
  const output: Output = {
    interactive: false,
    colours: picocolors.createColors(colours === "colours"),
    columns: 100,
    rows: 40,
    write: (part) => {
      text += part;
    },
    writeBytes: (bytes) => {
      text += Buffer.from(bytes).toString("latin1");
      return true;
    },
    drained: () => {},
  };
  return { output, text: () => text };
}

/** Builds what is not built yet. */
export function build(): void {
  const compiler = resolve(root, "node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(compiler, ["-b"], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`the build failed:\n${stdout}`);
}

/** Runs `harbormaster ...words` to its end. */
export function cli(words: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { environment = {}, node = [], stdin = "" } = options;
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [...node, main, ...words], { env: { ...inherited, ...environment } });
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

/** Options that make Node find neither koffi nor raw-socket, as after `npm ci --omit=optional`. */
export const withoutNativePackages: readonly string[] = ["--import", dataUrl(registration())];

function registration(): string {
  const hooks = `export function resolve(specifier, context, next) {
    if (specifier !== "koffi" && specifier !== "raw-socket") return next(specifier, context);
    throw Object.assign(new Error("Cannot find package " + specifier), { code: "ERR_MODULE_NOT_FOUND" });
  }`;
  return `import { register } from "node:module"; register(${JSON.stringify(dataUrl(hooks))});`;
}

/** A module as an address, for `--import`. */
export function dataUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
