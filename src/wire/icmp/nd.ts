/**
 * Neighbor Discovery messages: ICMPv6 types 133 to 137 (RFC 4861, section 4). Parsing checks what the message itself
 * shows; that it came with hop limit 255 and from a fitting source (sections 6.1, 7.1 and 8.1) is the receiver's check.
 */
import { type Address, isMulticast, readAddressV6, writeAddressV6 } from "../../base/address.ts";
import { putU16, putU32, u16, u32 } from "../../base/bytes.ts";
import { icmpv6Types } from "./icmpv6.ts";
import {
  emitNdOptions,
  type NdOption,
  type NdOptionsMalformed,
  ndOptionLength,
  parseNdOptions,
} from "./nd-options.ts";

/*
   Router Solicitation         Neighbor Solicitation        Redirect
   +------+------+--------+    +------+------+--------+     +------+------+--------+
   | 133  |  0   |Checksum|    | 135  |  0   |Checksum|     | 137  |  0   |Checksum|
   +------+------+--------+    +------+------+--------+     +------+------+--------+
   |       reserved       |    |       reserved       |     |       reserved       |
   +----------------------+    +----------------------+     +----------------------+
   | Options ...               | Target Address (16)  |     | Target Address (16)  |
                               +----------------------+     +----------------------+
   Router Advertisement        | Options ...                | Destination (16)     |
   +------+------+--------+                                 +----------------------+
   | 134  |  0   |Checksum|    Neighbor Advertisement       | Options ...
   +------+------+--------+    +------+------+--------+
   |CurHop|MO Prf|Lifetime|    | 136  |  0   |Checksum|
   +------+------+--------+    +------+------+--------+
   | Reachable Time (4)   |    |R|S|O| reserved       |
   +----------------------+    +----------------------+
   | Retrans Timer (4)    |    | Target Address (16)  |
   +----------------------+    +----------------------+
   | Options ...               | Options ...
*/

export type NdMalformed = "truncated" | "bad-type" | "bad-code" | "multicast-target" | NdOptionsMalformed;

export type NdMessage =
  | { kind: "router-solicitation"; options: readonly NdOption[] }
  | NdRouterAdvertisement
  | { kind: "neighbor-solicitation"; target: Address; options: readonly NdOption[] }
  | NdNeighborAdvertisement
  /** `target` is the better first hop; equal to `destination`, which is then on-link. */
  | { kind: "redirect"; target: Address; destination: Address; options: readonly NdOption[] };

export interface NdRouterAdvertisement {
  kind: "router-advertisement";
  /** Cur Hop Limit; 0: unspecified. */
  hopLimit: number;
  managed: boolean;
  otherConfiguration: boolean;
  /** RFC 4191: 0 medium, 1 high, 3 low. */
  preference: number;
  /** Seconds as a default router; 0: it is none. */
  lifetime: number;
  /** Milliseconds; 0: unspecified. */
  reachableTime: number;
  retransTimer: number;
  options: readonly NdOption[];
}

export interface NdNeighborAdvertisement {
  kind: "neighbor-advertisement";
  router: boolean;
  solicited: boolean;
  override: boolean;
  target: Address;
  options: readonly NdOption[];
}

/** Bytes before the options, by ICMPv6 type. */
const fixedLengths: Readonly<Record<number, number>> = {
  [icmpv6Types.routerSolicitation]: 8,
  [icmpv6Types.routerAdvertisement]: 16,
  [icmpv6Types.neighborSolicitation]: 24,
  [icmpv6Types.neighborAdvertisement]: 24,
  [icmpv6Types.redirect]: 40,
};

/** Whether {@link parseNd} knows the ICMPv6 type. */
export function isNdType(type: number): boolean {
  return fixedLengths[type] !== undefined;
}

