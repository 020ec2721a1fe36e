/** Two hosts on a cable in memory, and what the TCP and UDP groups do with them. */
import { Network } from "../dist/stack/network.js";

/** @param options what the cable is like: `{ mtu, offload }` */
export function pairOfHosts(options = {}) {
  const network = new Network({ seed: 1 });
  const [client, server] = [network.host("client"), network.host("server")];
  network.link(client, server, {
    ...options,
    ends: [{ addresses: ["10.0.0.1/24", "fd00::1/64"] }, { addresses: ["10.0.0.2/24", "fd00::2/64"] }],
  });
  network.run(5000);
  return { network, client, server };
}

/** Calls `accepted` with each connection to `port` of `host`, and then its `onReady`: much may have come by then. */
export function listen(host, port, accepted) {
  const listener = host.socket("AF_INET", "SOCK_STREAM");
  listener.bind({ address: "0.0.0.0", port });
  listener.listen(1024);
  listener.onReady = () => {
    while (listener.poll().readable) {
      const socket = listener.accept();
      accepted(socket);
      socket.onReady?.();
    }
  };
  return listener;
}

/** Begins a connection; `onReady` follows. */
export function connect(host, port) {
  const socket = host.socket("AF_INET", "SOCK_STREAM");
  try {
    socket.connect({ address: "10.0.0.2", port });
  } catch (error) {
    if (error.code !== "EINPROGRESS") throw error;
  }
  return socket;
}

/** Sends as long as there is room. */
export function fill(socket, data, left) {
  let sent = 0;
  while (sent < left && socket.poll().writable) {
    const chunk = left - sent < data.length ? data.subarray(0, left - sent) : data;
    sent += socket.send(chunk);
  }
  return sent;
}

/** Receives as long as there is something, and closes at the end of the stream. @returns bytes */
export function drain(socket, into) {
  let received = 0;
  while (socket.poll().readable) {
    const count = socket.recv(into);
    if (count === 0) {
      socket.close();
      break;
    }
    received += count;
  }
  return received;
}
