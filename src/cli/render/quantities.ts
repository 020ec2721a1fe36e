/** Bytes, spans and rates as people read them; and text from the network made safe to print. */
export { spanText } from "../../base/span-text.ts";

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** `0 B`, `999 B`, `1.5 kB`, `20.0 MB`: powers of 1000. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`;
}

/** Bytes in so many milliseconds, as bits a second. */
export function rateText(bytes: number, milliseconds: number): string {
  if (milliseconds <= 0) return "-";
  const bits = (bytes * 8000) / milliseconds;
  if (bits >= 999.5e6) return `${(bits / 1e9).toFixed(2)} Gb/s`;
  if (bits >= 999.5e3) return `${(bits / 1e6).toFixed(1)} Mb/s`;
  return `${(bits / 1e3).toFixed(1)} kb/s`;
}

/** Text that came from a network or a file name, with whatever could steer a terminal written out. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, "0");
    return code.length > 2 ? `\\u${code}` : `\\x${code}`;
  });
}
