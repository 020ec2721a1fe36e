/**
 * The walk over IPv6 extension headers as a destination does it (RFC 8200, section 4; RFC 8504, section 5.3 for its
 * limits). It allocates one small object, and reads each byte once.
 */
import { u16 } from "../../base/bytes.ts";
import { protocols } from "../protocols.ts";
import { ipv6ExtensionLength, isIpv6Extension } from "./ipv6-extensions.ts";
import { ipv6OptionTypes } from "./ipv6-options.ts";

/** Where the extension headers end. */
export interface Ipv6Chain {
  kind: "chain";
  /** What follows: the upper layer, 59 for nothing, or `protocols.fragment`, at which the walk stops. */
  protocol: number;
  /** Where the byte stands that says `protocol`, for a Parameter Problem about it. */
  protocolAt: number;
  /** The first byte behind the headers walked: of the upper layer, or of the fragment header. */
  payloadStart: number;
  /** The value of a Router Alert option (RFC 2711), or -1. */
  routerAlert: number;
}

/** Why a packet is dropped, and what its sender is told: a Parameter Problem (RFC 4443, section 3.4), or nothing. */
export interface Ipv6Problem {
  kind: "problem";
  reason:
    | "truncated-extension"
    | "too-many-extensions"
    | "misplaced-hop-by-hop"
    | "too-many-options"
    | "truncated-option"
    | "unknown-option"
    | "jumbo-payload"
    | "source-route";
  report: "always" | "unless-multicast" | "never";
  /** Code of the Parameter Problem: 0 erroneous field, 1 unrecognized Next Header, 2 unrecognized option. */
  code: 0 | 1 | 2;
  /** The byte at fault, as an index into the bytes walked. */
  at: number;
}

/** Extension headers in a packet, of any kinds. RFC 8200, section 4.1 has each once, destination options twice. */
const maximumExtensions = 8;
/** Options in one header that are not padding: Linux's default of `max_dst_opts_number`. */
const maximumOptions = 8;
/** Bytes of padding in a row that have a use (RFC 8504, section 5.3). */
const maximumPadding = 7;

/**
 * Walks from bytes[start, end), which `nextHeader` at `nextHeaderAt` announces. Routing headers of any type are passed
 * over where no segments are left (type 0 too, as RFC 5095 asks), and refused where some are. A fragment header ends
 * the walk: what is behind it is looked at after reassembly, with the walk begun anew.
 */
export function walkIpv6(
  nextHeader: number,
  nextHeaderAt: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): Ipv6Chain | Ipv6Problem {
  const chain: Ipv6Chain = {
    kind: "chain",
    protocol: nextHeader,
    protocolAt: nextHeaderAt,
    payloadStart: start,
    routerAlert: -1,
  };
  for (let count = 0; isIpv6Extension(chain.protocol) && chain.protocol !== protocols.fragment; count++) {
    if (count === maximumExtensions) return problem("too-many-extensions", "never", 0, chain.protocolAt);
    const found = step(chain, bytes, end, count);
    if (found !== undefined) return found;
  }
  return chain;
}

/** Past one header: `chain` says what comes next. */
function step(chain: Ipv6Chain, bytes: Uint8Array, end: number, count: number): Ipv6Problem | undefined {
  const start = chain.payloadStart;
  if (chain.protocol === protocols.hopByHop && count > 0)
    return problem("misplaced-hop-by-hop", "always", 1, chain.protocolAt);
  if (end - start < 8) return problem("truncated-extension", "never", 0, start);
  const next = start + ipv6ExtensionLength(chain.protocol, bytes, start);
  if (next > end) return problem("truncated-extension", "never", 0, start + 1);
  const found =
    chain.protocol === protocols.routing ? routing(bytes, start) : options(chain, bytes, start + 2, next);
  chain.protocol = bytes[start]!;
  chain.protocolAt = start;
  chain.payloadStart = next;
  return found;
}

function routing(bytes: Uint8Array, start: number): Ipv6Problem | undefined {
  return bytes[start + 3] === 0 ? undefined : problem("source-route", "always", 0, start + 2);
}

function options(chain: Ipv6Chain, bytes: Uint8Array, start: number, end: number): Ipv6Problem | undefined {
  let count = 0;
  let padding = 0;
  for (let at = start; at < end; ) {
    const type = bytes[at]!;
    const length = type === ipv6OptionTypes.pad1 ? 1 : at + 1 < end ? 2 + bytes[at + 1]! : Infinity;
    if (at + length > end) return problem("truncated-option", "never", 0, at);
    if (type === ipv6OptionTypes.pad1 || type === ipv6OptionTypes.padN) {
      padding += length;
      if (padding > maximumPadding) return problem("too-many-options", "never", 0, at);
    } else {
      padding = 0;
      if (++count > maximumOptions) return problem("too-many-options", "never", 0, at);
      const found = option(chain, bytes, at, type, length);
      if (found !== undefined) return found;
    }
    at += length;
  }
  return undefined;
}

function option(
  chain: Ipv6Chain,
  bytes: Uint8Array,
  at: number,
  type: number,
  length: number,
): Ipv6Problem | undefined {
  if (chain.protocol === protocols.hopByHop) {
    if (type === ipv6OptionTypes.routerAlert && length === 4) {
      chain.routerAlert = u16(bytes, at + 2);
      return undefined;
    }
    // Departs from RFC 2675: no link of ours carries more than 65,575 bytes, so the option is refused as unknown.
    if (type === ipv6OptionTypes.jumboPayload) return problem("jumbo-payload", "unless-multicast", 2, at);
  }
  const action = type >>> 6;
  if (action === 0) return undefined;
  const report = action === 1 ? "never" : action === 2 ? "always" : "unless-multicast";
  return problem("unknown-option", report, 2, at);
}

function problem(
  reason: Ipv6Problem["reason"],
  report: Ipv6Problem["report"],
  code: Ipv6Problem["code"],
  at: number,
): Ipv6Problem {
  return { kind: "problem", reason, report, code, at };
}
