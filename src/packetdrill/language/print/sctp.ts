/** SCTP packets as a script writes them: the fields of a chunk in the order they stand in its tree. */
import type { Ports } from "../script/packets.ts";
import type { Cause, Chunk, Gap, Parameter, Sctp } from "../script/sctp.ts";

export function printSctp(sctp: Sctp): string {
  const attributes: string[] = [];
  if (sctp.checksum !== "good") attributes.push(sctp.checksum);
  if (sctp.tag !== undefined) attributes.push(`tag=${sctp.tag}`);
  const head = attributes.length === 0 ? "sctp" : `sctp(${attributes.join(", ")})`;
  const udp = sctp.udpEncapsulation === undefined ? "" : ` /udp(${printPorts(sctp.udpEncapsulation)})`;
  const body =
    sctp.body.form === "bytes" ? printNumbers(sctp.body.bytes) : sctp.body.chunks.map(printChunk).join("; ");
  return `${head}${udp}: ${body}`;
}

export function printPorts(ports: Ports): string {
  return `${ports.source} > ${ports.destination}`;
}

export function printChunk(chunk: Chunk): string {
  return printPart(chunk);
}

function printPart(part: Chunk | Parameter | Cause): string {
  const fields: string[] = [];
  for (const [name, value] of Object.entries(part) as [string, unknown][]) {
    if (name === "type" || value === undefined) continue;
    if (name === "parameters" || name === "causes")
      fields.push(...printParts(value as readonly Parameter[] | null));
    else fields.push(`${name === "number" ? "type" : name}=${printValue(part, name, value)}`);
  }
  return `${part.type}[${fields.join(", ")}]`;
}

function printParts(parts: readonly (Parameter | Cause)[] | null): string[] {
  return parts === null ? ["..."] : parts.map(printPart);
}

function printValue(part: Chunk | Parameter | Cause, name: string, value: unknown): string {
  if (value === null) return "...";
  if (name === "flgs") return printFlags(part.type, value as number);
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return isText(part, name) ? quoted(value) : value;
  if (name === "params") return `[${printParts(value as readonly Parameter[]).join(", ")}]`;
  if (name === "param" || name === "chk") return printPart(value as Parameter | Chunk);
  if (name === "gaps" || name === "nr_gaps") return printGaps(value as readonly Gap[]);
  if (name === "ids")
    return `[${(value as readonly number[][]).map((id) => `{${id.join(", ")}}`).join(", ")}]`;
  return printNumbers(value as readonly number[]);
}

function isText(part: Chunk | Parameter | Cause, name: string): boolean {
  return name === "info" || part.type === "HOSTNAME_ADDRESS";
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** Letters where the chunk has them: IUBE of data, T of an ABORT without an association. */
function printFlags(type: string, flags: number): string {
  if ((type === "DATA" || type === "I_DATA") && flags > 0 && flags < 16) {
    return ["I", "U", "B", "E"].filter((_letter, index) => flags & (8 >> index)).join("");
  }
  return (type === "ABORT" || type === "SHUTDOWN_COMPLETE") && flags === 1 ? "T" : String(flags);
}

function printGaps(gaps: readonly Gap[]): string {
  return `[${gaps.map((gap) => `${gap.start}:${gap.end}`).join(", ")}]`;
}

function printNumbers(numbers: readonly number[]): string {
  return `[${numbers.join(", ")}]`;
}
