/** ioctl(2) requests that answer with a number of bytes, read as options are (tcp(7); tcp_ioctl of net/ipv4/tcp.c). */
import { SocketError } from "../../base/errno.ts";
import { readable, type Tcb } from "../../protocols/tcp/connection.ts";
import type { Option, OptionTable } from "./option-values.ts";

/** @throws EINVAL for a socket that listens, ENOTTY for one that is not of TCP. */
function bytes(count: (tcb: Tcb) => number): Option {
  return {
    get: ({ tcp }) => {
      if (tcp === undefined) throw new SocketError("ENOTTY", "ioctl");
      if (tcp.socket?.state() === "LISTEN") throw new SocketError("EINVAL", "ioctl");
      const tcb = tcp.socket?.tcb;
      const opening = tcb === undefined || tcb.state === "SYN-SENT" || tcb.state === "SYN-RECEIVED";
      return opening ? 0 : count(tcb);
    },
  };
}

/** Sent or not, a FIN counts as one. */
function queuedEnd(tcb: Tcb): number {
  return (tcb.sndEnd + Number(tcb.finQueued)) | 0;
}

export const ioctlRequests: OptionTable = {
  /** Received and not read. */
  SIOCINQ: bytes(readable),
  FIONREAD: bytes(readable),
  /** Not acknowledged, sent or not. */
  SIOCOUTQ: bytes((tcb) => Math.max(0, (queuedEnd(tcb) - tcb.sndUna) | 0)),
  /** Not sent. */
  SIOCOUTQNSD: bytes((tcb) => Math.max(0, (queuedEnd(tcb) - tcb.sndNxt) | 0)),
};
