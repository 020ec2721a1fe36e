/** Whether an SCTP packet can be sent, or can come. */
import { parseAddress } from "../../../base/address.ts";
import type { Cause, Chunk, Gap, Parameter, Sctp, Value } from "../script/sctp.ts";
import { type ReportPacket, range } from "./context.ts";

/** The largest value of each field. */
const largest: Readonly<Record<string, number>> = {
  flgs: 0xff,
  number: 0xffff,
  len: 0xffff,
  sid: 0xffff,
  ssn: 0xffff,
  os: 0xffff,
  is: 0xffff,
  code: 0xffff,
};

/** What may be `...` in an inbound packet: it is then filled in, or chosen. */
const mayBeLeftOut: Readonly<Record<string, ReadonlySet<string>>> = {
  COOKIE_ECHO: new Set(["len", "val"]),
  HEARTBEAT_INFORMATION: new Set(["len", "val"]),
  STATE_COOKIE: new Set(["len", "val"]),
  PAD: new Set(["val"]),
  CHUNK: new Set(["val"]),
  PARAMETER: new Set(["val"]),
};

export function checkSctp(sctp: Sctp, inbound: boolean, report: ReportPacket): void {
  range("tag", sctp.tag, 0, 0xffffffff, report);
  if (!inbound && sctp.checksum === "bad_crc32c") report("bad_crc32c is for inbound packets");
  if (sctp.body.form === "bytes") {
    if (!inbound) report("an SCTP packet as bytes can only be sent, not expected");
    for (const byte of sctp.body.bytes) range("byte", byte, 0, 255, report);
    return;
  }
  for (const chunk of sctp.body.chunks) checkChunk(chunk, inbound, report);
}

function checkChunk(chunk: Chunk, inbound: boolean, report: ReportPacket): void {
  checkFields(chunk, inbound, report);
  if ("parameters" in chunk) {
    for (const parameter of chunk.parameters ?? []) checkParameter(parameter, inbound, report);
  }
  if ("causes" in chunk) for (const cause of chunk.causes ?? []) checkCause(cause, inbound, report);
  if ("gaps" in chunk) checkGaps(chunk.gaps, report);
  if ("nr_gaps" in chunk) checkGaps(chunk.nr_gaps, report);
  if ((chunk.type === "DATA" || chunk.type === "I_DATA") && inbound) {
    const header = chunk.type === "DATA" ? 16 : 20;
    if (chunk.len !== null && chunk.len < header) report(`${chunk.type} has at least ${header} bytes: len`);
  }
  if (chunk.type === "FORWARD_TSN" || chunk.type === "I_FORWARD_TSN") {
    const wanted = chunk.type === "FORWARD_TSN" ? 2 : 3;
    for (const id of chunk.ids ?? []) {
      if (id.length !== wanted) report(`an entry of ids of ${chunk.type} has ${wanted} numbers`);
    }
  }
}

/** Numbers fit their fields, and an inbound packet has them all. */
function checkFields(part: Chunk | Parameter | Cause, inbound: boolean, report: ReportPacket): void {
  for (const [name, value] of Object.entries(part) as [string, unknown][]) {
    if (value === null && inbound && !mayBeLeftOut[part.type]?.has(name)) {
      report(`an inbound packet needs ${name} of ${part.type}`);
    } else if (typeof value === "number") {
      const most = part.type === "CHUNK" && name === "number" ? 0xff : (largest[name] ?? 0xffffffff);
      range(`${name} of ${part.type}`, value, 0, most, report);
    } else if (name === "val" || (name === "info" && part.type === "CAUSE")) {
      for (const byte of (value as readonly Value[] | null) ?? []) range("byte", byte, 0, 255, report);
    } else if (name === "addr" && part.type !== "HOSTNAME_ADDRESS" && typeof value === "string") {
      if (parseAddress(value) === undefined) report(`${value} is no address`);
    }
  }
}

function checkParameter(parameter: Parameter, inbound: boolean, report: ReportPacket): void {
  checkFields(parameter, inbound, report);
  if (parameter.type !== "UNRECOGNIZED_PARAMETER") return;
  for (const inner of parameter.params ?? []) checkParameter(inner, inbound, report);
}

function checkCause(cause: Cause, inbound: boolean, report: ReportPacket): void {
  checkFields(cause, inbound, report);
  if ("params" in cause) for (const inner of cause.params ?? []) checkParameter(inner, inbound, report);
  if ("param" in cause && cause.param !== null) checkParameter(cause.param, inbound, report);
  if ("chk" in cause && cause.chk !== null) checkChunk(cause.chk, inbound, report);
}

function checkGaps(gaps: readonly Gap[] | null, report: ReportPacket): void {
  for (const gap of gaps ?? []) {
    range("gap", gap.start, 0, 0xffff, report);
    range("gap", gap.end, 0, 0xffff, report);
  }
}
