/** Addresses as callers write them and as sockets report them, in the socket's own domain. */
import {
  type Address,
  formatAddress,
  isLinkLocal,
  isMulticast,
  isV4,
  parseAddress,
} from "../../base/address.ts";
import { type ErrnoName, SocketError } from "../../base/errno.ts";
import type { EndpointName, SocketAddress, SocketDomain } from "../socket.ts";

/** A caller's address, understood. */
export interface Target {
  readonly address: Address;
  readonly port: number;
  /** Interface index (sin6_scope_id), 0 for none. */
  readonly scope: number;
}

/** What a call of Linux says to an address of the other family. */
export interface FamilyRule {
  readonly syscall: string;
  /** A dotted quad (sockaddr_in) given to an AF_INET6 socket: refused, or taken as its IPv4-mapped form. */
  readonly v4OnV6: ErrnoName | "accept";
}

/**
 * As Linux does: every call refuses IPv6 on an AF_INET socket with EAFNOSUPPORT; the other way round bind(2) and
 * TCP's connect(2) answer EINVAL (sockaddr_in is too short for them), and UDP takes it.
 */
export const familyRules: Readonly<
  Record<"bind" | "connectTcp" | "connectUdp" | "send" | "connectRaw" | "sendRaw", FamilyRule>
> = {
  bind: { syscall: "bind", v4OnV6: "EINVAL" },
  connectTcp: { syscall: "connect", v4OnV6: "EINVAL" },
  connectUdp: { syscall: "connect", v4OnV6: "accept" },
  send: { syscall: "send", v4OnV6: "accept" },
  connectRaw: { syscall: "connect", v4OnV6: "EINVAL" },
  sendRaw: { syscall: "send", v4OnV6: "EINVAL" },
};

/** @throws RangeError ERR_SOCKET_BAD_PORT (as Node's) unless `port` is an integer from 0 to 65535. */
export function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return;
  const error = new RangeError(`Port should be >= 0 and < 65536. Received ${String(port)}.`);
  throw Object.assign(error, { code: "ERR_SOCKET_BAD_PORT" });
}

/** @throws SocketError EINVAL where the text is no address, or what `rule` says of the family. */
export function resolveName(domain: SocketDomain, name: SocketAddress, rule: FamilyRule): Target {
  const text = typeof name.address === "string" ? name.address : undefined;
  const address = text === undefined ? (name.address as Address) : parseAddress(text);
  if (address === undefined) throw new SocketError("EINVAL", rule.syscall, detailOf(name));
  // Of the two spellings of an IPv4 address only the mapped one is of AF_INET6.
  const spelledV6 = text === undefined ? !isV4(address) : text.includes(":");
  if (domain === "AF_INET" && spelledV6) throw new SocketError("EAFNOSUPPORT", rule.syscall, detailOf(name));
  if (domain === "AF_INET6" && text !== undefined && !spelledV6 && rule.v4OnV6 !== "accept")
    throw new SocketError(rule.v4OnV6, rule.syscall, detailOf(name));
  return { address, port: name.port, scope: name.scope ?? 0 };
}

/** An IPv4 address as a sockaddr_in has it. */
export function isDotted({ address }: SocketAddress): boolean {
  return typeof address === "string" && !address.includes(":");
}

/** What an error about `name` says of it. */
export function detailOf(name: SocketAddress): { address: string; port: number } {
  const address = typeof name.address === "string" ? name.address : formatAddress(name.address);
  return { address, port: name.port };
}

/** The text of an address in a socket of `domain`: IPv4 peers of an AF_INET6 socket are `::ffff:a.b.c.d`. */
export function addressText(domain: SocketDomain, address: Address): string {
  if (domain === "AF_INET") return formatAddress(address);
  return isV4(address) ? `::ffff:${formatAddress(address)}` : formatAddress(address);
}

/** `scope` is the index of the interface, and told of link-local addresses only. */
export function endpointName(
  domain: SocketDomain,
  address: Address,
  port: number,
  scope: number,
): EndpointName {
  const family = domain === "AF_INET" ? "IPv4" : "IPv6";
  const text = addressText(domain, address);
  if (scope === 0 || !needsScope(address)) return { family, address: text, port };
  return { family, address: text, port, scope };
}

/** Link-local, and multicast of interface or link scope (RFC 4291, section 2.7; RFC 4007, section 6). */
export function needsScope(address: Address): boolean {
  if (isV4(address)) return false;
  if (!isMulticast(address)) return isLinkLocal(address);
  const scope = (address.w0 >>> 16) & 0xf;
  return scope === 1 || scope === 2;
}
