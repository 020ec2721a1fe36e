/** SCTP for people. Chunks are said in packetdrill's words, which name every field. */
import { u16 } from "../../base/bytes.ts";
import { sctpChunkText } from "../line/sctp.ts";
import { parseSctpData, sctpDataFlags } from "../sctp/data.ts";
import {
  nextSctpChunk,
  parseSctp,
  sctpChunkLength,
  sctpChunkName,
  sctpChunkTypes,
  verifySctpChecksum,
} from "../sctp/sctp.ts";
import type { IpContext } from "./context.ts";
import {
  badField,
  dataFields,
  type Field,
  field,
  fieldsOf,
  flagNames,
  judgeChecksum,
  named,
  type Row,
  readU8,
  showHex8,
  showHex32,
  showU16,
  showU32,
} from "./field.ts";

const headerRows: readonly Row[] = [
  ["Source port", 0, 2, showU16],
  ["Destination port", 2, 2, showU16],
  ["Verification tag", 4, 4, showHex32],
  ["Checksum", 8, 4, showHex32],
];

export function dissectSctp(bytes: Uint8Array, start: number, end: number, { extent }: IpContext): Field[] {
  const packet = parseSctp(bytes, start, end);
  const fields = fieldsOf(headerRows, bytes, start, end);
  if (typeof packet === "string") {
    const cut = field("SCTP", "", start, end, fields);
    return [extent === "quoted" ? cut : { ...cut, problem: packet }];
  }
  if (extent === "whole" && !packet.zeroChecksum)
    judgeChecksum(fields, verifySctpChecksum(bytes, start, end) ? undefined : "bad-checksum");
  const ports = `${packet.sourcePort} to ${packet.destinationPort}`;
  const layers = [field("SCTP", ports, start, packet.chunksStart, fields)];
  for (let at = packet.chunksStart; at < end; ) {
    const length = sctpChunkLength(bytes, at, end);
    if (length < 0) {
      layers.push(badField("SCTP chunk", "bad-chunk-length", at, end));
      break;
    }
    const next = Math.min(end, nextSctpChunk(at, length));
    layers.push(dissectChunk(bytes, at, at + length), ...dataFields("Padding", at + length, next));
    at = next;
  }
  return layers;
}

const typeNames = new Map<number, string>(
  Object.entries(sctpChunkTypes).map(([name, number]) => [number, name]),
);

const chunkRows: readonly Row[] = [
  ["Type", 0, 1, named(typeNames, readU8)],
  ["Flags", 1, 1, showHex8],
  ["Length", 2, 2, showU16],
];

/** Fixed fields of the values of chunks. */
const valueRows: Readonly<Record<number, readonly Row[]>> = {
  [sctpChunkTypes.INIT]: initRows(),
  [sctpChunkTypes["INIT-ACK"]]: initRows(),
  [sctpChunkTypes.SACK]: [
    ["Cumulative TSN", 4, 4, showU32],
    ["Receiver window", 8, 4, showU32],
    ["Gap blocks", 12, 2, showU16],
    ["Duplicates", 14, 2, showU16],
  ],
  [sctpChunkTypes.SHUTDOWN]: [["Cumulative TSN", 4, 4, showU32]],
  [sctpChunkTypes["FORWARD-TSN"]]: [["New cumulative TSN", 4, 4, showU32]],
};

function initRows(): readonly Row[] {
  return [
    ["Initiate tag", 4, 4, showHex32],
    ["Receiver window", 8, 4, showU32],
    ["Outbound streams", 12, 2, showU16],
    ["Inbound streams", 14, 2, showU16],
    ["Initial TSN", 16, 4, showU32],
  ];
}

function dissectChunk(bytes: Uint8Array, start: number, end: number): Field {
  const type = bytes[start]!;
  const name = `SCTP ${sctpChunkName(type) ?? `chunk ${type}`}`;
  const fields = fieldsOf(chunkRows, bytes, start, end);
  const chunk = field(name, sctpChunkText(bytes, start, end), start, end, fields);
  if (type === sctpChunkTypes.DATA || type === sctpChunkTypes["I-DATA"]) addData(chunk, bytes, start, end);
  else fields.push(...fieldsOf(valueRows[type] ?? [], bytes, start, end));
  return chunk;
}

function addData(chunk: Field, bytes: Uint8Array, start: number, end: number): void {
  const data = parseSctpData(bytes, start, end);
  if (typeof data === "string") {
    chunk.problem = data;
    return;
  }
  const names = Object.entries(sctpDataFlags).map(([name, bit]) => [bit, name] as const);
  chunk.fields.push(
    field("Fragment", flagNames(names, data.flags), start + 1, start + 2),
    field("TSN", String(data.tsn >>> 0), start + 4, start + 8),
    field("Stream", String(u16(bytes, start + 8)), start + 8, start + 10),
    ...dataFields("User data", data.payloadStart, data.payloadEnd),
  );
}
