// Packets against a stack, in virtual time: a lost segment goes out again after the timeout, which doubles each time.
import { testbed } from "harbormaster/testing";

const bed = testbed({ seed: "a lost segment" });
const listener = bed.socket();
listener.bind(80);
listener.listen();

const client = bed.addPeer({ localPort: 80 });
client.inject.tcp("S 0:0(0) win 32000 <mss 1000>");
client.expect.tcp("S. 0:0(0) ack 1 <...>");
client.after(0.1).inject.tcp({ flags: "." });

const connection = listener.accept();
connection.send("is anybody there?");
let before = client.expect.tcp({ payload: "is anybody there?" }).time;
for (let tries = 1; tries <= 4; tries++) {
  const { time } = client.anytime.expect.tcp({ payload: "is anybody there?" });
  console.log(`sent again after ${(time - before).toFixed(1)} s`);
  before = time;
}
client.inject.tcp({ payload: "yes" });
client.within(0.1).expect.tcp({ flags: ".", ack: 4 });
console.log(`heard "${new TextDecoder().decode(connection.recv())}" at ${bed.now.toFixed(1)} s`);

// It prints:
// sent again after 0.3 s
// sent again after 0.6 s
// sent again after 1.2 s
// sent again after 2.4 s
// heard "yes" at 4.6 s
