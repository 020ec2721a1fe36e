/** ICMP for IPv4 (RFC 792; RFC 1191 for the MTU; RFC 950 for address masks). */
import { type Address, readAddressV4, writeAddressV4 } from "../../base/address.ts";
import { putU16, putU32, u16, u32 } from "../../base/bytes.ts";
import { checksum } from "../../base/hash/checksum.ts";

/*
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |     Type      |     Code      |          Checksum             |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |     four bytes by type: Identifier and Sequence Number,       |
   |     unused and Next-Hop MTU, Gateway Address, or Pointer      |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |     Data, or the IP header and first bytes of the packet      |
   |     that the error is about                                   |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

export const icmpv4Types = {
  echoReply: 0,
  destinationUnreachable: 3,
  sourceQuench: 4,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
  timestampRequest: 13,
  timestampReply: 14,
  informationRequest: 15,
  informationReply: 16,
  addressMaskRequest: 17,
  addressMaskReply: 18,
} as const;

/** Codes of Destination Unreachable (RFC 792; RFC 1122, section 3.2.2.1). */
export const icmpv4Unreachable = {
  net: 0,
  host: 1,
  protocol: 2,
  port: 3,
  fragmentationNeeded: 4,
  sourceRouteFailed: 5,
  netUnknown: 6,
  hostUnknown: 7,
  sourceHostIsolated: 8,
  netProhibited: 9,
  hostProhibited: 10,
  netForTos: 11,
  hostForTos: 12,
  administratively: 13,
  hostPrecedence: 14,
  precedenceCutoff: 15,
} as const;

export type Icmpv4Malformed = "truncated";

/** `data` and `quoted` are views of the bytes parsed: lent as those are. */
export type Icmpv4Message =
  | { kind: "echo-request" | "echo-reply"; identifier: number; sequence: number; data: Uint8Array }
  /** `mtu`: of the next hop, where code is Fragmentation Needed and the router knows RFC 1191, else 0. */
  | { kind: "destination-unreachable"; code: number; mtu: number; quoted: Uint8Array }
  | { kind: "source-quench" | "time-exceeded"; code: number; quoted: Uint8Array }
  | { kind: "redirect"; code: number; gateway: Address; quoted: Uint8Array }
  | { kind: "parameter-problem"; code: number; pointer: number; quoted: Uint8Array }
  /** Milliseconds since midnight UT, 32 bits. */
  | {
      kind: "timestamp-request" | "timestamp-reply";
      identifier: number;
      sequence: number;
      originate: number;
      receive: number;
      transmit: number;
    }
  | { kind: "information-request" | "information-reply"; identifier: number; sequence: number }
  | {
      kind: "address-mask-request" | "address-mask-reply";
      identifier: number;
      sequence: number;
      mask: number;
    }
  /** `body` starts after the checksum. */
  | { kind: "unknown"; type: number; code: number; body: Uint8Array };

/** The message in bytes[start, end). Checksums are the caller's (`verifyTransportChecksum`). */
export function parseIcmpv4(bytes: Uint8Array, start: number, end: number): Icmpv4Message | Icmpv4Malformed {
  if (end - start < 8) return "truncated";
  const type = bytes[start]!;
  const code = bytes[start + 1]!;
  const word = u32(bytes, start + 4);
  switch (type) {
    case icmpv4Types.echoRequest:
    case icmpv4Types.echoReply: {
      const kind = type === icmpv4Types.echoRequest ? "echo-request" : "echo-reply";
      return { kind, identifier: word >>> 16, sequence: word & 0xffff, data: bytes.subarray(start + 8, end) };
    }
    case icmpv4Types.destinationUnreachable: {
      const mtu = code === icmpv4Unreachable.fragmentationNeeded ? word & 0xffff : 0;
      return { kind: "destination-unreachable", code, mtu, quoted: bytes.subarray(start + 8, end) };
    }
    case icmpv4Types.sourceQuench:
      return { kind: "source-quench", code, quoted: bytes.subarray(start + 8, end) };
    case icmpv4Types.timeExceeded:
      return { kind: "time-exceeded", code, quoted: bytes.subarray(start + 8, end) };
    case icmpv4Types.redirect: {
      const gateway = readAddressV4(bytes, start + 4);
      return { kind: "redirect", code, gateway, quoted: bytes.subarray(start + 8, end) };
    }
    case icmpv4Types.parameterProblem: {
      const quoted = bytes.subarray(start + 8, end);
      return { kind: "parameter-problem", code, pointer: word >>> 24, quoted };
    }
    default:
      return parseQuery(type, code, bytes, start, end);
  }
}

