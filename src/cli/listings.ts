/** A host's snapshot as the tables want it. */
import { formatEndpoint } from "../base/endpoint.ts";
import { parseAddress } from "../base/address.ts";
import type { HostSnapshot } from "../stack/snapshot.ts";
import type { EndpointSnapshot, SocketSnapshot } from "../stack/snapshot-sockets.ts";
import type { SocketView } from "./render/sockets.ts";

/** Every socket and resting port of a host. */
export function socketViews({ sockets, now }: Pick<HostSnapshot, "sockets" | "now">): SocketView[] {
  return sockets.map((socket) => ({
    protocol: socket.protocol,
    state: socket.state,
    receiveQueue: socket.receiveQueue,
    sendQueue: socket.sendQueue,
    local: endpointText(socket.local),
    remote: socket.remote === undefined ? "*" : endpointText(socket.remote),
    timer: timerOf(socket, now),
    label: socket.label,
  }));
}

const timerNames: Readonly<Record<string, string>> = {
  retransmit: "retransmission",
  keepAlive: "keep-alive",
  finWait2: "FIN-WAIT-2",
  delayedAck: "delayed ACK",
  timeWait: "TIME-WAIT",
};

function timerOf({ timer }: SocketSnapshot, now: number): SocketView["timer"] {
  if (timer === undefined) return undefined;
  return { name: timerNames[timer.name] ?? timer.name, left: Math.max(0, timer.deadline - now) };
}

function endpointText({ address, port }: EndpointSnapshot): string {
  const parsed = parseAddress(address);
  return parsed === undefined ? `${address}:${port}` : formatEndpoint({ address: parsed, port });
}
