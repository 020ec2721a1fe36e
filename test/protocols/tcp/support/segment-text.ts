/** Segments as packetdrill writes them: `P. 1:1001(1000) ack 1 win 65535 <mss 1460,sackOK,TS val 1 ecr 0,wscale 7>`. */
import type { OutgoingSegment } from "../../../../src/protocols/tcp/connection.ts";
import { type TcpSegment, tcpFlags } from "../../../../src/wire/tcp.ts";

const letters: readonly (readonly [string, number])[] = [
  ["F", tcpFlags.FIN],
  ["S", tcpFlags.SYN],
  ["R", tcpFlags.RST],
  ["P", tcpFlags.PSH],
  ["U", tcpFlags.URG],
  [".", tcpFlags.ACK],
];

/** Where both sides' sequence numbers begin; text counts from there. */
export interface Origins {
  readonly sender: number;
  readonly receiver: number;
}

const shape =
  /^([FSRPU.]+) (-?\d+):(-?\d+)\((\d+)\)(?: ack (-?\d+))?(?: win (\d+))?(?: urg (\d+))?(?: <(.*)>)?$/;

/** A segment of its text, its payload `[0, length)` of bytes that the reader of a sequence number can check. */
export function parseSegment(text: string, origins: Origins): { segment: TcpSegment; payload: Uint8Array } {
  const match = shape.exec(text);
  if (match === null) throw new TypeError(`not a segment: ${text}`);
  const [, flags, start, end, length, ack, window, urgent, options] = match;
  const size = Number(length);
  if (Number(start) + size !== Number(end)) throw new TypeError(`start, end and length disagree: ${text}`);
  const segment: TcpSegment = {
    sourcePort: 2,
    destinationPort: 1,
    sequence: (origins.sender + Number(start)) | 0,
    acknowledgment: ack === undefined ? 0 : (origins.receiver + Number(ack)) | 0,
    flags: flagBits(flags!),
    window: window === undefined ? 65535 : Number(window),
    checksum: 0,
    urgentPointer: Number(urgent ?? 0),
    ...parseOptions(options, origins),
    optionsStart: 0,
    payloadStart: 0,
    payloadEnd: size,
  };
  const first = Number(start) + ((segment.flags & tcpFlags.SYN) !== 0 ? 1 : 0);
  return { segment, payload: pattern(first, size) };
}

function flagBits(text: string): number {
  let bits = 0;
  for (const [letter, bit] of letters) if (text.includes(letter)) bits |= bit;
  return bits;
}

function parseOptions(text: string | undefined, origins: Origins) {
  const options = {
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    timestampValue: 0,
    timestampEcho: 0,
    sack: [] as number[],
  };
  for (const option of text?.split(",") ?? []) {
    const words = option.trim().split(" ");
    if (words[0] === "mss") options.mss = Number(words[1]);
    else if (words[0] === "wscale") options.windowScale = Number(words[1]);
    else if (words[0] === "sackOK") options.sackPermitted = true;
    else if (words[0] === "TS") {
      options.timestamps = true;
      options.timestampValue = Number(words[2]) | 0;
      options.timestampEcho = Number(words[4]) | 0;
    } else if (words[0] === "sack") {
      for (const block of words.slice(1))
        for (const edge of block.split(":")) options.sack.push((origins.receiver + Number(edge)) | 0);
    } else if (words[0] !== "nop" && words[0] !== "") throw new TypeError(`not an option: ${option}`);
  }
  return options;
}

/** What text says of a segment sent, in the same words; window and options only where `like` has them. */
export function formatSegment(segment: OutgoingSegment, origins: Origins, like = "win <"): string {
  const flags = letters.map(([letter, bit]) => ((segment.flags & bit) !== 0 ? letter : "")).join("");
  const start = (segment.sequence - origins.sender) | 0;
  const parts = [flags, `${start}:${start + segment.payloadLength}(${segment.payloadLength})`];
  if ((segment.flags & tcpFlags.ACK) !== 0)
    parts.push(`ack ${(segment.acknowledgment - origins.receiver) | 0}`);
  if (like.includes("win")) parts.push(`win ${segment.window}`);
  if ((segment.flags & tcpFlags.URG) !== 0) parts.push(`urg ${segment.urgentPointer}`);
  if (like.includes("<")) parts.push(`<${formatOptions(segment, origins)}>`);
  return parts.join(" ");
}

function formatOptions(segment: OutgoingSegment, origins: Origins): string {
  const parts: string[] = [];
  if (segment.mss > 0) parts.push(`mss ${segment.mss}`);
  if (segment.sackPermitted) parts.push("sackOK");
  if (segment.timestamps) parts.push(`TS val ${segment.timestampValue} ecr ${segment.timestampEcho}`);
  if (segment.windowScale >= 0) parts.push(`wscale ${segment.windowScale}`);
  if (segment.sack.length > 0) {
    const edges = segment.sack.map((edge) => (edge - origins.receiver) | 0);
    const blocks = edges.flatMap((edge, i) => (i % 2 === 0 ? [`${edge}:${edges[i + 1]}`] : []));
    parts.push(`sack ${blocks.join(" ")}`);
  }
  return parts.join(",");
}

/** `length` bytes of the stream whose octet at relative sequence number n has a value only n gives. */
export function pattern(start: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = octet(start + i);
  return bytes;
}

/** `bytes` are those of the stream from relative sequence number `start` on. */
export function holdsPattern(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== octet(start + i)) return false;
  return true;
}

function octet(position: number): number {
  return (position ^ (position >>> 8) ^ (position >>> 16)) & 0xff;
}
