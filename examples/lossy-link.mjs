// 256 KiB over a cable that loses, doubles, changes and reorders packets; with the capture as a file for Wireshark.
import { writeFileSync } from "node:fs";
import { connectStream, Network, StreamServer } from "harbormaster";

const file = process.argv[2];
const network = new Network({ seed: 7, capture: true });
const [client, server] = [network.host("client"), network.host("server")];
network.link(client, server, {
  delay: 20,
  jitter: 5,
  loss: 0.05,
  duplication: 0.02,
  corruption: 0.01,
  reordering: 0.05,
  ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }],
});

const sent = Uint8Array.from({ length: 262_144 }, (_, index) => (index * index) >>> 8);
let right = 0;
let wrong = 0;
new StreamServer(server, { name: "sink", at: { address: "0.0.0.0", port: 9 } }, (stream) => ({
  data: (bytes) => {
    for (const byte of bytes) byte === sent[right + wrong] ? right++ : wrong++;
  },
  ended: () => stream.end(),
}));
const stream = connectStream(
  client,
  { remote: { address: "10.0.0.2", port: 9 } },
  {
    connected: () => {
      stream.write(sent);
      stream.end();
    },
    data: () => {},
    ended: () => {},
    closed: (error) => console.log(error?.message ?? "closed in peace"),
  },
);
network.run();
console.log(`${right} bytes right, ${wrong} wrong; sent again: ${client.counters.TcpRetransSegs > 0}`);
if (file !== undefined) writeFileSync(file, network.capture());

// It prints:
// closed in peace
// 262144 bytes right, 0 wrong; sent again: true