/** The message in bytes[start, end), which starts with the ICMPv6 type. */
export function parseNd(bytes: Uint8Array, start: number, end: number): NdMessage | NdMalformed {
  if (end - start < 8) return "truncated";
  const type = bytes[start]!;
  const fixed = fixedLengths[type];
  if (fixed === undefined) return "bad-type";
  if (end - start < fixed) return "truncated";
  if (bytes[start + 1] !== 0) return "bad-code";
  const options = parseNdOptions(bytes, start + fixed, end);
  if (typeof options === "string") return options;
  if (type === icmpv6Types.routerSolicitation) return { kind: "router-solicitation", options };
  if (type === icmpv6Types.routerAdvertisement) return readRouterAdvertisement(bytes, start, options);
  const target = readAddressV6(bytes, start + 8);
  if (isMulticast(target)) return "multicast-target";
  if (type === icmpv6Types.neighborSolicitation) return { kind: "neighbor-solicitation", target, options };
  if (type === icmpv6Types.neighborAdvertisement)
    return readNeighborAdvertisement(bytes, start, target, options);
  const destination = readAddressV6(bytes, start + 24);
  if (isMulticast(destination)) return "multicast-target";
  return { kind: "redirect", target, destination, options };
}

function readRouterAdvertisement(
  bytes: Uint8Array,
  start: number,
  options: NdOption[],
): NdRouterAdvertisement {
  const flags = bytes[start + 5]!;
  return {
    kind: "router-advertisement",
    hopLimit: bytes[start + 4]!,
    managed: (flags & 0x80) !== 0,
    otherConfiguration: (flags & 0x40) !== 0,
    preference: (flags >>> 3) & 3,
    lifetime: u16(bytes, start + 6),
    reachableTime: u32(bytes, start + 8),
    retransTimer: u32(bytes, start + 12),
    options,
  };
}

function readNeighborAdvertisement(
  bytes: Uint8Array,
  start: number,
  target: Address,
  options: NdOption[],
): NdNeighborAdvertisement {
  const flags = bytes[start + 4]!;
  return {
    kind: "neighbor-advertisement",
    router: (flags & 0x80) !== 0,
    solicited: (flags & 0x40) !== 0,
    override: (flags & 0x20) !== 0,
    target,
    options,
  };
}

const typeOf: Record<NdMessage["kind"], number> = {
  "router-solicitation": icmpv6Types.routerSolicitation,
  "router-advertisement": icmpv6Types.routerAdvertisement,
  "neighbor-solicitation": icmpv6Types.neighborSolicitation,
  "neighbor-advertisement": icmpv6Types.neighborAdvertisement,
  redirect: icmpv6Types.redirect,
};

/** Bytes of the message on the wire. */
export function ndLength(message: NdMessage): number {
  let length = fixedLengths[typeOf[message.kind]]!;
  for (const option of message.options) length += ndOptionLength(option);
  return length;
}

/** Writes the message; its checksum, which covers addresses, is `fillTransportChecksum`'s. @returns its length. */
export function emitNd(message: NdMessage, bytes: Uint8Array, at: number): number {
  const type = typeOf[message.kind];
  const fixed = fixedLengths[type]!;
  bytes.fill(0, at, at + fixed);
  bytes[at] = type;
  if (message.kind === "router-advertisement") emitRouterAdvertisement(message, bytes, at);
  if (message.kind === "neighbor-advertisement")
    bytes[at + 4] =
      (message.router ? 0x80 : 0) | (message.solicited ? 0x40 : 0) | (message.override ? 0x20 : 0);
  if ("target" in message) writeAddressV6(message.target, bytes, at + 8);
  if (message.kind === "redirect") writeAddressV6(message.destination, bytes, at + 24);
  return fixed + emitNdOptions(message.options, bytes, at + fixed);
}

function emitRouterAdvertisement(message: NdRouterAdvertisement, bytes: Uint8Array, at: number): void {
  bytes[at + 4] = message.hopLimit;
  bytes[at + 5] =
    (message.managed ? 0x80 : 0) | (message.otherConfiguration ? 0x40 : 0) | (message.preference << 3);
  putU16(bytes, at + 6, message.lifetime);
  putU32(bytes, at + 8, message.reachableTime);
  putU32(bytes, at + 12, message.retransTimer);
}
