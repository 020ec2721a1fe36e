/** Discard (RFC 863): what is sent is thrown away. */
import { DatagramServer } from "./datagram-server.ts";
import type { Service, ServiceAddress, ServiceHost } from "./service.ts";
import { StreamServer, type StreamServerOptions } from "./stream-server.ts";

export function discardTcp(
  host: ServiceHost,
  at: ServiceAddress,
  limits: Partial<StreamServerOptions> = {},
): StreamServer {
  return new StreamServer(host, { name: "discard", ...limits, at }, (stream) => ({
    data: () => {},
    ended: () => stream.end(),
  }));
}

export function discardUdp(host: ServiceHost, at: ServiceAddress): Service {
  return new DatagramServer(host, { name: "discard", at }, () => undefined);
}
