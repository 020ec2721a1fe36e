/** An SCTP packet as nplab packetdrill writes it: `sctp: DATA[flgs=BE, len=26, tsn=300, sid=0, ssn=0, ppid=0]`. */
import { decodeUtf8 } from "../../base/text.ts";
import { type SctpCause, sctpCauseCodes, sctpCauseLength } from "../sctp/causes.ts";
import { parseSctpChunk, type SctpChunk } from "../sctp/chunks.ts";
import { parseSctpData, sctpDataFlags } from "../sctp/data.ts";
import {
  nextSctpChunk,
  parseSctp,
  sctpChunkLength,
  sctpChunkTypes,
  verifySctpChecksum,
} from "../sctp/sctp.ts";
import { byteList, chunkTypeName, sctpParameterLine } from "./sctp-parameters.ts";

/** The packet in bytes[start, end). Tags and TSNs are as on the wire. */
export function sctpLine(bytes: Uint8Array, start: number, end: number): string {
  const packet = parseSctp(bytes, start, end);
  if (typeof packet === "string") return `// malformed SCTP: ${packet}`;
  const chunks: string[] = [];
  for (let at = packet.chunksStart; at < end; ) {
    const length = sctpChunkLength(bytes, at, end);
    if (length < 0) return `// malformed SCTP: chunk length, after ${chunks.join("; ") || "nothing"}`;
    chunks.push(sctpChunkText(bytes, at, at + length));
    at = nextSctpChunk(at, length);
  }
  const good = packet.zeroChecksum || verifySctpChecksum(bytes, start, end);
  const attribute = packet.zeroChecksum ? "(zero_checksum)" : good ? "" : "(bad_crc32c)";
  return `sctp${attribute}: ${chunks.join("; ")}`;
}

/** The chunk in bytes[start, end); one that cannot be read is said in bytes. */
export function sctpChunkText(bytes: Uint8Array, start: number, end: number): string {
  const type = bytes[start]!;
  if (type === sctpChunkTypes.DATA || type === sctpChunkTypes["I-DATA"])
    return dataText(bytes, start, end) ?? rawText(bytes, start, end);
  const chunk = parseSctpChunk(bytes, start, end);
  if (typeof chunk === "string") return rawText(bytes, start, end);
  const fields = fieldsOf(chunk, bytes[start + 1]!);
  if (fields === undefined) return rawText(bytes, start, end);
  return `${chunkTypeName(type)}[${fields.join(", ")}]`;
}

function rawText(bytes: Uint8Array, start: number, end: number): string {
  const type = chunkTypeName(bytes[start]!);
  const value = byteList(bytes.subarray(start + 4, end));
  return `CHUNK[type=${type}, flgs=${bytes[start + 1]!}, len=${end - start}, val=${value}]`;
}

const dataLetters: readonly [number, string][] = [
  [sctpDataFlags.immediate, "I"],
  [sctpDataFlags.unordered, "U"],
  [sctpDataFlags.beginning, "B"],
  [sctpDataFlags.ending, "E"],
];

function dataText(bytes: Uint8Array, start: number, end: number): string | undefined {
  const data = parseSctpData(bytes, start, end);
  if (typeof data === "string") return undefined;
  const letters = dataLetters.map(([bit, letter]) => ((data.flags & bit) !== 0 ? letter : "")).join("");
  const head = `flgs=${letters === "" ? "0" : letters}, len=${end - start}, tsn=${data.tsn >>> 0}, sid=${data.stream}`;
  if (!data.interleaved) return `DATA[${head}, ssn=${data.message}, ppid=${data.payloadProtocol}]`;
  const begins = (data.flags & sctpDataFlags.beginning) !== 0;
  const last = begins ? `ppid=${data.payloadProtocol}` : `fsn=${data.fragment >>> 0}`;
  return `I_DATA[${head}, mid=${data.message >>> 0}, ${last}]`;
}

