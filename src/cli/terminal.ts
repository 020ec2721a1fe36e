/** Where the commands' words go: results on stdout, progress and logs on stderr, colours only where they are wanted. */
import type { Writable } from "node:stream";
import picocolors from "picocolors";

export type Colours = ReturnType<typeof picocolors.createColors>;

/** One of the two output streams, with what its reader can take. */
export interface Output {
  /** A person is looking: tables have borders, and may be drawn again in place. */
  readonly interactive: boolean;
  readonly colours: Colours;
  /** Characters in a line. */
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
  /** Writes bytes. False where the reader is slow: {@link Output.drained} follows. */
  writeBytes(bytes: Uint8Array): boolean;
  drained(call: () => void): void;
}

export interface Terminal {
  readonly out: Output;
  readonly err: Output;
}

interface Screen extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** The process's own streams. A reader that has gone ends the process without a word. */
export function systemTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  return {
    out: outputOf(process.stdout, process.env),
    err: outputOf(process.stderr, process.env),
  };
}

/** A stream as an output, coloured as the environment says (https://no-color.org, https://force-color.org). */
export function outputOf(stream: Screen, environment: NodeJS.ProcessEnv): Output {
  const interactive = stream.isTTY === true;
  return {
    interactive,
    colours: picocolors.createColors(wantsColour(environment, interactive)),
    get columns() {
      return stream.columns ?? 120;
    },
    get rows() {
      return stream.rows ?? 40;
    },
    write: (text) => void stream.write(text),
    // A copy: what is lent by a socket would change before it is written.
    writeBytes: (bytes) => stream.write(bytes.slice()),
    drained: (call) => void stream.once("drain", call),
  };
}

/** NO_COLOR wins over FORCE_COLOR, both over what the stream is. */
export function wantsColour(environment: NodeJS.ProcessEnv, interactive: boolean): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term } = environment;
  if (no !== undefined && no !== "") return false;
  if (force !== undefined) return force !== "0" && force !== "false";
  return interactive && term !== "dumb";
}
