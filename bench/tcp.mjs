/** TCP between two hosts in memory: bulk, and connections opened and closed. CPU of both ends and of the cable. */
import { secondsOf } from "./measure.mjs";
import { connect, drain, fill, listen, pairOfHosts } from "./pair.mjs";

const bulkBytes = 256 * 1024 * 1024;
const connections = 2000;

export async function measureGroup({ gvisor }) {
  const peers = gvisor === undefined ? {} : gvisorFigures(gvisor);
  return [
    {
      name: "bulk, MTU 1,500, checksums",
      ours: secondsPerGigabyte(bulk({ mtu: 1500 })),
      peer: peers.bulk,
      peerName: "gVisor",
      unit: "s/GB",
      bar: 0.67,
    },
    {
      name: "bulk, 64 KiB segments, checksums trusted",
      ours: secondsPerGigabyte(bulk({ mtu: 1500, offload: "full" })),
      peer: peers.large,
      peerName: "gVisor, GSO",
      unit: "s/GB",
      bar: 1,
    },
    {
      name: "open and close",
      ours: (secondsOf(openAndClose, 3) * 1e6) / connections,
      peer: peers.connection,
      peerName: "gVisor",
      unit: "µs",
      bar: 0.5,
    },
  ];
}

function gvisorFigures(gvisor) {
  const bulkLines = gvisor("-mode", "bulk", "-cfg", "pipe:1500,chan-gso:1500");
  const connectionLines = gvisor("-mode", "conn", "-cfg", "pipe:1500");
  const cpu = (lines, link) =>
    lines.find((line) => line.metric === "cpu" && line.param.link === link)?.median;
  return {
    bulk: cpu(bulkLines, "pipe"),
    large: cpu(bulkLines, "chan-gso"),
    connection: cpu(connectionLines, "pipe"),
  };
}

function secondsPerGigabyte(body) {
  return secondsOf(body, 3) / (bulkBytes / 1e9);
}

function bulk(cable) {
  return () => {
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
    let left = bulkBytes;
    socket.onReady = () => {
      if (left === 0) return;
      left -= fill(socket, data, left);
      if (left === 0) socket.close();
    };
    network.run(600_000);
    if (received !== bulkBytes) throw new Error(`${received} of ${bulkBytes} bytes arrived`);
    network.close();
  };
}

/** One after the other, as gVisor's benchmark does: connect, accept, close both, next. */
function openAndClose() {
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
