/** close(2) of a connected socket: the connection is an orphan from here on (tcp_close). */
import { close, readable } from "../../protocols/tcp/connection.ts";
import type { SocketCore } from "../socket-core/core.ts";
import type { TcpConnection } from "./tcp-connection.ts";
import type { TcpTransport } from "./tcp-transport.ts";

/** `label` names the orphan in listings, where the socket no longer can. */
export function giveUp(
  { world, options }: SocketCore,
  connection: TcpConnection,
  label: string,
  { table }: TcpTransport,
): void {
  const { tcb } = connection;
  connection.holder = undefined;
  connection.label = label;
  if (connection.over) {
    tcb.receiveRing.clear();
    return;
  }
  tcb.lingerReset = options.linger.on && options.linger.seconds === 0;
  const { counters } = world;
  if (readable(tcb) > 0) counters.TcpExtTCPAbortOnClose++;
  else if (tcb.lingerReset) counters.TcpExtTCPAbortOnData++;
  close(tcb, world.now());
  table.rests.finWait2(connection);
  table.touch(connection);
}
