/**
 * TFTP packets (RFC 1350, section 5) and their options (RFC 2347).
 *
 *     RRQ/WRQ  | 01/02 | Filename | 0 | Mode | 0 | [Option | 0 | Value | 0 ...]
 *     DATA     | 03    | Block #  | Data |
 *     ACK      | 04    | Block #  |
 *     ERROR    | 05    | Code     | Message | 0 |
 *     OACK     | 06    | Option | 0 | Value | 0 ...
 */
import { putU16, u16 } from "../../base/bytes.ts";
import { decodeLatin1, encodeLatin1 } from "../../base/text.ts";

export const opcodes = { RRQ: 1, WRQ: 2, DATA: 3, ACK: 4, ERROR: 5, OACK: 6 } as const;

/** RFC 1350, appendix I; 8 is RFC 2347's. */
export const errorCodes = {
  undefined: 0,
  fileNotFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransferId: 5,
  optionRefused: 8,
} as const;

export interface TftpRequest {
  readonly operation: "read" | "write";
  readonly file: string;
  /** Lower case. */
  readonly mode: string;
  /** Names in lower case, in the order given; a repeated one counts once. */
  readonly options: ReadonlyMap<string, string>;
}

export type TftpMalformed =
  | "truncated"
  | "not-a-request"
  | "unterminated"
  | "odd-options"
  | "too-many-options";

/** RFC 2347 keeps a request within 512 bytes; anything a datagram over Ethernet can hold is understood. */
const longestRequest = 1468;
const mostOptions = 16;

/** The request in `bytes`, or why there is none. */
export function parseRequest(bytes: Uint8Array): TftpRequest | TftpMalformed {
  if (bytes.length < 2) return "truncated";
  const opcode = u16(bytes, 0);
  if (opcode !== opcodes.RRQ && opcode !== opcodes.WRQ) return "not-a-request";
  if (bytes.length > longestRequest || bytes.at(-1) !== 0) return "unterminated";
  const [file, mode, ...rest] = decodeLatin1(bytes, 2, bytes.length - 1).split("\0");
  if (file === undefined || mode === undefined || file === "") return "unterminated";
  if (rest.length % 2 !== 0) return "odd-options";
  if (rest.length > 2 * mostOptions) return "too-many-options";
  const options = new Map<string, string>();
  for (let i = 0; i < rest.length; i += 2) {
    const name = rest[i]!.toLowerCase();
    if (!options.has(name)) options.set(name, rest[i + 1]!);
  }
  return { operation: opcode === opcodes.RRQ ? "read" : "write", file, mode: mode.toLowerCase(), options };
}

export function errorPacket(code: number, message: string): Uint8Array {
  const text = encodeLatin1(message);
  const packet = new Uint8Array(4 + text.length + 1);
  putU16(packet, 0, opcodes.ERROR);
  putU16(packet, 2, code);
  packet.set(text, 4);
  return packet;
}

export function oackPacket(options: ReadonlyMap<string, string>): Uint8Array {
  const text = encodeLatin1([...options].map(([name, value]) => `${name}\0${value}\0`).join(""));
  const packet = new Uint8Array(2 + text.length);
  putU16(packet, 0, opcodes.OACK);
  packet.set(text, 2);
  return packet;
}

/** Writes the header of DATA block `block` (modulo 65,536) at the start of `packet`. */
export function putDataHeader(packet: Uint8Array, block: number): void {
  putU16(packet, 0, opcodes.DATA);
  putU16(packet, 2, block & 0xffff);
}
