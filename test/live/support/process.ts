/** Programs run by live tests: with a time limit, output kept, and none left behind. */
import { type ChildProcess, spawn } from "node:child_process";

export interface RunOptions {
  /** Milliseconds until it is killed. Default: 20 s for `run`, 120 s for `start`. */
  readonly limit?: number;
  /** Written to its standard input, which is then closed. */
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Result {
  /** Exit status; -1 where a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** It was killed, as its time was over. */
  readonly timedOut: boolean;
  readonly milliseconds: number;
}

/** A program that is running. */
export interface Running {
  readonly pid: number;
  /** What it has written so far, both streams. */
  readonly output: string;
  /** To its standard input, where `input` was not given. */
  write(text: string): void;
  /** Resolves once its output matches. @throws Error with the output where it ends, or `limit` ms pass, before that */
  waitFor(pattern: RegExp, limit?: number): Promise<RegExpExecArray>;
  readonly ended: Promise<Result>;
  /** SIGTERM, or the given signal; SIGKILL if that has not ended it after 10 s. */
  stop(signal?: NodeJS.Signals): Promise<Result>;
}

const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs a program to its end. Never throws for what it did: look at `status`. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return start(program, args, { limit: 20_000, ...options }).ended;
}

/** Runs a program to its end and returns its output. @throws Error with all it said where it fails */
export async function succeed(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await run(program, args, options);
  if (result.status === 0) return result.stdout;
  const how = result.timedOut ? "took too long" : `ended with ${result.status}`;
  throw new Error(`${program} ${args.join(" ")} ${how}\n${result.stdout}${result.stderr}`);
}

/** Starts a program. @throws Error where there is none of that name */
export function start(program: string, args: readonly string[], options: RunOptions = {}): Running {
  const began = performance.now();
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    cwd: options.cwd,
    env: { ...process.env, LC_ALL: "C", ...options.env },
  });
  running.add(child);
  const output = { stdout: "", stderr: "", both: "" };
  const waiting = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      output[stream] += text;
      output.both += text;
      for (const look of waiting) look();
    });
  child.stdin.on("error", () => {});
  if (options.input !== undefined) child.stdin.end(options.input);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, options.limit ?? 120_000);
  let over = false;
  const ended = new Promise<Result>((resolve) => {
    const end = (status: number, error?: Error) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      running.delete(child);
      const stderr = error === undefined ? output.stderr : `${output.stderr}${error.message}\n`;
      const milliseconds = performance.now() - began;
      resolve({ status, stdout: output.stdout, stderr, timedOut, milliseconds });
      for (const look of waiting) look();
    };
    child.on("error", (error) => end(127, error));
    child.on("close", (code) => end(code ?? -1));
  });
  return {
    pid: child.pid ?? -1,
    get output() {
      return output.both;
    },
    ended,
    write: (text) => {
      child.stdin.write(text);
    },
    waitFor: (pattern, limit = 10_000) =>
      new Promise((resolve, reject) => {
        const give = (act: () => void) => {
          clearTimeout(patience);
          waiting.delete(look);
          act();
        };
        const fail = (why: string) =>
          give(() => reject(new Error(`${program} ${why} before it wrote ${pattern}:\n${output.both}`)));
        const patience = setTimeout(() => fail(`took ${limit} ms`), limit);
        const look = () => {
          const match = pattern.exec(output.both);
          if (match !== null) give(() => resolve(match));
          else if (over) fail("ended");
        };
        waiting.add(look);
        look();
      }),
    stop: async (signal = "SIGTERM") => {
      if (over) return ended;
      child.kill(signal);
      const impatience = setTimeout(() => child.kill("SIGKILL"), 10_000);
      const result = await ended;
      clearTimeout(impatience);
      return result;
    },
  };
}
