/** poll(2) of a stream socket, as Linux has it (tcp_poll). */
import { isWritable, peerFinished, readable } from "../../protocols/tcp/connection.ts";
import type { Readiness } from "../socket.ts";
import { closedReadiness, type SocketCore } from "../socket-core/core.ts";
import type { TcpConnection } from "./tcp-connection.ts";

/** `waiting` is how many connections a listener has, undefined where the socket does not listen. */
export function pollStream(
  core: SocketCore,
  connection: TcpConnection | undefined,
  waiting: number | undefined,
): Readiness {
  if (core.closed) return closedReadiness;
  if (waiting !== undefined)
    return { readable: waiting > 0, writable: false, error: false, hangup: false, readHangup: false };
  const over = connection === undefined || connection.over;
  const finished = connection !== undefined && (connection.over || peerFinished(connection.tcb));
  const readEnd = core.receiveShutdown || finished;
  const writeEnd = core.sendShutdown || over;
  const opening = connection?.opening === true;
  return {
    readable: readEnd || (connection !== undefined && !opening && hasEnough(connection, core)),
    writable: !opening && (writeEnd || isWritable(connection.tcb)),
    error: core.error !== undefined || core.reports.length > 0,
    hangup: over || (readEnd && writeEnd),
    readHangup: readEnd,
  };
}

/** SO_RCVLOWAT, which cannot ask for more than the buffer will ever hold. */
function hasEnough({ tcb }: TcpConnection, { options }: SocketCore): boolean {
  const bytes = readable(tcb);
  return bytes > 0 && bytes >= Math.min(options.receiveLowWater, tcb.receiveBuffer >> 1);
}
