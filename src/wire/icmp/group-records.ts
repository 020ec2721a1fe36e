/** What IGMPv3 (RFC 3376, section 4) and MLDv2 (RFC 3810, section 5) have in common: group records and floating codes. */
import {
  type Address,
  readAddressV4,
  readAddressV6,
  writeAddressV4,
  writeAddressV6,
} from "../../base/address.ts";
import { putU16, u16 } from "../../base/bytes.ts";

/*
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |  Record Type  |  Aux Data Len |     Number of Sources (N)     |   Aux Data Len counts words
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                    Multicast Address                          |   4 or 16 bytes, as each source
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                    Source Address [1..N]                      |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                       Auxiliary Data                          |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

export const groupRecordTypes = {
  modeIsInclude: 1,
  modeIsExclude: 2,
  changeToInclude: 3,
  changeToExclude: 4,
  allowNewSources: 5,
  blockOldSources: 6,
} as const;

export interface GroupRecord {
  /** {@link groupRecordTypes}; others are ignored by routers. */
  type: number;
  group: Address;
  sources: readonly Address[];
}

/** Bytes of an address: the one thing in which the two protocols differ here. */
export type AddressSize = 4 | 16;

/** `count` records in bytes[start, end), auxiliary data passed over, or undefined where they are not all there. */
export function readGroupRecords(
  size: AddressSize,
  count: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): GroupRecord[] | undefined {
  const records: GroupRecord[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (end - at < 4 + size) return undefined;
    const sourcesCount = u16(bytes, at + 2);
    const sources = readAddresses(size, sourcesCount, bytes, at + 4 + size, end);
    if (sources === undefined) return undefined;
    records.push({ type: bytes[at]!, group: readAddress(size, bytes, at + 4), sources });
    at += 4 + size + sourcesCount * size + bytes[at + 1]! * 4;
  }
  return at > end ? undefined : records;
}

/** `count` addresses from `start` on, or undefined where they are not all there. */
export function readAddresses(
  size: AddressSize,
  count: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): Address[] | undefined {
  if (count * size > end - start) return undefined;
  const addresses: Address[] = [];
  for (let i = 0; i < count; i++) addresses.push(readAddress(size, bytes, start + i * size));
  return addresses;
}

export function readAddress(size: AddressSize, bytes: Uint8Array, at: number): Address {
  return size === 4 ? readAddressV4(bytes, at) : readAddressV6(bytes, at);
}

export function writeAddress(size: AddressSize, address: Address, bytes: Uint8Array, at: number): void {
  if (size === 4) writeAddressV4(address, bytes, at);
  else writeAddressV6(address, bytes, at);
}

/** @returns the addresses' length. */
export function writeAddresses(
  size: AddressSize,
  addresses: readonly Address[],
  bytes: Uint8Array,
  at: number,
): number {
  for (const [index, address] of addresses.entries()) writeAddress(size, address, bytes, at + index * size);
  return addresses.length * size;
}

/** Bytes of the records on the wire. */
export function groupRecordsLength(size: AddressSize, records: readonly GroupRecord[]): number {
  let length = 0;
  for (const { sources } of records) length += 4 + size + sources.length * size;
  return length;
}

/** @returns the records' length. */
export function emitGroupRecords(
  size: AddressSize,
  records: readonly GroupRecord[],
  bytes: Uint8Array,
  start: number,
): number {
  let at = start;
  for (const { type, group, sources } of records) {
    bytes[at] = type;
    bytes[at + 1] = 0;
    putU16(bytes, at + 2, sources.length);
    writeAddress(size, group, bytes, at + 4);
    at += 4 + size;
    at += writeAddresses(size, sources, bytes, at);
  }
  return at - start;
}

/** The number that a code of 3 bits of exponent and `mantissaBits` stands for, its top bit set (RFC 3376, section 4.1.1). */
export function decodeFloat(code: number, mantissaBits: 4 | 12): number {
  const linear = 1 << (mantissaBits + 3);
  if (code < linear) return code;
  const mantissa = (code & ((1 << mantissaBits) - 1)) | (1 << mantissaBits);
  const exponent = (code >>> mantissaBits) & 7;
  return mantissa << (exponent + 3);
}

/** The code of the largest number not above `value` that has one. */
export function encodeFloat(value: number, mantissaBits: 4 | 12): number {
  const linear = 1 << (mantissaBits + 3);
  if (value < linear) return value;
  const largest = decodeFloat(2 * linear - 1, mantissaBits);
  const capped = Math.min(value, largest);
  const exponent = 31 - Math.clz32(capped) - mantissaBits - 3;
  const mantissa = (capped >>> (exponent + 3)) & ((1 << mantissaBits) - 1);
  return linear | (exponent << mantissaBits) | mantissa;
}
