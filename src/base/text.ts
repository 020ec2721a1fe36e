/** Text to bytes and back without TextEncoder, which the core does not have. */

/** UTF-8 (RFC 3629). A lone surrogate becomes U+FFFD, as the Encoding Standard has it. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (const character of text) {
    let code = character.codePointAt(0)!;
    if (code >= 0xd800 && code <= 0xdfff) code = replacement;
    if (code < 0x80) bytes[at++] = code;
    else if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >>> 6);
      bytes[at++] = 0x80 | (code & 63);
    } else if (code < 0x10000) {
      bytes[at++] = 0xe0 | (code >>> 12);
      bytes[at++] = 0x80 | ((code >>> 6) & 63);
      bytes[at++] = 0x80 | (code & 63);
    } else {
      bytes[at++] = 0xf0 | (code >>> 18);
      bytes[at++] = 0x80 | ((code >>> 12) & 63);
      bytes[at++] = 0x80 | ((code >>> 6) & 63);
      bytes[at++] = 0x80 | (code & 63);
    }
  }
  return bytes.slice(0, at);
}

const replacement = 0xfffd;

/** Text of `bytes[start, end)`; each ill-formed sequence becomes U+FFFD as the Encoding Standard has it. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  const parts: string[] = [];
  let codes: number[] = [];
  for (let at = start; at < end; ) {
    const sequence = utf8Sequence(bytes, at, end);
    codes.push(sequence.code);
    at += sequence.length;
    if (codes.length === chunk || at >= end) {
      parts.push(String.fromCodePoint(...codes));
      codes = [];
    }
  }
  return parts.join("");
}

/** Arguments that one call takes safely. */
const chunk = 4096;

/** The code point at `at`; where it is ill-formed, U+FFFD and the length of its longest well-formed beginning. */
function utf8Sequence(bytes: Uint8Array, at: number, end: number): { code: number; length: number } {
  const lead = bytes[at]!;
  if (lead < 0x80) return { code: lead, length: 1 };
  const more =
    lead >= 0xc2 && lead <= 0xdf ? 1 : lead >>> 4 === 0xe ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
  if (more === 0) return { code: replacement, length: 1 };
  let code = lead & (0x3f >>> more);
  for (let i = 1; i <= more; i++) {
    const low = i > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = i > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    const next = at + i < end ? bytes[at + i]! : 0;
    if (next < low || next > high) return { code: replacement, length: i };
    code = (code << 6) | (next & 63);
  }
  return { code, length: more + 1 };
}

/** One byte a character. @throws RangeError where a character is above U+00FF. */
export function encodeLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new RangeError(`not a Latin-1 character: ${JSON.stringify(text[i])}`);
    bytes[i] = code;
  }
  return bytes;
}

export function decodeLatin1(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  const parts: string[] = [];
  for (let at = start; at < end; at += chunk)
    parts.push(String.fromCharCode(...bytes.subarray(at, Math.min(end, at + chunk))));
  return parts.join("");
}

/** Two lower-case digits a byte. */
export function toHex(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  let text = "";
  for (let i = start; i < end; i++) text += (bytes[i]! + 0x100).toString(16).slice(1);
  return text;
}

/** @throws TypeError where the text is not pairs of hexadecimal digits; spaces and colons between pairs are skipped. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/[\s:]/g, "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) throw new TypeError(`not hexadecimal: ${JSON.stringify(text)}`);
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
