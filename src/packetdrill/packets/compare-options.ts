/** The TCP options of an expected packet and of the one that came: same kinds, same order, same values. */

import { hexadecimalText } from "../language/names/hexadecimal.ts";
import { printTcpOption } from "../language/print/packets.ts";
import type { TcpOption, TcpOptions } from "../language/script/packets.ts";
import { emitTcpOptions } from "./tcp-option-bytes.ts";

/** What differs; null expects nothing. Values of timestamps are compared where their pairs are known (timestamps.ts). */
export function compareTcpOptions(expected: TcpOptions, live: TcpOptions): string | undefined {
  if (expected === null) return undefined;
  if (typeof expected === "string" || typeof live === "string" || live === null)
    return compareBytes(expected, live);
  if (expected.length !== live.length) return "bad outbound TCP options";
  for (const [index, option] of expected.entries()) {
    const other = live[index]!;
    if (option.kind !== other.kind) return "bad outbound TCP options";
    if (option.kind !== "TS" && !sameOption(option, other)) {
      return `bad value in outbound TCP option: expected: ${shown(option)} actual: ${shown(other)}`;
    }
  }
  return undefined;
}

function compareBytes(expected: readonly TcpOption[] | string, live: TcpOptions): string | undefined {
  const wanted = text(expected);
  const got = text(live);
  return wanted === got ? undefined : `bad outbound TCP options: expected: ${wanted} actual: ${got}`;
}

function text(options: TcpOptions): string {
  if (typeof options === "string") return options.toLowerCase();
  const bytes = new Uint8Array(64);
  return hexadecimalText(bytes, 0, emitTcpOptions(options, bytes, 0));
}

function sameOption(option: TcpOption, other: TcpOption): boolean {
  return text([option]) === text([other]);
}

function shown(option: TcpOption): string {
  return printTcpOption(option, "google");
}
