/** TCP between two hosts in memory: bulk, and connections opened and closed. CPU of both ends and of the cable. */
import { scaled, secondsOf } from "./measure.mjs";
import { connect, drain, fill, listen, pairOfHosts } from "./pair.mjs";

export async function measureGroup({ gvisor }) {
  const theirBulk = gvisor("-mode", "bulk", "-cfg", "pipe:1500,chan-gso:1500");
  const theirConnections = gvisor("-mode", "conn", "-cfg", "pipe:1500");
  const connections = scaled(5_000);
  return [
    {
      name: "bulk, MTU 1,500, checksums",
      ours: secondsPerGigabyte(scaled(128 << 20), { mtu: 1500 }),
      unit: "s/GB",
      against: [{ peer: "gVisor", cost: theirBulk("cpu", { link: "pipe" }), bar: 0.67 }],
    },
    {
      name: "bulk, 64 KiB segments, checksums trusted",
      ours: secondsPerGigabyte(scaled(256 << 20), { mtu: 1500, offload: "full" }),
      unit: "s/GB",
      against: [{ peer: "gVisor, GSO", cost: theirBulk("cpu", { link: "chan-gso" }), bar: 1 }],
    },
    {
      name: "open and close",
      ours: (secondsOf(() => openAndClose(connections)) * 1e6) / connections,
      unit: "µs",
      against: [{ peer: "gVisor", cost: theirConnections("cpu", { link: "pipe" }), bar: 0.5 }],
    },
  ];
}

function secondsPerGigabyte(bytes, cable) {
  return secondsOf(() => bulk(bytes, cable)) / (bytes / 1e9);
}

function bulk(bytes, cable) {
  const { network, client, server } = pairOfHosts(cable);
  const into = new Uint8Array(256 * 1024);
  const data = new Uint8Array(256 * 1024).fill(42);
  let received = 0;
  listen(server, 5001, (socket) => {
    socket.onReady = () => {
      received += drain(socket, into);
    };
  });
  const socket = connect(client, 5001);
  let left = bytes;
  socket.onReady = () => {
    if (left === 0) return;
    left -= fill(socket, data, left);
    if (left === 0) socket.close();
  };
  network.run(600_000);
  if (received !== bytes) throw new Error(`${received} of ${bytes} bytes arrived`);
  network.close();
}

/** One after the other, as gVisor's benchmark does: connect, accept, close both, next. */
function openAndClose(connections) {
  const { network, client, server } = pairOfHosts({ mtu: 1500 });
  listen(server, 80, (socket) => {
    socket.onReady = () => {
      if (socket.poll().readHangup) socket.close();
    };
  });
  let done = 0;
  const next = () => {
    const socket = connect(client, 80);
    socket.onReady = () => {
      if (!socket.poll().writable) return;
      socket.onReady = undefined;
      socket.close();
      done++;
      if (done < connections) next();
    };
  };
  next();
  network.run(600_000);
  if (done !== connections) throw new Error(`${done} of ${connections} connections`);
  network.close();
}
