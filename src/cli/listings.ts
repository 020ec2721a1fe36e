/** A host's snapshot as the tables want it. */

import { parseAddress } from "../base/address.ts";
import { formatEndpoint } from "../base/endpoint.ts";
import type { Host } from "../stack/host.ts";
import type { HostSnapshot } from "../stack/views/snapshot.ts";
import type { EndpointSnapshot, SocketSnapshot } from "../stack/views/snapshot-sockets.ts";
import { type ProcName, procNames } from "./proc-names.ts";
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

/** What a running host publishes of itself: its snapshot, and its sockets in the kernel's format by file name. */
export interface Publication {
  readonly snapshot: HostSnapshot;
  readonly proc: Readonly<Record<ProcName, string>>;
}

export function publish(host: Host): Publication {
  const read = (name: ProcName): string => host.proc.read(`/proc/net/${name}`);
  return {
    snapshot: host.snapshot(),
    proc: { tcp: read("tcp"), tcp6: read("tcp6"), udp: read("udp"), udp6: read("udp6") },
  };
}

/** Whether what came from a control socket is a publication, as far as it is used. */
export function isPublication(document: unknown): document is Publication {
  const { snapshot, proc } = (document ?? {}) as Partial<Publication>;
  return (
    Array.isArray(snapshot?.sockets) &&
    typeof snapshot.now === "number" &&
    procNames.every((name) => typeof proc?.[name] === "string")
  );
}
