/** Initial sequence numbers (RFC 9293, section 3.4.1; RFC 6528) and timestamp offsets (RFC 7323, section 5.4). */
import { type Address, isV4 } from "../../../base/address.ts";
import type { Endpoint } from "../../../base/endpoint.ts";
import { type Hash64, type SipKey, siphash3, siphashWords } from "../../../base/hash/siphash.ts";
import type { Instant } from "../../../base/time/clock.ts";

/** M counts in steps of 4 microseconds. */
const stepsPerMillisecond = 250;

/**
 * ISN = M + F(local, remote, key): a clock, so that old duplicates of one connection die out (MUST-8), and a keyed hash, so
 * that nobody outside can compute it (SHLD-1, MUST-9).
 */
export function initialSequence(key: SipKey, local: Endpoint, remote: Endpoint, now: Instant): number {
  return (Math.floor(now * stepsPerMillisecond) + hash(key, local, remote).low) | 0;
}

/** What TSval of a connection begins with: the same hash's other half, so that it grows steadily for one pair of endpoints. */
export function timestampOffset(key: SipKey, local: Endpoint, remote: Endpoint): number {
  return hash(key, local, remote).high;
}

function hash(key: SipKey, local: Endpoint, remote: Endpoint): Hash64 {
  const a = local.address;
  const b = remote.address;
  const ports = (local.port << 16) | remote.port;
  if (isV4(a) && isV4(b)) return siphash3(key, a.w3, b.w3, ports);
  return siphashWords(key, [...words(a), ...words(b), ports]);
}

function words({ w0, w1, w2, w3 }: Address): readonly number[] {
  return [w0, w1, w2, w3];
}
