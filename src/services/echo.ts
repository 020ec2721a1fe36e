/** Echo (RFC 862): what is sent is sent back. */
import { DatagramServer } from "./datagram-server.ts";
import type { Service, ServiceAddress, ServiceHost } from "./service.ts";
import { StreamServer, type StreamServerOptions } from "./stream-server.ts";

/** Echo over TCP. One connection's reading waits for its writing, so an echo holds at most one buffer of bytes. */
export function echoTcp(
  host: ServiceHost,
  at: ServiceAddress,
  limits: Partial<StreamServerOptions> = {},
): StreamServer {
  return new StreamServer(host, { name: "echo", ...limits, at }, (stream) => ({
    data: (bytes) => {
      if (!stream.write(bytes)) stream.pause();
    },
    drained: () => stream.resume(),
    ended: () => stream.end(),
  }));
}

/** Echo over UDP. */
export function echoUdp(host: ServiceHost, at: ServiceAddress): Service {
  return new DatagramServer(host, { name: "echo", at }, (request) => request);
}
