/** Payloads as tests write them. */
import { encodeUtf8 } from "../../base/text.ts";

/** Text in UTF-8, or the bytes themselves. */
export function bytesOf(payload: string | Uint8Array): Uint8Array {
  return typeof payload === "string" ? encodeUtf8(payload) : payload;
}
