/** One GET as a promise: where it came from, how much, how long, and a fingerprint of it. */
import { createHash } from "node:crypto";
import type { SocketError } from "../base/errno.ts";
import { type HttpFault, type HttpGet, type HttpGetOptions, httpGet } from "../services/http/get.ts";
import type { ServiceHost } from "../services/service.ts";
import { FailedError } from "./failure.ts";

/** Where a body goes. `write` is false where it is full; `drained` follows once. */
export interface Sink {
  write(bytes: Uint8Array): boolean;
  drained(call: () => void): void;
}

export interface Download {
  readonly status: number;
  readonly reason: string;
  readonly source: { readonly address: string; readonly port: number };
  readonly bytes: number;
  /** From connect to the last byte, in milliseconds; and to the first. */
  readonly milliseconds: number;
  readonly firstByte: number;
  readonly sha256: string;
}

export interface DownloadOptions {
  readonly get: HttpGetOptions;
  readonly sink: Sink;
  readonly begun?: (total: number | undefined) => void;
  readonly moved?: (bytes: number, milliseconds: number) => void;
  /** Given the running request, to abort it. */
  readonly started?: (get: HttpGet) => void;
}

const faults: Record<HttpFault, string> = {
  "malformed-length": "the length it announces is no number",
  "malformed-chunk": "its chunked body is malformed",
  "unknown-transfer-coding": "its transfer coding is not known here",
  "truncated-body": "the connection ended before the body did",
  "malformed-response": "what it answers is not HTTP/1.1",
  "head-too-large": "the head of its answer is too large",
  "no-response": "the connection ended without an answer",
};

/** @throws SocketError for what the connection says, FailedError for what the server gets wrong. */
export function download(host: ServiceHost, options: DownloadOptions): Promise<Download> {
  const hash = createHash("sha256");
  const begin = performance.now();
  const elapsed = (): number => performance.now() - begin;
  let source = { address: "", port: 0 };
  let head = { status: 0, reason: "" };
  let bytes = 0;
  let firstByte = 0;
  return new Promise((resolve, reject) => {
    const running: HttpGet = httpGet(host, options.get, {
      connected: ({ address, port }) => {
        source = { address, port };
      },
      head: ({ status, reason, length }) => {
        head = { status, reason };
        firstByte = elapsed();
        options.begun?.(length);
      },
      data: (part) => {
        bytes += part.length;
        hash.update(part);
        options.moved?.(bytes, elapsed());
        try {
          if (options.sink.write(part)) return;
        } catch (error) {
          // A full disk: nothing of it may reach the stack that called.
          running.abort();
          reject(error);
          return;
        }
        running.pause();
        options.sink.drained(() => running.resume());
      },
      done: () =>
        resolve({ ...head, source, bytes, milliseconds: elapsed(), firstByte, sha256: hash.digest("hex") }),
      failed: (reason) => reject(failureOf(reason, options.get)),
    });
    options.started?.(running);
  });
}

function failureOf(reason: SocketError | HttpFault, { authority }: HttpGetOptions): Error {
  return typeof reason === "string" ? new FailedError(`${authority}: ${faults[reason]}`) : reason;
}
