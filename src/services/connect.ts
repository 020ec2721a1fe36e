/** Opens a stream to a remote endpoint: where every TCP client here begins. */

import type { SocketAddress } from "../stack/socket.ts";
import { domainOf, failureOf } from "./attempt.ts";
import type { ServiceHost } from "./service.ts";
import { Stream, type StreamEvents } from "./stream.ts";

export interface ConnectOptions {
  readonly remote: SocketAddress;
  /** The local port wanted; absent: an ephemeral one. */
  readonly localPort?: number | undefined;
  readonly localAddress?: string | undefined;
  /** A name for listings. */
  readonly label?: string | undefined;
}

const scratchLength = 65_536;

/**
 * Starts connecting. Events come later, never from inside this call.
 * @throws SocketError as bind and connect do; TypeError where the address is none.
 */
export function connectStream(host: ServiceHost, options: ConnectOptions, events: StreamEvents): Stream {
  const { remote, localPort, localAddress } = options;
  const domain = domainOf(remote);
  const socket = host.socket(domain, "SOCK_STREAM");
  socket.label = options.label ?? "";
  const stream = new Stream(socket, remote, events, new Uint8Array(scratchLength));
  const error = failureOf(() => {
    if (localPort !== undefined || localAddress !== undefined) {
      const any = domain === "AF_INET" ? "0.0.0.0" : "::";
      socket.bind({ address: localAddress ?? any, port: localPort ?? 0 });
    }
    socket.connect(remote);
  });
  if (error === undefined || error.code === "EINPROGRESS") return stream;
  socket.onReady = undefined;
  socket.close();
  throw error;
}
