/** How many bytes the TCP options of a script take. Nothing is padded: the script writes its own NOPs. */
import type { TcpOption, TcpOptions } from "../script/packets.ts";

/** Bytes of the option area; undefined when the script leaves it open. */
export function tcpOptionsLength(options: TcpOptions): number | undefined {
  if (options === null) return undefined;
  if (typeof options === "string") return options.length / 2;
  return options.reduce((sum, option) => sum + tcpOptionLength(option), 0);
}

export function tcpOptionLength(option: TcpOption): number {
  switch (option.kind) {
    case "nop":
    case "eol":
      return 1;
    case "sackOK":
      return 2;
    case "wscale":
      return 3;
    case "mss":
      return 4;
    case "TS":
      return 10;
    case "sack":
      return 2 + option.blocks.length * 8;
    case "FO":
      return 2 + option.cookie.length / 2;
    case "FOEXP":
      return 4 + option.cookie.length / 2;
    case "md5":
      return option.digest === "valid" ? 18 : 2 + option.digest.length / 2;
    case "AccECN":
      return (option.experimental ? 4 : 2) + 3 * accEcnCounters(option).length;
    case "tarr":
      return option.rate === undefined ? 4 : 5;
    case "generic":
      return 2 + option.bytes.length / 2;
    case "experimental":
      return 4 + option.bytes.length / 2;
  }
}

/** The counters in the order of their bytes (RFC 9768, section 3.2.3); those at the end may be absent. */
export function accEcnCounters(option: Extract<TcpOption, { kind: "AccECN" }>): number[] {
  const { e0b, ceb, e1b } = option;
  const ordered = option.order === 0 ? [e0b, ceb, e1b] : [e1b, ceb, e0b];
  const absent = ordered.indexOf(undefined);
  return (absent < 0 ? ordered : ordered.slice(0, absent)) as number[];
}
