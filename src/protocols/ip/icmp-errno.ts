/**
 * What an ICMP error means to a socket: Linux's errno for each type and code (`icmp_err_convert`, `icmpv6_err_convert`)
 * and whether it is hard (RFC 1122, section 4.2.3.9; RFC 4443, section 2.4). RFC 5927, section 5.2, lets a TCP take
 * hard errors as soft ones in synchronized states; that is TCP's to do.
 */
import type { ErrnoName } from "../../base/errno.ts";

export interface ErrorMeaning {
  readonly errno: ErrnoName;
  readonly hard: boolean;
}

const meaning = (errno: ErrnoName, hard: "hard" | "soft"): ErrorMeaning => ({ errno, hard: hard === "hard" });

/** ICMP type 3, by code (RFC 792; RFC 1122, section 3.2.2.1). Linux counts 2, 3, 6 to 9 and 11 as fatal. */
const unreachableV4: readonly ErrorMeaning[] = [
  meaning("ENETUNREACH", "soft"), // net unreachable
  meaning("EHOSTUNREACH", "soft"), // host unreachable
  meaning("ENOPROTOOPT", "hard"), // protocol unreachable
  meaning("ECONNREFUSED", "hard"), // port unreachable
  meaning("EMSGSIZE", "soft"), // fragmentation needed
  meaning("EOPNOTSUPP", "soft"), // source route failed
  meaning("ENETUNREACH", "hard"), // network unknown
  meaning("EHOSTDOWN", "hard"), // host unknown
  meaning("ENONET", "hard"), // source host isolated
  meaning("ENETUNREACH", "hard"), // network prohibited
  meaning("EHOSTUNREACH", "hard"), // host prohibited
  meaning("ENETUNREACH", "soft"), // network unreachable for type of service
  meaning("EHOSTUNREACH", "soft"), // host unreachable for type of service
  meaning("EHOSTUNREACH", "hard"), // administratively filtered
  meaning("EHOSTUNREACH", "hard"), // precedence violation
  meaning("EHOSTUNREACH", "hard"), // precedence cutoff
];

/** ICMPv6 type 1, by code (RFC 4443, section 3.1). */
const unreachableV6: readonly ErrorMeaning[] = [
  meaning("ENETUNREACH", "soft"), // no route
  meaning("EACCES", "hard"), // administratively prohibited
  meaning("EHOSTUNREACH", "soft"), // beyond the scope of the source address
  meaning("EHOSTUNREACH", "soft"), // address unreachable
  meaning("ECONNREFUSED", "hard"), // port unreachable
  meaning("EACCES", "hard"), // source address failed policy
  meaning("EACCES", "hard"), // reject route
];

const timeExceeded = meaning("EHOSTUNREACH", "soft");
const parameterProblem = meaning("EPROTO", "hard");

/** The meaning of an ICMP error (types 3, 11, 12), or undefined for what no socket hears of. */
export function meaningV4(type: number, code: number): ErrorMeaning | undefined {
  if (type === 3) return unreachableV4[code];
  if (type === 11) return timeExceeded;
  return type === 12 ? parameterProblem : undefined;
}

/** The meaning of an ICMPv6 error (types 1 to 4), or undefined for what no socket hears of. */
export function meaningV6(type: number, code: number): ErrorMeaning | undefined {
  if (type === 1) return unreachableV6[code];
  if (type === 2) return meaning("EMSGSIZE", "soft");
  if (type === 3) return timeExceeded;
  return type === 4 ? parameterProblem : undefined;
}
