/** The chunks that carry user data: DATA (RFC 9260, section 3.3.1) and I-DATA (RFC 8260, section 2.1). Flat, as they are many. */
import { i32, putU16, putU32, u16, u32 } from "../../base/bytes.ts";
import { sctpChunkTypes } from "./sctp.ts";

/*
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |   Type = 0    |  Res  |I|U|B|E|            Length             |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                              TSN                              |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |      Stream Identifier S      |   Stream Sequence Number n    |   I-DATA (type 64): reserved here,
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+   then four bytes of Message Identifier
   |                  Payload Protocol Identifier                  |   I-DATA: or Fragment Sequence Number, where B is 0
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   \                 User Data (seq n of Stream S)                 \
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

export const sctpDataHeaderLength = 16;
export const sctpIDataHeaderLength = 20;

export const sctpDataFlags = { ending: 1, beginning: 2, unordered: 4, immediate: 8 } as const;

export type SctpDataMalformed =
  | "truncated"
  /** Length is less than the chunk's header. */
  | "bad-length"
  /** Length says that there is no user data: a Protocol Violation or No User Data error (section 6.2). */
  | "no-user-data";

export interface SctpData {
  /** I-DATA, not DATA. */
  interleaved: boolean;
  /** Bits of {@link sctpDataFlags}. */
  flags: number;
  /** int32. */
  tsn: number;
  stream: number;
  /** SSN of a DATA chunk, MID (int32) of an I-DATA chunk. */
  message: number;
  /** PPID, unsigned; of an I-DATA chunk only where it begins its message, else 0. */
  payloadProtocol: number;
  /** FSN (int32) of an I-DATA chunk that does not begin its message, else 0. */
  fragment: number;
  /** Bytes of user data. */
  payloadLength: number;
}

/** A chunk found in bytes, with where its user data lies in them. */
export interface SctpDataChunk extends SctpData {
  payloadStart: number;
  payloadEnd: number;
}

/** The chunk at `start`, which is of one of the two types and ends before `end`. */
export function parseSctpData(
  bytes: Uint8Array,
  start: number,
  end: number,
): SctpDataChunk | SctpDataMalformed {
  if (end - start < 4) return "truncated";
  const interleaved = bytes[start] === sctpChunkTypes["I-DATA"];
  const headerLength = interleaved ? sctpIDataHeaderLength : sctpDataHeaderLength;
  const length = u16(bytes, start + 2);
  if (length > end - start) return "truncated";
  if (length < headerLength) return "bad-length";
  if (length === headerLength) return "no-user-data";
  const flags = bytes[start + 1]! & 15;
  const last = u32(bytes, start + headerLength - 4);
  const begins = (flags & sctpDataFlags.beginning) !== 0;
  return {
    interleaved,
    flags,
    tsn: i32(bytes, start + 4),
    stream: u16(bytes, start + 8),
    message: interleaved ? i32(bytes, start + 12) : u16(bytes, start + 10),
    payloadProtocol: begins || !interleaved ? last : 0,
    fragment: begins || !interleaved ? 0 : last | 0,
    payloadLength: length - headerLength,
    payloadStart: start + headerLength,
    payloadEnd: start + length,
  };
}

/** Writes the header; user data goes behind, with zeros up to a multiple of four. @returns the header's length. */
export function emitSctpData(data: SctpData, bytes: Uint8Array, at: number): number {
  const headerLength = data.interleaved ? sctpIDataHeaderLength : sctpDataHeaderLength;
  bytes[at] = data.interleaved ? sctpChunkTypes["I-DATA"] : sctpChunkTypes.DATA;
  bytes[at + 1] = data.flags;
  putU16(bytes, at + 2, headerLength + data.payloadLength);
  putU32(bytes, at + 4, data.tsn);
  putU16(bytes, at + 8, data.stream);
  if (!data.interleaved) {
    putU16(bytes, at + 10, data.message);
    putU32(bytes, at + 12, data.payloadProtocol);
    return headerLength;
  }
  putU16(bytes, at + 10, 0);
  putU32(bytes, at + 12, data.message);
  const begins = (data.flags & sctpDataFlags.beginning) !== 0;
  putU32(bytes, at + 16, begins ? data.payloadProtocol : data.fragment);
  return headerLength;
}
