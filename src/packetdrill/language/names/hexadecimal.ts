/** Bytes as scripts write them: pairs of hexadecimal digits. */

export function hexadecimalBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >>> 1);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}

export function hexadecimalText(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  let text = "";
  for (let at = start; at < end; at++) text += bytes[at]!.toString(16).padStart(2, "0");
  return text;
}