/** The fields in the order the language fixes (section 17.1), or undefined where it has no such chunk. */
function fieldsOf(chunk: SctpChunk, flags: number): string[] | undefined {
  const flgs = `flgs=${"tagReflected" in chunk && chunk.tagReflected ? "T" : flags}`;
  switch (chunk.type) {
    case "INIT":
    case "INIT-ACK":
      return [
        flgs,
        `tag=${chunk.initiateTag >>> 0}`,
        `a_rwnd=${chunk.receiverWindow}`,
        `os=${chunk.outboundStreams}`,
        `is=${chunk.inboundStreams}`,
        `tsn=${chunk.initialTsn >>> 0}`,
        ...chunk.parameters.map(sctpParameterLine),
      ];
    case "SACK":
    case "NR-SACK": {
      const nonRenegable = chunk.type === "SACK" ? [] : [`nr_gaps=${gapList(chunk.nonRenegable)}`];
      return [
        flgs,
        `cum_tsn=${chunk.cumulativeTsn >>> 0}`,
        `a_rwnd=${chunk.receiverWindow}`,
        `gaps=${gapList(chunk.gaps)}`,
        ...nonRenegable,
        `dups=[${chunk.duplicates.map((tsn) => tsn >>> 0).join(", ")}]`,
      ];
    }
    case "HEARTBEAT":
    case "HEARTBEAT-ACK":
    case "RE-CONFIG":
      return [flgs, ...chunk.parameters.map(sctpParameterLine)];
    case "ABORT":
    case "ERROR":
      return [flgs, ...chunk.causes.map(causeText)];
    case "SHUTDOWN":
      return [flgs, `cum_tsn=${chunk.cumulativeTsn >>> 0}`];
    case "SHUTDOWN-ACK":
    case "COOKIE-ACK":
    case "SHUTDOWN-COMPLETE":
      return [flgs];
    case "COOKIE-ECHO":
      return [flgs, `len=${chunk.cookie.length + 4}`, "val=..."];
    case "ECNE":
    case "CWR":
      return [flgs, `tsn=${chunk.lowestTsn >>> 0}`];
    case "PAD":
      return [flgs, `len=${chunk.length + 4}`, "val=..."];
    case "FORWARD-TSN": {
      const ids = chunk.streams.map(({ stream, ssn }) => `{${stream}, ${ssn}}`);
      return [`cum_tsn=${chunk.cumulativeTsn >>> 0}`, `ids=[${ids.join(", ")}]`];
    }
    case "I-FORWARD-TSN": {
      const ids = chunk.streams.map(
        ({ stream, unordered, mid }) => `{${stream}, ${unordered ? 1 : 0}, ${mid >>> 0}}`,
      );
      return [`cum_tsn=${chunk.cumulativeTsn >>> 0}`, `ids=[${ids.join(", ")}]`];
    }
    default:
      return undefined;
  }
}

function gapList(gaps: readonly number[]): string {
  const blocks: string[] = [];
  for (let i = 0; i + 1 < gaps.length; i += 2) blocks.push(`${gaps[i]}:${gaps[i + 1]}`);
  return `[${blocks.join(", ")}]`;
}

/** Names that the language has for causes, where they are not the RFC's with underscores. */
const causeNames: Partial<Record<SctpCause["type"], string>> = {
  "STALE-COOKIE": "STALE_COOKIE_ERROR",
  "COOKIE-RECEIVED-WHILE-SHUTTING-DOWN": "COOKIE_RECEIVED_WHILE_SHUTDOWN",
};

function causeText(cause: SctpCause): string {
  const name = causeNames[cause.type] ?? cause.type.replaceAll("-", "_");
  switch (cause.type) {
    case "INVALID-STREAM-IDENTIFIER":
      return `${name}[sid=${cause.stream}]`;
    case "MISSING-MANDATORY-PARAMETER":
      return `${name}[types=[${cause.missing.join(", ")}]]`;
    case "STALE-COOKIE":
      return `${name}[staleness=${cause.staleness}]`;
    case "NO-USER-DATA":
      return `${name}[tsn=${cause.tsn >>> 0}]`;
    case "OUT-OF-RESOURCE":
    case "INVALID-MANDATORY-PARAMETER":
    case "COOKIE-RECEIVED-WHILE-SHUTTING-DOWN":
      if (cause.value.length === 0) return `${name}[]`;
      break;
    case "USER-INITIATED-ABORT":
    case "PROTOCOL-VIOLATION": {
      const info = decodeUtf8(cause.value);
      if (/^[\x20-\x7e]*$/.test(info)) return `${name}[info="${info.replace(/["\\]/g, "\\$&")}"]`;
    }
  }
  const code = cause.type === "UNKNOWN" ? cause.code : sctpCauseCodes[cause.type];
  return `CAUSE[code=${code}, len=${sctpCauseLength(cause)}, info=${byteList("value" in cause ? cause.value : new Uint8Array())}]`;
}
