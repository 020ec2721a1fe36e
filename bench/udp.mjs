/** UDP between two hosts in memory: datagrams of 64 bytes, sent in bursts and received by callback. */
import { nanoseconds } from "./measure.mjs";
import { pairOfHosts } from "./pair.mjs";

const burst = 64;
const length = 64;

export async function measureGroup({ gvisor }) {
  const find = gvisor("-mode", "udp", "-cfg", "pipe:1500");
  const against = [{ peer: "gVisor", cost: find("cpu", { size: length }), bar: 0.25 }];
  return [
    {
      name: `a datagram of ${length} bytes, in bursts of ${burst}`,
      ours: nanoseconds(datagrams(burst)),
      unit: "ns",
      against,
    },
    { name: `a datagram of ${length} bytes, alone`, ours: nanoseconds(datagrams(1)), unit: "ns" },
  ];
}

function datagrams(size) {
  const { network, client, server } = pairOfHosts({ mtu: 1500 });
  const receiver = server.socket("AF_INET", "SOCK_DGRAM");
  receiver.bind({ address: "10.0.0.2", port: 7 });
  const into = new Uint8Array(2048);
  let received = 0;
  receiver.onReady = () => {
    while (receiver.poll().readable) received += receiver.recv(into);
  };
  const sender = client.socket("AF_INET", "SOCK_DGRAM");
  sender.connect({ address: "10.0.0.2", port: 7 });
  const data = new Uint8Array(length).fill(42);
  return (count) => {
    received = 0;
    for (let left = count; left > 0; left -= size) {
      for (let i = 0; i < size; i++) sender.send(data);
      network.advance(0);
    }
    const sent = Math.ceil(count / size) * size * length;
    if (received !== sent) throw new Error(`${received} of ${sent} bytes arrived`);
  };
}
