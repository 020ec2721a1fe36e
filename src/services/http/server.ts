/** A small HTTP/1.1 server of files: GET and HEAD, persistent connections, one byte range (RFC 9110, RFC 9112). */
import { encodeLatin1 } from "../../base/text.ts";
import type { FileContent, FileSource } from "../file-source.ts";
import type { ServiceAddress, ServiceHost } from "../service.ts";
import type { Stream } from "../stream.ts";
import { type StreamHandler, StreamServer, type StreamServerOptions } from "../stream-server.ts";
import { HeadBuffer } from "./head.ts";
import { type HttpRequest, parseRequest } from "./request.ts";
import { refusalBody, responseHead } from "./response.ts";

/** Largest request head in bytes. */
const headLimit = 16_384;
/** Bytes read and thrown away from a peer that goes on sending after we have ended. */
const lingerLimit = 1_048_576;
const chunkLength = 65_536;

export interface HttpServerOptions extends Partial<Omit<StreamServerOptions, "at">> {
  readonly files: FileSource;
  /** For the Date field: the time now as an HTTP-date (RFC 9110, section 5.6.7). */
  readonly date?: (() => string) | undefined;
  /** Told of each answer. */
  readonly log?: ((entry: HttpLogEntry) => void) | undefined;
}

export interface HttpLogEntry {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Bytes of body promised. */
  readonly length: number;
}

/** @throws SocketError as bind and listen do. */
export function httpServer(host: ServiceHost, at: ServiceAddress, options: HttpServerOptions): StreamServer {
  return new StreamServer(
    host,
    { name: "http", ...options, at },
    (stream) => new HttpConnection(stream, options),
  );
}

/** One connection: requests come in one after the other, and are answered in that order. */
class HttpConnection implements StreamHandler {
  readonly #stream: Stream;
  readonly #options: HttpServerOptions;
  /** Request bytes not yet understood. */
  readonly #head = new HeadBuffer(headLimit);
  /** The body being sent, and the chunk it passes through. */
  #body: { file: FileContent; offset: number; end: number; keepAlive: boolean } | undefined;
  #chunk: Uint8Array | undefined;
  #lingered = 0;
  #peerEnded = false;

