/** Socket addresses between our words and the kernel's memory. */
import {
  type Address,
  formatAddress,
  isV4,
  parseAddress,
  readAddressV4,
  readAddressV6,
  writeAddressV6,
} from "../../base/address.ts";
import { SocketError } from "../../base/errno.ts";
import type { EndpointName, SocketAddress, SocketDomain } from "../../stack/socket.ts";
import { afInet, afInet6, socketAddress } from "../structs.ts";

/** Holds any of ours. */
export const longestName = 28;

/**
 * The name as the caller spells it: a dotted quad is a `sockaddr_in` and everything else a `sockaddr_in6`, whatever the
 * socket's domain is; what that means is the kernel's to say. @throws SocketError EINVAL where it is no address
 */
export function nameFor(domain: SocketDomain, { address, port, scope = 0 }: SocketAddress): Uint8Array {
  const text = typeof address === "string" ? address : undefined;
  const parsed = text === undefined ? (address as Address) : parseAddress(text);
  if (parsed === undefined) throw new SocketError("EINVAL", "connect", { address: text });
  const dotted = text === undefined ? domain === "AF_INET" && isV4(parsed) : !text.includes(":");
  return dotted ? socketAddress(parsed, port) : nameV6(parsed, port, scope);
}

/** AF_UNSPEC, by which connect(2) dissolves. */
export const noName: Uint8Array = new Uint8Array(16);

/** `struct sockaddr_in6`, of IPv4 addresses in their mapped form too. */
function nameV6(address: Address, port: number, scope: number): Uint8Array {
  const bytes = new Uint8Array(longestName);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, afInet6, true);
  view.setUint16(2, port, false);
  writeAddressV6(address, bytes, 8);
  view.setUint32(24, scope, true);
  return bytes;
}

/** What the kernel wrote: as our own sockets name endpoints. */
export function endpointIn(bytes: Uint8Array): EndpointName {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const port = view.getUint16(2, false);
  if (view.getUint16(0, true) === afInet)
    return { family: "IPv4", address: formatAddress(readAddressV4(bytes, 4)), port };
  const address = readAddressV6(bytes, 8);
  const text = formatAddress(address);
  return { family: "IPv6", address: isV4(address) ? `::ffff:${text}` : text, port };
}
