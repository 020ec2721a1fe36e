/** Servers on sockets of the kernel, in a namespace: they run in this process, and are asked by ours. */

import { createSocket, type Socket as Datagrams } from "node:dgram";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Namespace } from "./namespace.ts";

export interface KernelServer {
  readonly port: number;
  /** The port each connection or datagram came from, in order. */
  readonly clients: readonly number[];
  close(): void;
}

/**
 * Serves `body` at every path but `/none`, on every address of the namespace.
 * @param ends how an answer ends: with its length, or as its connection does, which the server then closes first for sure
 */
export function serveHttp(
  namespace: Namespace,
  body: Uint8Array,
  ends: "by-length" | "by-closing" = "by-length",
): Promise<KernelServer> {
  return listening(namespace, (clients) => {
    const server = createHttpServer((request, response) => {
      clients.push(request.socket.remotePort ?? 0);
      response.statusCode = request.url === "/none" ? 404 : 200;
      if (ends === "by-length") response.setHeader("Content-Length", body.length);
      else response.useChunkedEncodingByDefault = false;
      response.end(body);
    });
    return server;
  });
}

/** Does with each TCP connection what `serve` does. */
export function serveTcp(namespace: Namespace, serve: (socket: Socket) => void): Promise<KernelServer> {
  return listening(namespace, (clients) =>
    createServer({ allowHalfOpen: true }, (socket) => {
      clients.push(socket.remotePort ?? 0);
      socket.on("error", () => {});
      serve(socket);
    }),
  );
}

async function listening(namespace: Namespace, make: (clients: number[]) => Server): Promise<KernelServer> {
  const clients: number[] = [];
  const open = new Set<Socket>();
  const server = make(clients);
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await namespace.inside(
    () =>
      new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "::", resolve);
      }),
  );
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  return { port, clients, close };
}

/** Answers each datagram with itself, from one address: under `::` the kernel would choose one anew for each answer. */
export async function echoDatagrams(namespace: Namespace, host: string): Promise<KernelServer> {
  const clients: number[] = [];
  const socket: Datagrams = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.on("message", (data, { address, port }) => {
    clients.push(port);
    socket.send(data, port, address);
  });
  await namespace.inside(() => {
    socket.bind(0, host);
    return once(socket, "listening");
  });
  return { port: socket.address().port, clients, close: () => socket.close() };
}