  constructor(stream: Stream, options: HttpServerOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  data(bytes: Uint8Array): void {
    if (this.#stream.isEnding) {
      this.#lingered += bytes.length;
      if (this.#lingered > lingerLimit) this.#stream.destroy();
      return;
    }
    this.#head.append(bytes);
    this.#serve();
  }

  drained(): void {
    this.#send();
    this.#serve();
  }

  ended(): void {
    this.#peerEnded = true;
    this.#serve();
  }

  closed(): void {
    this.#release();
  }

  /** May the next request be answered? Not while an answer waits for room: a peer that does not read is not served. */
  get #idle(): boolean {
    const stream = this.#stream;
    return this.#body === undefined && !stream.isCongested && !stream.isEnding && !stream.isClosed;
  }

  /** Answers the requests that are complete, until an answer has to wait for room. */
  #serve(): void {
    while (this.#idle) {
      const head = this.#head.take();
      if (head === "too-large") {
        this.#refuse(431);
        return;
      }
      if (head === "incomplete") {
        if (this.#peerEnded) this.#stream.end();
        else this.#stream.resume();
        return;
      }
      const request = parseRequest(head.text);
      if ("refuse" in request) {
        this.#refuse(request.refuse);
        return;
      }
      this.#answer(request);
    }
    if (this.#head.length > headLimit) this.#stream.pause();
  }

  #answer(request: HttpRequest): void {
    const file = this.#options.files.open(request.path);
    if (file === undefined) {
      this.#answerError(request, 404);
      return;
    }
    const range = resolveRange(request, file.size);
    if (range === undefined) {
      file.close?.();
      this.#answerError(request, 416, [["Content-Range", `bytes */${file.size}`]]);
      return;
    }
    const length = range.end - range.start;
    const partial = request.range !== undefined;
    this.#writeHead(partial ? 206 : 200, connectionField(request), [
      ["Content-Type", file.type ?? "application/octet-stream"],
      ["Content-Length", String(length)],
      ["Accept-Ranges", "bytes"],
      ...(partial ? contentRange(range, file.size) : []),
    ]);
    this.#log(request.method, request.path, partial ? 206 : 200, length);
    const end = request.method === "HEAD" ? range.start : range.end;
    this.#body = { file, offset: range.start, end, keepAlive: request.keepAlive };
    this.#send();
  }

  #answerError(
    request: HttpRequest,
    status: number,
    extra: readonly (readonly [string, string])[] = [],
  ): void {
    const body = encodeLatin1(refusalBody(status));
    this.#writeHead(status, connectionField(request), [
      ["Content-Type", "text/plain"],
      ["Content-Length", String(body.length)],
      ...extra,
    ]);
    this.#log(request.method, request.path, status, body.length);
    if (request.method === "GET") this.#stream.write(body);
    if (!request.keepAlive) this.#stream.end();
  }

  /** Refuses what cannot be understood, and ends: where the next request would start is not known. */
  #refuse(status: number): void {
    const body = encodeLatin1(refusalBody(status));
    this.#writeHead(status, "close", [
      ["Content-Type", "text/plain"],
      ["Content-Length", String(body.length)],
      ...(status === 405 ? ([["Allow", "GET, HEAD"]] as const) : []),
    ]);
    this.#log("-", "-", status, body.length);
    this.#stream.write(body);
    this.#head.takeRest();
    this.#stream.end();
    this.#stream.resume();
  }

  #writeHead(
    status: number,
    connection: ReturnType<typeof connectionField>,
    fields: readonly (readonly [string, string])[],
  ): void {
    const date = this.#options.date?.();
    const first: (readonly [string, string])[] = [];
    if (date !== undefined) first.push(["Date", date]);
    if (connection !== undefined) first.push(["Connection", connection]);
    this.#stream.write(encodeLatin1(responseHead(status, [...first, ...fields])));
  }

  /** Sends as much of the body as there is room for. */
  #send(): void {
    const body = this.#body;
    if (body === undefined) return;
    this.#chunk ??= new Uint8Array(Math.min(chunkLength, body.end - body.offset));
    while (body.offset < body.end) {
      const chunk = this.#chunk.subarray(0, Math.min(this.#chunk.length, body.end - body.offset));
      const count = body.file.read(body.offset, chunk);
      // The file is shorter than it was: only a reset can say that the promised length will not come.
      if (count <= 0) {
        this.#stream.destroy();
        return;
      }
      body.offset += count;
      if (!this.#stream.write(chunk.subarray(0, count))) break;
    }
    if (body.offset < body.end) return;
    this.#release();
    if (!body.keepAlive) this.#stream.end();
  }

  #release(): void {
    this.#body?.file.close?.();
    this.#body = undefined;
    this.#chunk = undefined;
  }

  #log(method: string, path: string, status: number, length: number): void {
    this.#options.log?.({ method, path, status, length });
  }
}

/** What has to be said of the connection: an HTTP/1.0 client that hears nothing waits for its end (RFC 9112, C.2.2). */
function connectionField({ keepAlive, minorVersion }: HttpRequest): "close" | "keep-alive" | undefined {
  if (!keepAlive) return "close";
  return minorVersion === 0 ? "keep-alive" : undefined;
}

/** The bytes `[start, end)` to send, or undefined where the range lies outside the file. */
function resolveRange({ range }: HttpRequest, size: number): { start: number; end: number } | undefined {
  if (range === undefined) return { start: 0, end: size };
  const start = range.first < 0 || Object.is(range.first, -0) ? Math.max(0, size + range.first) : range.first;
  const end = Math.min(size, range.last + 1);
  return start < end ? { start, end } : undefined;
}

function contentRange(range: { start: number; end: number }, size: number): [string, string][] {
  return [["Content-Range", `bytes ${range.start}-${range.end - 1}/${size}`]];
}
