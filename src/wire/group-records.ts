/** What IGMPv3 and MLDv2 share: group records (RFC 3376, section 4.2.4; RFC 3810, section 5.2.5) and response codes. */
import type { Address } from "../base/address.ts";

/** The values of Record Type. */
export const groupRecordTypes = {
  modeIsInclude: 1,
  modeIsExclude: 2,
  changeToInclude: 3,
  changeToExclude: 4,
  allowNewSources: 5,
  blockOldSources: 6,
} as const;

/** What a host wants to hear of one group. We name no sources: excluding none is to hear all, including none is to leave. */
export interface GroupRecord {
  readonly type: number;
  readonly group: Address;
}

/**
 * A response or interval code: a number, or beyond half of its range a floating-point one
 * (RFC 3376, section 4.1.1; RFC 3810, section 5.1.3).
 */
export function decodeResponseCode(code: number, bits: 8 | 16): number {
  if (code < 1 << (bits - 1)) return code;
  const mantissaBits = bits - 4;
  const mantissa = code & ((1 << mantissaBits) - 1);
  const exponent = (code >>> mantissaBits) & 7;
  return (mantissa | (1 << mantissaBits)) << (exponent + 3);
}