/** The queries of old, and what is not known at all. */
function parseQuery(
  type: number,
  code: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): Icmpv4Message | Icmpv4Malformed {
  const identifier = u16(bytes, start + 4);
  const sequence = u16(bytes, start + 6);
  switch (type) {
    case icmpv4Types.timestampRequest:
    case icmpv4Types.timestampReply:
      if (end - start < 20) return "truncated";
      return {
        kind: type === icmpv4Types.timestampRequest ? "timestamp-request" : "timestamp-reply",
        identifier,
        sequence,
        originate: u32(bytes, start + 8),
        receive: u32(bytes, start + 12),
        transmit: u32(bytes, start + 16),
      };
    case icmpv4Types.informationRequest:
      return { kind: "information-request", identifier, sequence };
    case icmpv4Types.informationReply:
      return { kind: "information-reply", identifier, sequence };
    case icmpv4Types.addressMaskRequest:
    case icmpv4Types.addressMaskReply: {
      if (end - start < 12) return "truncated";
      const kind = type === icmpv4Types.addressMaskRequest ? "address-mask-request" : "address-mask-reply";
      return { kind, identifier, sequence, mask: u32(bytes, start + 8) };
    }
    default:
      return { kind: "unknown", type, code, body: bytes.subarray(start + 4, end) };
  }
}

/** Bytes of the message on the wire. */
export function icmpv4Length(message: Icmpv4Message): number {
  switch (message.kind) {
    case "echo-request":
    case "echo-reply":
      return 8 + message.data.length;
    case "timestamp-request":
    case "timestamp-reply":
      return 20;
    case "information-request":
    case "information-reply":
      return 8;
    case "address-mask-request":
    case "address-mask-reply":
      return 12;
    case "unknown":
      return 4 + message.body.length;
    default:
      return 8 + message.quoted.length;
  }
}

const typeOf: Record<Exclude<Icmpv4Message["kind"], "unknown">, number> = {
  "echo-reply": icmpv4Types.echoReply,
  "destination-unreachable": icmpv4Types.destinationUnreachable,
  "source-quench": icmpv4Types.sourceQuench,
  redirect: icmpv4Types.redirect,
  "echo-request": icmpv4Types.echoRequest,
  "time-exceeded": icmpv4Types.timeExceeded,
  "parameter-problem": icmpv4Types.parameterProblem,
  "timestamp-request": icmpv4Types.timestampRequest,
  "timestamp-reply": icmpv4Types.timestampReply,
  "information-request": icmpv4Types.informationRequest,
  "information-reply": icmpv4Types.informationReply,
  "address-mask-request": icmpv4Types.addressMaskRequest,
  "address-mask-reply": icmpv4Types.addressMaskReply,
};

/** Writes the message with its checksum. @returns its length. */
export function emitIcmpv4(message: Icmpv4Message, bytes: Uint8Array, at: number): number {
  bytes[at] = message.kind === "unknown" ? message.type : typeOf[message.kind];
  bytes[at + 1] = "code" in message ? message.code : 0;
  putU32(bytes, at + 4, 0);
  emitBody(message, bytes, at);
  const length = icmpv4Length(message);
  putU16(bytes, at + 2, 0);
  putU16(bytes, at + 2, checksum(bytes, at, at + length));
  return length;
}

function emitBody(message: Icmpv4Message, bytes: Uint8Array, at: number): void {
  if ("identifier" in message) {
    putU16(bytes, at + 4, message.identifier);
    putU16(bytes, at + 6, message.sequence);
  }
  switch (message.kind) {
    case "echo-request":
    case "echo-reply":
      bytes.set(message.data, at + 8);
      return;
    case "timestamp-request":
    case "timestamp-reply":
      putU32(bytes, at + 8, message.originate);
      putU32(bytes, at + 12, message.receive);
      putU32(bytes, at + 16, message.transmit);
      return;
    case "information-request":
    case "information-reply":
      return;
    case "address-mask-request":
    case "address-mask-reply":
      putU32(bytes, at + 8, message.mask);
      return;
    case "unknown":
      bytes.set(message.body, at + 4);
      return;
    case "destination-unreachable":
      putU16(bytes, at + 6, message.mtu);
      break;
    case "redirect":
      writeAddressV4(message.gateway, bytes, at + 4);
      break;
    case "parameter-problem":
      bytes[at + 4] = message.pointer;
  }
  bytes.set(message.quoted, at + 8);
}
