/**
 * What a socket is told beside its data (the error queue of ip(7); MSG_ERRQUEUE): errors that ICMP reported, and, for those
 * who asked, that what was sent has left or arrived.
 */
import { type ErrnoName, SocketError } from "../../base/errno.ts";
import type { ErrorReport } from "../socket.ts";
import type { SocketCore } from "./core.ts";

/** As many as a kernel's receive buffer of the usual size would hold. */
const most = 256;

/** Adds a report; whoever does wakes the socket. One too many is dropped, as Linux does. */
export function report(core: SocketCore, what: ErrorReport): void {
  if (core.reports.length < most) core.reports.push(what);
}

/** The oldest report. @throws EAGAIN where there is none; this never waits. */
export function takeReport(core: SocketCore): ErrorReport {
  const first = core.reports.shift();
  if (first === undefined) throw new SocketError("EAGAIN", "recvmsg");
  return first;
}

/** An ICMP error, for IP_RECVERR. */
export function icmpReport(
  family: 4 | 6,
  errno: ErrnoName,
  { type, code, mtu }: { type: number; code: number; mtu: number },
): ErrorReport {
  return { origin: family === 4 ? "icmp" : "icmp6", errno, type, code, info: mtu, data: 0, truncated: false };
}
