/** Which of our addresses a packet leaves with (RFC 6724, section 5; for IPv4 as Linux does, RFC 1122, section 3.3.4.3). */
import { type Address, isLinkLocal, isLoopback, isMulticast, isV4, sameAddress } from "../../base/address.ts";
import { commonPrefixLength, contains } from "../../base/prefix.ts";
import { labelOf, scopeOf } from "./scope.ts";

/** An address that may be used as a source: neither tentative nor duplicate. */
export interface SourceCandidate {
  readonly address: Address;
  readonly prefixLength: number;
  readonly state: "preferred" | "deprecated" | "tentative" | "duplicate";
}

/**
 * The source for a packet to `destination`.
 * @param outgoing the addresses of the interface it leaves by, in order of configuration.
 * @param others those of other interfaces, asked only where the outgoing one has none of the family (weak host model).
 * @param nextHop the neighbour it is sent to.
 */
export function chooseSource(
  destination: Address,
  nextHop: Address,
  outgoing: readonly SourceCandidate[],
  others: readonly SourceCandidate[],
): Address | undefined {
  return isV4(destination)
    ? chooseV4(nextHop, outgoing, others)
    : (chooseV6(destination, outgoing) ?? chooseV6(destination, reaching(destination, others)));
}

/** As Linux does (`inet_select_addr`): the first whose network holds the next hop, else the first, else another's first. */
function chooseV4(
  nextHop: Address,
  outgoing: readonly SourceCandidate[],
  others: readonly SourceCandidate[],
): Address | undefined {
  let first: Address | undefined;
  for (const candidate of outgoing) {
    if (!usable(candidate) || !isV4(candidate.address)) continue;
    if (contains({ address: candidate.address, length: candidate.prefixLength }, nextHop))
      return candidate.address;
    first ??= candidate.address;
  }
  if (first !== undefined) return first;
  return others.find((other) => usable(other) && isV4(other.address) && !isLoopback(other.address))?.address;
}

/** Section 4: for link-local and multicast destinations only addresses of the outgoing interface will do. */
function reaching(destination: Address, others: readonly SourceCandidate[]): readonly SourceCandidate[] {
  if (isMulticast(destination) || isLinkLocal(destination)) return [];
  return others.filter(({ address }) => !isLinkLocal(address) && !isLoopback(address));
}

function chooseV6(destination: Address, candidates: readonly SourceCandidate[]): Address | undefined {
  let best: SourceCandidate | undefined;
  for (const candidate of candidates) {
    if (!usable(candidate) || isV4(candidate.address)) continue;
    if (best === undefined || better(candidate, best, destination)) best = candidate;
  }
  return best?.address;
}

function usable({ state }: SourceCandidate): boolean {
  return state === "preferred" || state === "deprecated";
}

/** Rules 1, 2, 3, 6 and 8; 4 and 7 need mobile and temporary addresses, 5 is the caller's order of lists. */
function better(a: SourceCandidate, b: SourceCandidate, destination: Address): boolean {
  if (sameAddress(a.address, destination)) return true;
  if (sameAddress(b.address, destination)) return false;
  const scopes = preferScope(scopeOf(a.address), scopeOf(b.address), scopeOf(destination));
  if (scopes !== 0) return scopes > 0;
  if (a.state !== b.state) return a.state === "preferred";
  const label = labelOf(destination);
  const labelA = labelOf(a.address) === label;
  if (labelA !== (labelOf(b.address) === label)) return labelA;
  return matching(a, destination) > matching(b, destination);
}

/** Rule 2: the smallest scope that still reaches; else the largest. */
function preferScope(a: number, b: number, destination: number): number {
  if (a < b) return a < destination ? -1 : 1;
  if (b < a) return b < destination ? 1 : -1;
  return 0;
}

/** Rule 8: bits in common, counted no further than the source's own prefix. */
function matching({ address, prefixLength }: SourceCandidate, destination: Address): number {
  return Math.min(commonPrefixLength(address, destination), prefixLength);
}
