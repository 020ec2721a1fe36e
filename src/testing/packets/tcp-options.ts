/** TCP options as tests write them: `[mss(1460), nop, nop, sackOK]`. */
import type { SackBlock, TcpOption } from "../../packetdrill/language/script/packets.ts";

export const nop: TcpOption = { kind: "nop" };
export const eol: TcpOption = { kind: "eol" };
/** RFC 2018, section 2. */
export const sackOK: TcpOption = { kind: "sackOK" };

/** RFC 9293, section 3.7.1. */
export function mss(value: number): TcpOption {
  return { kind: "mss", value };
}

/** RFC 7323, section 2. */
export function wscale(value: number): TcpOption {
  return { kind: "wscale", value };
}

/** RFC 7323, section 3: both values as they are on the wire. */
export function ts(val: number, ecr: number): TcpOption {
  return { kind: "TS", val, ecr, literalEcr: true };
}

/** RFC 2018, section 3: `sack([1001, 2001])`, edges counted from the initial number of the side that is acknowledged. */
export function sack(...blocks: readonly (readonly [left: number, right: number])[]): TcpOption {
  return { kind: "sack", blocks: blocks.map(([left, right]): SackBlock => ({ left, right })) };
}
