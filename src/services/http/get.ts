/** An HTTP/1.1 GET over a host's own TCP: one request a connection, no redirects, the body streamed to the caller. */
import type { SocketError } from "../../base/errno.ts";
import { encodeLatin1 } from "../../base/text.ts";
import type { EndpointName } from "../../stack/socket.ts";
import { type ConnectOptions, connectStream } from "../connect.ts";
import type { ServiceHost } from "../service.ts";
import type { Stream } from "../stream.ts";
import { type BodyFault, type BodyReader, bodyReader } from "./body.ts";
import { type Fields, HeadBuffer, headLines, parseFields } from "./head.ts";

/** Largest response head in bytes. */
const headLimit = 65_536;
/** Interim responses (RFC 9110, section 15.2) passed over before the real one. */
const mostInterim = 16;

export interface HttpGetOptions extends ConnectOptions {
  /** The Host field: name or address, with the port unless it is 80. */
  readonly authority: string;
  /** Origin-form: path and query, percent-encoded. */
  readonly target: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly reason: string;
  readonly fields: Fields;
  /** The body's length where it is known beforehand. */
  readonly length: number | undefined;
}

/** What the peer can get wrong, beside what a socket can say. */
export type HttpFault = BodyFault | "malformed-response" | "head-too-large" | "no-response";

export interface HttpGetEvents {
  connected?(local: EndpointName): void;
  head(response: HttpResponse): void;
  /** A part of the body; lent until the call returns. */
  data(bytes: Uint8Array): void;
  /** Everything has arrived. */
  done(): void;
  failed(reason: SocketError | HttpFault): void;
}

/** A GET under way. */
export interface HttpGet {
  readonly stream: Stream;
  /** The sink is full: no more `data` until `resume`. */
  pause(): void;
  resume(): void;
  /** Gives up with a reset; no event follows. */
  abort(): void;
}

/** Starts a GET. Exactly one of `done` and `failed` follows. @throws SocketError where connect fails at once. */
export function httpGet(host: ServiceHost, options: HttpGetOptions, events: HttpGetEvents): HttpGet {
  const reader = new ResponseReader(events);
  const stream: Stream = connectStream(host, options, {
    connected: () => {
      events.connected?.(stream.socket.localEndpoint());
      stream.write(encodeLatin1(requestHead(options)));
    },
    data: (bytes) => {
      const verdict = reader.take(bytes);
      if (verdict === "done") stream.end();
      else if (verdict === "failed") stream.destroy();
    },
    ended: () => {
      reader.end();
      stream.end();
    },
    closed: (error) => reader.close(error),
  });
  return {
    stream,
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    abort: () => {
      reader.silence();
      stream.destroy();
    },
  };
}

function requestHead({ target, authority }: HttpGetOptions): string {
  const lines = [
    `GET ${target} HTTP/1.1`,
    `Host: ${authority}`,
    "User-Agent: harbormaster",
    "Accept: */*",
    "Accept-Encoding: identity",
    "Connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Bytes in, events out; says once how it ended. */
class ResponseReader {
  readonly #events: HttpGetEvents;
  readonly #head = new HeadBuffer(headLimit);
  #body: BodyReader | undefined;
  #interim = 0;
  #state: "more" | "done" | "failed" = "more";

  constructor(events: HttpGetEvents) {
    this.#events = events;
  }

  /** Takes what arrived, and says whether more is wanted. */
  take(bytes: Uint8Array): "more" | "done" | "failed" {
    let part = bytes;
    if (this.#body === undefined && this.#state === "more") {
      this.#head.append(bytes);
      this.#takeHeads();
      if (this.#body !== undefined) part = this.#head.takeRest();
    }
    if (this.#body !== undefined && this.#state === "more") this.#judge(this.#body.read(part));
    return this.#state;
  }

  /** The peer has sent its last. */
  end(): void {
    if (this.#body !== undefined) this.#judge(this.#body.end());
    else this.#fail(this.#head.length === 0 ? "no-response" : "malformed-response");
  }

  close(error: SocketError | undefined): void {
    this.#fail(error ?? "no-response");
  }

  silence(): void {
    this.#state = "failed";
  }

  /** Reads heads until the final one (RFC 9110, section 15.2: interim ones may come before it). */
  #takeHeads(): void {
    while (this.#body === undefined && this.#state === "more") {
      const head = this.#head.take();
      if (head === "incomplete") return;
      if (head === "too-large") {
        this.#fail("head-too-large");
        return;
      }
      this.#begin(head.text);
    }
  }

  #begin(head: string): void {
    const lines = headLines(head);
    const match = /^HTTP\/1\.\d (\d{3})(?: (.*))?$/.exec(lines?.shift() ?? "");
    const fields = lines === undefined ? undefined : parseFields(lines);
    const status = Number(match?.[1]);
    if (match === null || fields === undefined || status < 100 || status === 101) {
      this.#fail("malformed-response");
      return;
    }
    if (status < 200) {
      this.#interim++;
      if (this.#interim > mostInterim) this.#fail("malformed-response");
      return;
    }
    const body = bodyReader(status, fields, (bytes) => this.#events.data(bytes));
    if (typeof body === "string") {
      this.#fail(body);
      return;
    }
    this.#body = body;
    this.#events.head({ status, reason: match[2] ?? "", fields, length: body.length });
  }

  #judge(verdict: "more" | "done" | BodyFault): void {
    if (verdict === "more" || this.#state !== "more") return;
    if (verdict !== "done") {
      this.#fail(verdict);
      return;
    }
    this.#state = "done";
    this.#events.done();
  }

  #fail(reason: SocketError | HttpFault): void {
    if (this.#state !== "more") return;
    this.#state = "failed";
    this.#events.failed(reason);
  }
}
