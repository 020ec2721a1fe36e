/** A TCP segment as packetdrill writes it: `P. 1:11(10) ack 1 win 229 <nop,nop,TS val 5 ecr 4>`. */
import { toHex } from "../../base/text.ts";
import { type TcpSegment, tcpFlags } from "../tcp.ts";
import { readTcpOption, type TcpOption, tcpOptionLength } from "../tcp-options.ts";
import type { SequenceBase } from "./flows.ts";

const letters: readonly [number, string][] = [
  [tcpFlags.FIN, "F"],
  [tcpFlags.SYN, "S"],
  [tcpFlags.RST, "R"],
  [tcpFlags.PSH, "P"],
  [tcpFlags.ECE, "E"],
  [tcpFlags.CWR, "W"],
  [tcpFlags.AE, "A"],
  [tcpFlags.URG, "U"],
  [tcpFlags.ACK, "."],
];

export function tcpLine(segment: TcpSegment, bytes: Uint8Array, base: SequenceBase): string {
  const acknowledges = (segment.flags & tcpFlags.ACK) !== 0;
  const length = segment.payloadEnd - segment.payloadStart;
  let line = `${flagLetters(segment.flags)} ${sequenceRange(segment.sequence, base.own, length)}`;
  if (acknowledges) line += ` ack ${(segment.acknowledgment - base.peer) >>> 0}`;
  else if (segment.acknowledgment !== 0) line += ` ack ${segment.acknowledgment >>> 0}`;
  line += ` win ${segment.window}`;
  if (segment.urgentPointer !== 0) line += ` urg ${segment.urgentPointer}`;
  if (segment.payloadStart > segment.optionsStart)
    line += ` <${optionList(bytes, segment.optionsStart, segment.payloadStart, base)}>`;
  return line;
}

function flagLetters(flags: number): string {
  let text = "";
  for (const [bit, letter] of letters) if ((flags & bit) !== 0) text += letter;
  return text === "" ? "-" : text;
}

/** `1:11(10)`, counted from `base`. */
export function sequenceRange(sequence: number, base: number, length: number): string {
  return `${(sequence - base) >>> 0}:${(sequence - base + length) >>> 0}(${length})`;
}

/** The options of bytes[start, end) byte for byte; where they cannot be said so, all of them in hexadecimal. */
function optionList(bytes: Uint8Array, start: number, end: number, base: SequenceBase): string {
  const texts: string[] = [];
  let at = start;
  while (at < end) {
    const option = readTcpOption(bytes, at, end);
    if (typeof option === "string") return toHex(bytes, start, end);
    // After the first end-of-list there is padding, which should be zeros: more ends of list.
    if (texts.at(-1) === "eol" && option.kind !== "end-of-list") return toHex(bytes, start, end);
    texts.push(optionText(option, base));
    at += tcpOptionLength(option);
  }
  return texts.join(",");
}

function optionText(option: TcpOption, base: SequenceBase): string {
  switch (option.kind) {
    case "end-of-list":
      return "eol";
    case "no-operation":
      return "nop";
    case "mss":
      return `mss ${option.mss}`;
    case "window-scale":
      return `wscale ${option.shift}`;
    case "sack-permitted":
      return "sackOK";
    case "sack":
      return `sack ${sackBlocks(option.edges, base.peer)}`;
    case "timestamps":
      return `TS val ${option.value >>> 0} ecr ${option.echo >>> 0}`;
    case "md5":
      return `md5 ${toHex(option.digest)}`;
    case "fast-open":
      return `FO ${toHex(option.cookie)}`.trimEnd();
    case "fast-open-experiment":
      return `FOEXP ${toHex(option.cookie)}`.trimEnd();
    case "accecn":
      return accEcnText(option.order, option.counters);
    case "experiment":
      return experimentText(option.type, option.identifier.toString(16).padStart(4, "0"), toHex(option.data));
    case "unknown":
      return `gen-${option.type} ${toHex(option.data)}`.trimEnd();
  }
}

/** The language's experiments are those of kind 254. */
function experimentText(type: 253 | 254, identifier: string, data: string): string {
  return type === 254 ? `exp-${identifier} ${data}`.trimEnd() : `gen-${type} ${identifier}${data}`;
}

function sackBlocks(edges: readonly number[], base: number): string {
  const blocks: string[] = [];
  for (let i = 0; i + 1 < edges.length; i += 2)
    blocks.push(`${(edges[i]! - base) >>> 0}:${(edges[i + 1]! - base) >>> 0}`);
  return blocks.join(" ");
}

/** RFC 9768, section 3.2.3: order 0 carries EE0B, ECEB, EE1B, order 1 the reverse. */
function accEcnText(order: 0 | 1, counters: readonly number[]): string {
  if (counters.length === 0) return `AccECN${order}`;
  const names = order === 0 ? ["e0b", "ceb", "e1b"] : ["e1b", "ceb", "e0b"];
  return `ECN ${counters.map((counter, index) => `${names[index]} ${counter}`).join(" ")}`;
}
