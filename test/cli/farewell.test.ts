import { expect, test } from "vitest";
import { farewell } from "../../src/cli/farewell.ts";
import { Network } from "../../src/stack/network.ts";

/** A client that has closed its connection to a server, which has not. */
function halfClosed() {
  const network = new Network({ seed: 1 });
  const [client, server] = [network.host("client"), network.host("server")];
  network.link(client, server, { ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }] });
  const listener = server.socket("AF_INET", "SOCK_STREAM");
  listener.bind({ address: "10.0.0.2", port: 80 });
  listener.listen(1);
  const socket = client.socket("AF_INET", "SOCK_STREAM");
  expect(() => socket.connect({ address: "10.0.0.2", port: 80 })).toThrow("EINPROGRESS");
  network.advance(100);
  socket.close();
  const states = () => client.snapshot().sockets.map(({ state }) => state);
  return { network, client, accepted: listener.accept(), states };
}

test("a host is not left before its connections have ended on both sides", async () => {
  const { network, client, accepted, states } = halfClosed();
  let left = false;
  const leaving = farewell(client, 60_000).then(() => {
    left = true;
  });
  network.advance(100);
  await Promise.resolve();
  expect(states()).toEqual(["FIN-WAIT-2"]);
  expect(left).toBe(false);
  accepted.close();
  network.advance(100);
  await leaving;
  expect(states()).toEqual(["TIME-WAIT"]);
  network.close();
});

test("a peer that keeps its end open is not waited for without end", async () => {
  const { network, client, states } = halfClosed();
  await farewell(client, 1);
  expect(states()).toEqual(["FIN-WAIT-1"]);
  network.close();
});

test("where nothing is being closed, nothing is waited for", async () => {
  const network = new Network({ seed: 1 });
  const host = network.host("a");
  host.socket("AF_INET", "SOCK_DGRAM").bind({ address: "0.0.0.0", port: 7 });
  await farewell(host, 60_000);
  network.close();
});
