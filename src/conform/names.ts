/** The words of the vectors as the socket API's. */
import type { SocketDomain, SocketType } from "../stack/socket.ts";
import { NotApplicableError } from "./device.ts";
import type { FamilyName, ProtocolName, TypeName } from "./schema.ts";

/** IANA's protocol numbers; MPTCP's is the kernel's own (IPPROTO_MPTCP). */
const protocolNumbers: Readonly<Record<ProtocolName, number>> = { tcp: 6, udp: 17, sctp: 132, mptcp: 262 };

export function domainOf(family: FamilyName): SocketDomain {
  return family === "inet" ? "AF_INET" : "AF_INET6";
}

/** @throws NotApplicableError for DCCP: Linux itself gave it up with 6.16 */
export function typeOf(type: TypeName): SocketType {
  if (type === "dccp") throw new NotApplicableError("no DCCP");
  return type === "stream" ? "SOCK_STREAM" : "SOCK_DGRAM";
}

/** 0, the type's own, where none is named. */
export function protocolOf(name: ProtocolName | null | undefined): number {
  return name === null || name === undefined ? 0 : protocolNumbers[name];
}
