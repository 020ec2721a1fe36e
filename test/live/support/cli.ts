/** The command line program, as built by `npm run build`, in a namespace. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./namespace.ts";
import type { Result, Running, RunOptions } from "./process.ts";

const main = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** Starts `harbormaster ...args` in a namespace; wait for its output, then `stop("SIGINT")`. */
export function startCli(namespace: Namespace, args: readonly string[], options?: RunOptions): Running {
  if (!existsSync(main)) throw new Error(`no ${main}: run npm run build first`);
  return namespace.start(process.execPath, [main, ...args], options);
}

/** Runs `harbormaster ...args` to its end. */
export function runCli(namespace: Namespace, args: readonly string[], options?: RunOptions): Promise<Result> {
  return startCli(namespace, args, { limit: 60_000, ...options }).ended;
}
