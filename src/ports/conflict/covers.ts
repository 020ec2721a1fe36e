/** Which addresses a claim covers, for the rules that compare them. */
import { isUnspecified, isV4, sameAddress } from "../../base/address.ts";
import type { Claim } from "../table/claim.ts";

/** Either is bound to no device, or both to the same. */
export function devicesMeet(a: Claim, b: Claim): boolean {
  return a.device === 0 || b.device === 0 || a.device === b.device;
}

/** Some packet's destination would fit both: the same address, or a wildcard of one over the other's family. */
export function addressesMeet(a: Claim, b: Claim): boolean {
  if (isUnspecified(a.address)) return coversFamilyOf(a, b);
  if (isUnspecified(b.address)) return coversFamilyOf(b, a);
  return sameAddress(a.address, b.address);
}

/** Does the wildcard `a` reach into a family that `b` covers too? `::` without IPV6_V6ONLY reaches into both. */
function coversFamilyOf(a: Claim, b: Claim): boolean {
  return (coversV4(a) && coversV4(b)) || (coversV6(a) && coversV6(b));
}

export function coversV4(claim: Claim): boolean {
  return isV4(claim.address) || (isUnspecified(claim.address) && !claim.v6Only);
}

export function coversV6(claim: Claim): boolean {
  return !isV4(claim.address);
}
