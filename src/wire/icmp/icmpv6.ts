/** ICMPv6: errors and echo (RFC 4443). Neighbor Discovery is in nd.ts, multicast listeners in mld.ts. */
import { putU16, putU32, u16, u32 } from "../../base/bytes.ts";

/*
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |     Type      |     Code      |          Checksum             |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |     unused, MTU, Pointer, or Identifier and Sequence Number   |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |     As much of the invoking packet as fits in 1280 bytes,     |
   |     or the data of an echo                                    |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

export const icmpv6Types = {
  destinationUnreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
  multicastListenerQuery: 130,
  multicastListenerReport: 131,
  multicastListenerDone: 132,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
  redirect: 137,
  multicastListenerReportV2: 143,
} as const;

/** Codes of Destination Unreachable (RFC 4443, section 3.1). */
export const icmpv6Unreachable = {
  noRoute: 0,
  prohibited: 1,
  beyondScope: 2,
  address: 3,
  port: 4,
  sourcePolicy: 5,
  rejectRoute: 6,
} as const;

/** An error quotes at most what keeps its packet at the minimum MTU (RFC 4443, section 2.4 (c)). */
export const icmpv6MaximumQuote: number = 1280 - 40 - 8;

export type Icmpv6Malformed = "truncated";

/** `data` and `quoted` are views of the bytes parsed: lent as those are. */
export type Icmpv6Message =
  | { kind: "echo-request" | "echo-reply"; identifier: number; sequence: number; data: Uint8Array }
  | { kind: "destination-unreachable" | "time-exceeded"; code: number; quoted: Uint8Array }
  | { kind: "packet-too-big"; code: number; mtu: number; quoted: Uint8Array }
  | { kind: "parameter-problem"; code: number; pointer: number; quoted: Uint8Array }
  /** Everything else, Neighbor Discovery and MLD with it; types below 128 are errors. `body` starts after the checksum. */
  | { kind: "other"; type: number; code: number; body: Uint8Array };

/** The message in bytes[start, end). Checksums are the caller's (`verifyTransportChecksum`). */
export function parseIcmpv6(bytes: Uint8Array, start: number, end: number): Icmpv6Message | Icmpv6Malformed {
  if (end - start < 4) return "truncated";
  const type = bytes[start]!;
  const code = bytes[start + 1]!;
  const known =
    type === icmpv6Types.echoRequest || type === icmpv6Types.echoReply || (type >= 1 && type <= 4);
  if (!known) return { kind: "other", type, code, body: bytes.subarray(start + 4, end) };
  if (end - start < 8) return "truncated";
  const rest = bytes.subarray(start + 8, end);
  switch (type) {
    case icmpv6Types.destinationUnreachable:
      return { kind: "destination-unreachable", code, quoted: rest };
    case icmpv6Types.packetTooBig:
      return { kind: "packet-too-big", code, mtu: u32(bytes, start + 4), quoted: rest };
    case icmpv6Types.timeExceeded:
      return { kind: "time-exceeded", code, quoted: rest };
    case icmpv6Types.parameterProblem:
      return { kind: "parameter-problem", code, pointer: u32(bytes, start + 4), quoted: rest };
    default: {
      const kind = type === icmpv6Types.echoRequest ? "echo-request" : "echo-reply";
      return { kind, identifier: u16(bytes, start + 4), sequence: u16(bytes, start + 6), data: rest };
    }
  }
}

/** Bytes of the message on the wire. */
export function icmpv6Length(message: Icmpv6Message): number {
  switch (message.kind) {
    case "echo-request":
    case "echo-reply":
      return 8 + message.data.length;
    case "other":
      return 4 + message.body.length;
    default:
      return 8 + message.quoted.length;
  }
}

const typeOf: Record<Exclude<Icmpv6Message["kind"], "other">, number> = {
  "destination-unreachable": icmpv6Types.destinationUnreachable,
  "packet-too-big": icmpv6Types.packetTooBig,
  "time-exceeded": icmpv6Types.timeExceeded,
  "parameter-problem": icmpv6Types.parameterProblem,
  "echo-request": icmpv6Types.echoRequest,
  "echo-reply": icmpv6Types.echoReply,
};

/** Writes the message; its checksum, which covers addresses, is `fillTransportChecksum`'s. @returns its length. */
export function emitIcmpv6(message: Icmpv6Message, bytes: Uint8Array, at: number): number {
  bytes[at] = message.kind === "other" ? message.type : typeOf[message.kind];
  bytes[at + 1] = "code" in message ? message.code : 0;
  putU16(bytes, at + 2, 0);
  if (message.kind === "other") {
    bytes.set(message.body, at + 4);
    return icmpv6Length(message);
  }
  putU32(bytes, at + 4, wordOf(message));
  bytes.set("quoted" in message ? message.quoted : message.data, at + 8);
  return icmpv6Length(message);
}

function wordOf(message: Exclude<Icmpv6Message, { kind: "other" }>): number {
  switch (message.kind) {
    case "packet-too-big":
      return message.mtu;
    case "parameter-problem":
      return message.pointer;
    case "echo-request":
    case "echo-reply":
      return (message.identifier << 16) | message.sequence;
    default:
      return 0;
  }
}
