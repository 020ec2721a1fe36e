/** The IP headers in front of what transports send, written straight from route and options. */
import { writeAddressV4, writeAddressV6 } from "../../base/address.ts";
import { putU16, putU32 } from "../../base/bytes.ts";
import { fold } from "../../base/hash/checksum.ts";
import type { HostRoute } from "../host-route.ts";
import type { SendOptions } from "../transport.ts";

export const headerLengthV4 = 20;
export const headerLengthV6 = 40;

export const dontFragmentBit = 0x4000;

/** @param length of the header and all behind it. @param flags DF or nothing, in place. */
export function writeHeaderV4(
  bytes: Uint8Array,
  at: number,
  length: number,
  identification: number,
  flags: number,
  route: HostRoute,
  options: SendOptions,
): void {
  bytes[at] = 0x45;
  bytes[at + 1] = options.trafficClass;
  putU16(bytes, at + 2, length);
  putU16(bytes, at + 4, identification);
  putU16(bytes, at + 6, flags);
  bytes[at + 8] = options.hopLimit;
  bytes[at + 9] = options.protocol;
  const first = 0x4500 + options.trafficClass + length + identification + flags;
  const second = ((options.hopLimit << 8) | options.protocol) + route.addressSum;
  putU16(bytes, at + 10, ~fold(first + second));
  writeAddressV4(route.source, bytes, at + 12);
  writeAddressV4(route.destination, bytes, at + 16);
}

/** @param length of all behind the header. */
export function writeHeaderV6(
  bytes: Uint8Array,
  at: number,
  length: number,
  route: HostRoute,
  options: SendOptions,
): void {
  putU32(bytes, at, 0x60000000 | (options.trafficClass << 20) | (options.flowLabel & 0xfffff));
  putU16(bytes, at + 4, length);
  bytes[at + 6] = options.protocol;
  bytes[at + 7] = options.hopLimit;
  writeAddressV6(route.source, bytes, at + 8);
  writeAddressV6(route.destination, bytes, at + 24);
}
