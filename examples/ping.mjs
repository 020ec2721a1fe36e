// Ping over IPv4 and IPv6, to somebody and to nobody. Ethernet: the first echo waits for ARP or Neighbor Discovery.
import { address, formatAddress, Network } from "harbormaster";

const network = new Network({ seed: "ping" });
const lan = network.switch({ delay: 2 });
const [one, two] = [network.host("one"), network.host("two")];
lan.attach(one, { addresses: ["192.0.2.1/24", "2001:db8::1/64"] });
lan.attach(two, { addresses: ["192.0.2.2/24", "2001:db8::2/64"] });
network.run(); // Duplicate Address Detection takes a second or two

for (const destination of ["192.0.2.2", "192.0.2.2", "2001:db8::2", "192.0.2.3"])
  for (const length of [56, 4000]) {
    const data = new Uint8Array(length);
    one.echo.send({ destination: address(destination), data, timeout: 5000 }, (result) => {
      if (result.kind === "reply")
        console.log(`${result.length} bytes from ${formatAddress(result.from)} in ${result.roundTrip} ms`);
      else console.log(`${destination}: ${result.kind === "error" ? result.errno : result.kind}`);
    });
    network.run();
  }
for (const { address: ip, state } of one.neighbours())
  if (!ip.startsWith("fe80")) console.log(`${ip} ${state}`);

// It prints:
// 56 bytes from 192.0.2.2 in 8 ms
// 4000 bytes from 192.0.2.2 in 4 ms
// 56 bytes from 192.0.2.2 in 4 ms
// 4000 bytes from 192.0.2.2 in 4 ms
// 56 bytes from 2001:db8::2 in 8 ms
// 4000 bytes from 2001:db8::2 in 4 ms
// 192.0.2.3: EHOSTUNREACH
// 192.0.2.3: EHOSTUNREACH
// 192.0.2.2 REACHABLE
// 2001:db8::2 REACHABLE
