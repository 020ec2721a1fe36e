/** What an idle connection keeps of the heap, at each of its ends: TCB, socket, port and all. */
import { heapBytes } from "./heap.mjs";
import { scaled } from "./measure.mjs";
import { connect, listen, pairOfHosts } from "./pair.mjs";

export async function measureGroup({ gvisor }) {
  const connections = scaled(10_000);
  const cost = gvisor("-mode", "idle", "-n", `${connections}`)("heap_per_endpoint");
  return [
    {
      name: `an end of an idle connection, ${connections.toLocaleString("en")} open`,
      ours: bytesAnEnd(connections),
      unit: "B",
      against: [{ peer: "gVisor", cost }],
    },
  ];
}

function bytesAnEnd(connections) {
  bytesOf(Math.ceil(connections / 10)); // what is made once is made
  return bytesOf(connections) / (2 * connections);
}

function bytesOf(connections) {
  const { network, client, server } = pairOfHosts({ mtu: 1500 });
  const accepted = [];
  listen(server, 80, (socket) => accepted.push(socket));
  const before = heapBytes();
  const opened = [];
  // Few at once, as they come in life: the accept queue is bounded.
  while (opened.length < connections) {
    for (let i = 0; i < 100 && opened.length < connections; i++) opened.push(connect(client, 80));
    network.advance(100);
  }
  network.run(10_000);
  const after = heapBytes();
  if (accepted.length !== connections) throw new Error(`${accepted.length} of ${connections} connections`);
  network.close();
  return after - before;
}
