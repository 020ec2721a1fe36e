/** What a client asks for: a request head as data, or the status that refuses it (RFC 9112, sections 3 and 6.3). */
import { safePath } from "../file-source.ts";
import { contentLength, type Fields, hasOption, headLines, isToken, parseFields } from "./head.ts";

export interface HttpRequest {
  readonly method: "GET" | "HEAD";
  /** Decoded, safe to open; see {@link safePath}. */
  readonly path: string;
  /** The connection may serve another request after this. */
  readonly keepAlive: boolean;
  /** Of HTTP/1.0 or 1.1 (later ones are answered as 1.1). */
  readonly minorVersion: number;
  /** Bytes `[first, last]` asked for; `last` may be Infinity, and `first` negative for a suffix. */
  readonly range: { readonly first: number; readonly last: number } | undefined;
}

/** A refusal: the status to answer with, after which the connection ends. */
export type HttpRefusal = { readonly refuse: number };

/** Reads a request head. Anything that would leave doubt about where the next request starts is refused. */
export function parseRequest(head: string): HttpRequest | HttpRefusal {
  const lines = headLines(head);
  const startLine = lines?.shift()?.split(" ");
  if (lines === undefined || startLine?.length !== 3) return { refuse: 400 };
  const [method, target, version] = startLine as [string, string, string];
  const minor = /^HTTP\/1\.(\d)$/.exec(version)?.[1];
  if (minor === undefined) return { refuse: /^HTTP\/\d\.\d$/.test(version) ? 505 : 400 };
  if (!isToken(method)) return { refuse: 400 };
  const fields = parseFields(lines);
  if (fields === undefined) return { refuse: 400 };
  const refusal = refuseFields(fields, minor);
  if (refusal !== undefined) return { refuse: refusal };
  if (method !== "GET" && method !== "HEAD") return { refuse: 405 };
  const path = pathOf(target);
  if (path === undefined) return { refuse: 400 };
  const connection = fields.get("connection");
  return {
    method,
    path,
    keepAlive: minor === "0" ? hasOption(connection, "keep-alive") : !hasOption(connection, "close"),
    minorVersion: Number(minor),
    range: method === "GET" ? rangeOf(fields) : undefined,
  };
}

/** A request for us has one Host and no body worth reading. */
function refuseFields(fields: Fields, minor: string): number | undefined {
  const host = fields.get("host");
  if ((host === undefined && minor !== "0") || host?.includes(",")) return 400;
  const length = contentLength(fields);
  if (length === "malformed") return 400;
  if (fields.has("transfer-encoding")) return length === undefined ? 501 : 400;
  return length !== undefined && length > 0 ? 413 : undefined;
}

/** The path of origin-form or absolute-form, decoded and safe; undefined where it is neither or malformed. */
function pathOf(target: string): string | undefined {
  const origin = /^https?:\/\/[^/?#]+/i.exec(target)?.[0];
  const rest = origin === undefined ? target : target.slice(origin.length);
  if (!rest.startsWith("/") && (origin === undefined || !/^(\?|$)/.test(rest))) return undefined;
  const decoded = percentDecode(rest.split(/[?#]/, 1)[0]!);
  return decoded === undefined ? undefined : safePath(decoded);
}

function percentDecode(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly what must not stand in a target
  if (/[\x00-\x20\x7f-\xff]/.test(text)) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** One byte range; several, other units, malformed ones and conditional ones are ignored as RFC 9110, section 14.2 allows. */
function rangeOf(fields: Fields): HttpRequest["range"] {
  if (fields.has("if-range")) return undefined;
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(fields.get("range") ?? "");
  if (match === null) return undefined;
  const [, first, last] = match as unknown as [string, string, string];
  if (first === "") return last === "" ? undefined : { first: -Number(last), last: Infinity };
  if (last !== "" && Number(last) < Number(first)) return undefined;
  return { first: Number(first), last: last === "" ? Infinity : Number(last) };
}
