/** Chunks, parameters and causes as bytes, whatever they are: CHUNK, PARAMETER and CAUSE of the language. */
import { u16 } from "../../base/bytes.ts";
import type { Cause, Chunk, Parameter } from "../language/script/sctp.ts";
import { emitChunks, noFillings } from "./sctp-emit.ts";

export function rawChunk(chunk: Chunk): Chunk {
  const bytes = emitChunks([chunk], noFillings);
  const len = u16(bytes, 2);
  return { type: "CHUNK", number: bytes[0]!, flgs: bytes[1]!, len, val: [...bytes.subarray(4, len)] };
}

export function rawParameter(parameter: Parameter): Parameter {
  const bytes = emitChunks([{ type: "RECONFIG", flgs: 0, parameters: [parameter] }], noFillings);
  const len = u16(bytes, 6);
  return { type: "PARAMETER", number: u16(bytes, 4), len, val: [...bytes.subarray(8, 4 + len)] };
}

export function rawCause(cause: Cause): Cause {
  const bytes = emitChunks([{ type: "ERROR", flgs: 0, causes: [cause] }], noFillings);
  const len = u16(bytes, 6);
  return { type: "CAUSE", code: u16(bytes, 4), len, info: [...bytes.subarray(8, 4 + len)] };
}
