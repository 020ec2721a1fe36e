// Increment with wraparound over four ports: the search comes around, passes over what is taken, and says so.
import { echoTcp, Network } from "harbormaster";
import { iana } from "harbormaster/ports";

const network = new Network({ seed: 1 });
const client = network.host("client", { profile: { ...iana, range: [49152, 49155] } });
const server = network.host("server");
network.link(client, server, { ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }] });
echoTcp(server, { address: "0.0.0.0", port: 7 });

client.ports.onChoice = ({ selection, runs, passedOver, port }) => {
  const obstacles = passedOver.map((each) => `${each.port} ${each.obstacle.kind}`).join(", ");
  console.log(`${port ?? "none"}: ${selection} from ${runs[0].from}${obstacles && `, past ${obstacles}`}`);
};

function connect() {
  const socket = client.socket("AF_INET", "SOCK_STREAM");
  try {
    socket.connect({ address: "10.0.0.2", port: 7 });
  } catch (error) {
    if (error.code !== "EINPROGRESS")
      console.log(`${error.message}: ${error.inUse} in use, ${error.held} resting`);
  }
  network.run(1000);
  return socket;
}

const sockets = Array.from({ length: 4 }, connect);
sockets[1].close(); // we close first: port 49153 rests in TIME-WAIT
network.run(1000);
connect();
network.advance(iana.hold.length);
connect();

// It prints:
// 49152: sequential from 49152
// 49153: sequential from 49153
// 49154: sequential from 49154
// 49155: sequential from 49155
// none: sequential from 49152, past 49152 five-tuple, 49153 resting, 49154 five-tuple, 49155 five-tuple
// connect EADDRNOTAVAIL 10.0.0.2:7: 3 in use, 1 resting
// 49152: sequential from 49152
