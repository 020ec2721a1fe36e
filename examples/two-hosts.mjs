// Two hosts, one cable, an echo over TCP, with nothing but POSIX calls. Nothing blocks: what would, throws EAGAIN.
import { Network } from "harbormaster";

const network = new Network({ seed: "two hosts" });
const [client, server] = [network.host("client"), network.host("server")];
network.link(client, server, {
  delay: 10,
  ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }],
});

const listener = server.socket("AF_INET", "SOCK_STREAM");
listener.bind({ address: "10.0.0.2", port: 7 });
listener.listen(16);
listener.onReady = () => {
  const peer = listener.accept();
  const buffer = new Uint8Array(2048);
  peer.onReady = () => {
    const length = peer.poll().readable ? peer.recv(buffer) : -1;
    if (length > 0) peer.send(buffer.subarray(0, length));
    if (length === 0) peer.close(); // the client has sent its last
  };
};

const socket = client.socket("AF_INET", "SOCK_STREAM");
try {
  socket.connect({ address: "10.0.0.2", port: 7 });
} catch (error) {
  if (error.code !== "EINPROGRESS") throw error; // the handshake takes its time
}
network.advance(50);
const { port } = socket.localEndpoint();
console.log(`connected from port ${port}: ${socket.poll().writable}`);

socket.send(new TextEncoder().encode("ahoy"));
network.advance(50);
const buffer = new Uint8Array(2048);
console.log(`heard "${new TextDecoder().decode(buffer.subarray(0, socket.recv(buffer)))}"`);

socket.close();
network.advance(100);
console.log(client.snapshot().sockets.map(({ local, state }) => `${local.port} ${state}`));
network.run();
console.log(`${client.snapshot().sockets.length} sockets, ${client.ports.snapshot().length} ports in use`);

// It prints:
// connected from port 49844: true
// heard "ahoy"
// [ '49844 TIME-WAIT' ]
// 0 sockets, 0 ports in use
