/** The chunks of an expected SCTP packet and of the one that came: every field the script gives, in its order. */
import { printChunk } from "../language/print/sctp.ts";
import type { Cause, Chunk, Parameter, Sctp } from "../language/script/sctp.ts";
import { rawCause, rawChunk, rawParameter } from "./sctp-raw.ts";

/** What differs, or undefined. Numbers are the script's already, but for the tag. */
export function compareSctp(expected: Sctp, live: Sctp, tag: number): string | undefined {
  if (expected.tag !== undefined && expected.tag !== tag) {
    return `live packet field sctp_v_tag: expected: ${expected.tag} vs actual: ${tag}`;
  }
  if (expected.checksum === "zero_checksum" && live.checksum !== "zero_checksum") {
    return "live packet field sctp_crc32c: expected: 0";
  }
  if (expected.body.form === "bytes" || live.body.form === "bytes") return "these chunks are malformed";
  return compareChunks(expected.body.chunks, live.body.chunks);
}

function compareChunks(expected: readonly Chunk[], live: readonly Chunk[]): string | undefined {
  for (const [index, chunk] of expected.entries()) {
    const other = live[index];
    if (other === undefined) return `chunk ${index + 1}: expected: ${printChunk(chunk)} and there is none`;
    const found = compareParts(chunk.type, chunk, other);
    if (found !== undefined) return `chunk ${index + 1}: ${found}`;
  }
  const more = live[expected.length];
  return more === undefined ? undefined : `chunk ${expected.length + 1}: not expected: ${printChunk(more)}`;
}

type Part = Chunk | Parameter | Cause;

function compareParts(path: string, expected: Part, live: Part): string | undefined {
  const other = inTheWordsOf(expected, live);
  if (expected.type !== other.type) return `expected: ${expected.type} vs actual: ${other.type}`;
  for (const [name, value] of Object.entries(expected) as [string, unknown][]) {
    const found = compareValues(
      `${path}.${name}`,
      value,
      (other as unknown as Record<string, unknown>)[name],
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A part that is expected as bytes is any part as bytes. */
function inTheWordsOf(expected: Part, live: Part): Part {
  if (expected.type === live.type) return live;
  if (expected.type === "CHUNK") return rawChunk(live as Chunk);
  if (expected.type === "PARAMETER") return rawParameter(live as Parameter);
  return expected.type === "CAUSE" ? rawCause(live as Cause) : live;
}

function compareValues(path: string, expected: unknown, live: unknown): string | undefined {
  if (expected === null || expected === undefined || expected === live) return undefined;
  if (Array.isArray(expected) && Array.isArray(live)) return compareLists(path, expected, live);
  if (isPart(expected) && isPart(live)) return compareParts(path, expected, live);
  if (typeof expected === "object" && typeof live === "object" && live !== null) {
    return JSON.stringify(expected) === JSON.stringify(live) ? undefined : different(path, expected, live);
  }
  return different(path, expected, live);
}

function compareLists(
  path: string,
  expected: readonly unknown[],
  live: readonly unknown[],
): string | undefined {
  if (expected.length !== live.length) return different(path, expected, live);
  for (const [index, value] of expected.entries()) {
    const found = compareValues(`${path}[${index}]`, value, live[index]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && "type" in value;
}

function different(path: string, expected: unknown, live: unknown): string {
  return `${path}: expected: ${JSON.stringify(expected)} vs actual: ${JSON.stringify(live)}`;
}
