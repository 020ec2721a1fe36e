/** Error causes of ABORT and ERROR chunks (RFC 9260, section 3.3.10; RFC 5061, section 3.3; RFC 4895, section 4). */
import { i32, putU16, putU32, u16, u32 } from "../../base/bytes.ts";
import { pad4 } from "../fields.ts";

/*
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |          Cause Code           |         Cause Length          |   Length counts the four bytes, not the padding.
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   \                  Cause-Specific Information                   \
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

export const sctpCauseCodes = {
  "INVALID-STREAM-IDENTIFIER": 1,
  "MISSING-MANDATORY-PARAMETER": 2,
  "STALE-COOKIE": 3,
  "OUT-OF-RESOURCE": 4,
  "UNRESOLVABLE-ADDRESS": 5,
  "UNRECOGNIZED-CHUNK-TYPE": 6,
  "INVALID-MANDATORY-PARAMETER": 7,
  "UNRECOGNIZED-PARAMETERS": 8,
  "NO-USER-DATA": 9,
  "COOKIE-RECEIVED-WHILE-SHUTTING-DOWN": 10,
  "RESTART-WITH-NEW-ADDRESSES": 11,
  "USER-INITIATED-ABORT": 12,
  "PROTOCOL-VIOLATION": 13,
  "DELETE-LAST-ADDRESS": 0xa0,
  "RESOURCE-SHORTAGE": 0xa1,
  "DELETE-SOURCE-ADDRESS": 0xa2,
  "ILLEGAL-ASCONF-ACK": 0xa3,
  "NO-AUTHORIZATION": 0xa4,
  "UNSUPPORTED-HMAC": 0x0105,
} as const;

export type SctpCauseType = keyof typeof sctpCauseCodes;

/** Causes that say all by their code, or hold text, a chunk or parameters: `value` is what stands behind the header. */
type PlainCause = Exclude<
  SctpCauseType,
  "INVALID-STREAM-IDENTIFIER" | "MISSING-MANDATORY-PARAMETER" | "STALE-COOKIE" | "NO-USER-DATA"
>;

export type SctpCause =
  | { type: "INVALID-STREAM-IDENTIFIER"; stream: number }
  /** Parameter types. */
  | { type: "MISSING-MANDATORY-PARAMETER"; missing: readonly number[] }
  /** Microseconds that the cookie was too old. */
  | { type: "STALE-COOKIE"; staleness: number }
  /** int32. */
  | { type: "NO-USER-DATA"; tsn: number }
  | { type: PlainCause; value: Uint8Array }
  | { type: "UNKNOWN"; code: number; value: Uint8Array };

export type SctpCausesMalformed = "truncated-cause" | "bad-cause-length";

const names = new Map<number, SctpCauseType>(
  Object.entries(sctpCauseCodes).map(([name, code]) => [code, name as SctpCauseType]),
);

/** The causes in bytes[start, end); the padding of the last may be missing. */
export function parseSctpCauses(
  bytes: Uint8Array,
  start: number,
  end: number,
): SctpCause[] | SctpCausesMalformed {
  const causes: SctpCause[] = [];
  for (let at = start; at < end; ) {
    if (end - at < 4) return "truncated-cause";
    const length = u16(bytes, at + 2);
    if (length < 4 || length > end - at) return "bad-cause-length";
    const cause = readCause(bytes, at, at + length);
    if (cause === undefined) return "bad-cause-length";
    causes.push(cause);
    at += pad4(length);
  }
  return causes;
}

/** The cause in bytes[at, end), or undefined where its code does not have that length. */
function readCause(bytes: Uint8Array, at: number, end: number): SctpCause | undefined {
  const start = at + 4;
  const length = end - start;
  const code = u16(bytes, at);
  const type = names.get(code);
  switch (type) {
    case undefined:
      return { type: "UNKNOWN", code, value: bytes.slice(start, end) };
    case "INVALID-STREAM-IDENTIFIER":
      return length === 4 ? { type, stream: u16(bytes, start) } : undefined;
    case "MISSING-MANDATORY-PARAMETER": {
      if (length < 4 || u32(bytes, start) * 2 !== length - 4) return undefined;
      const missing: number[] = [];
      for (let next = start + 4; next < end; next += 2) missing.push(u16(bytes, next));
      return { type, missing };
    }
    case "STALE-COOKIE":
      return length === 4 ? { type, staleness: u32(bytes, start) } : undefined;
    case "NO-USER-DATA":
      return length === 4 ? { type, tsn: i32(bytes, start) } : undefined;
    default:
      return { type, value: bytes.slice(start, end) };
  }
}

/** Bytes of the cause without its padding: its Length field. */
export function sctpCauseLength(cause: SctpCause): number {
  if ("value" in cause) return 4 + cause.value.length;
  return cause.type === "MISSING-MANDATORY-PARAMETER" ? 8 + cause.missing.length * 2 : 8;
}

/** Writes the causes, each but the last padded with zeros to four bytes. @returns their length so. */
export function emitSctpCauses(causes: readonly SctpCause[], bytes: Uint8Array, start: number): number {
  let at = start;
  let end = start;
  for (const cause of causes) {
    bytes.fill(0, end, at);
    end = at + sctpCauseLength(cause);
    putU16(bytes, at, cause.type === "UNKNOWN" ? cause.code : sctpCauseCodes[cause.type]);
    putU16(bytes, at + 2, end - at);
    emitValue(cause, bytes, at + 4);
    at += pad4(end - at);
  }
  return end - start;
}

function emitValue(cause: SctpCause, bytes: Uint8Array, at: number): void {
  switch (cause.type) {
    case "INVALID-STREAM-IDENTIFIER":
      putU32(bytes, at, cause.stream << 16);
      return;
    case "MISSING-MANDATORY-PARAMETER":
      putU32(bytes, at, cause.missing.length);
      for (const [index, type] of cause.missing.entries()) putU16(bytes, at + 4 + index * 2, type);
      return;
    case "STALE-COOKIE":
      putU32(bytes, at, cause.staleness);
      return;
    case "NO-USER-DATA":
      putU32(bytes, at, cause.tsn);
      return;
    default:
      bytes.set(cause.value, at);
  }
}
