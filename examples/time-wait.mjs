// TIME-WAIT, as Linux has it: the port rests for a minute, but with timestamps the next connect may take it after a second.
import { echoTcp, Network } from "harbormaster";
import { linux } from "harbormaster/ports";

const network = new Network({ seed: 1 });
const client = network.host("client", { profile: { ...linux, range: [40_000, 40_000] } }); // a range of one
const server = network.host("server");
network.link(client, server, { ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }] });
echoTcp(server, { address: "0.0.0.0", port: 7 });

function visit(what) {
  const socket = client.socket("AF_INET", "SOCK_STREAM");
  let answer = "EINPROGRESS";
  try {
    socket.connect({ address: "10.0.0.2", port: 7 });
  } catch (error) {
    answer = error.code;
  }
  network.run(1);
  socket.close();
  network.run(1);
  const [held] = client.ports.snapshot();
  console.log(
    `${what}: ${answer}; port ${held.port} is ${held.state} until ${Math.round(held.until / 1000)} s`,
  );
}

visit("first");
visit("at once");
network.advance(1500);
visit("1.5 s later, tcp_tw_reuse=2 (loopback only)");
client.sysctl.set("net.ipv4.tcp_tw_reuse", 1);
network.advance(1500);
visit("with tcp_tw_reuse=1, 1.5 s later");
network.run();
console.log(`in the end ${client.ports.snapshot().length} ports are held`);

// It prints:
// first: EINPROGRESS; port 40000 is held until 60 s
// at once: EADDRNOTAVAIL; port 40000 is held until 60 s
// 1.5 s later, tcp_tw_reuse=2 (loopback only): EADDRNOTAVAIL; port 40000 is held until 60 s
// with tcp_tw_reuse=1, 1.5 s later: EINPROGRESS; port 40000 is held until 63 s
// in the end 0 ports are held
