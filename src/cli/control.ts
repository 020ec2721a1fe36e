/** A running `up` asked from outside: it answers each connection to its unix socket with one JSON document. */

import { rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { FailedError } from "./failure.ts";

export interface Control {
  close(): Promise<void>;
}

/** Serves what `answer` gives at `path`, readable for this user only. @throws FailedError where it cannot listen. */
export function serveControl(path: string, answer: () => unknown): Promise<Control> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(`${JSON.stringify(answer())}\n`);
  });
  const mask = process.umask(0o077);
  return new Promise<Control>((resolve, reject) => {
    server.once("error", (error) => reject(new FailedError(`no control socket: ${error.message}`)));
    server.listen(path, () =>
      resolve({
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            rmSync(path, { force: true });
          }),
      }),
    );
  }).finally(() => process.umask(mask));
}

/** Larger answers are refused: they are none of ours. */
const largestAnswer = 256 << 20;

/** The document served at `path`. @throws FailedError where nobody serves one. */
export function askControl(path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const parts: Buffer[] = [];
    let length = 0;
    socket.on("data", (part) => {
      parts.push(part);
      length += part.length;
      if (length > largestAnswer) socket.destroy(new Error("the answer is too long"));
    });
    socket.once("error", (error) => reject(new FailedError(`no answer at ${path} (${error.message})`)));
    socket.once("end", () => {
      try {
        resolve(JSON.parse(Buffer.concat(parts).toString("utf8")));
      } catch {
        reject(new FailedError(`what answers at ${path} is no harbormaster`));
      }
    });
  });
}
