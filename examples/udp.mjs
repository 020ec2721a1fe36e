// A UDP service and its client. The server sees the client's ephemeral port; a closed port answers with an ICMP error.
import { Network } from "harbormaster";

const network = new Network({ seed: "udp" });
const [client, server] = [network.host("client"), network.host("server")];
network.link(client, server, {
  delay: 1,
  ends: [{ addresses: ["fd00::1/64"] }, { addresses: ["fd00::2/64"] }],
});

const service = server.socket("AF_INET6", "SOCK_DGRAM");
service.bind({ address: "::", port: 37 });
service.onReady = () => {
  const { from } = service.recvFrom(new Uint8Array(512));
  console.log(`server: from ${from.address} port ${from.port}`);
  service.sendTo(new TextEncoder().encode(`${network.now()} ms`), from);
};

const socket = client.socket("AF_INET6", "SOCK_DGRAM");
socket.sendTo(new TextEncoder().encode("what time is it?"), { address: "fd00::2", port: 37 });
network.run();
const buffer = new Uint8Array(512);
const { length, from } = socket.recvFrom(buffer);
console.log(`client: "${new TextDecoder().decode(buffer.subarray(0, length))}" from port ${from.port}`);

const lost = client.socket("AF_INET6", "SOCK_DGRAM");
lost.connect({ address: "fd00::2", port: 9 });
lost.send(new Uint8Array(1));
network.run();
try {
  lost.recv(buffer);
} catch (error) {
  console.log(`client: ${error.message}`);
}

// It prints:
// server: from fd00::1 port 46379
// client: "1 ms" from port 37
// client: recv ECONNREFUSED
