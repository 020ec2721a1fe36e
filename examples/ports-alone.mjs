// The port manager alone: no socket, no packet. For allocators, NATs, simulators, and questions about bind(2).
import { address, anyV4, linux, PortManager, seededRandom } from "harbormaster/ports";

let now = 0;
const ports = new PortManager({ profile: linux, random: seededRandom(1), now: () => now });
const us = address("192.0.2.1");
const request = (port, more = {}) => ({ protocol: "tcp", domain: 4, address: anyV4, port, ...more });
const to = (text, port) => ({ source: us, remote: { address: address(text), port } });

const web = ports.reserve("web server", request(8080));
ports.listen(web);
console.log(ports.tryReserve("another", request(8080)));
console.log(ports.tryReserve("nobody", request(80, { privileged: false })));

const one = ports.connectNew("client", request(0), to("198.51.100.7", 443));
ports.range = [one.port, one.port]; // no other port is left
console.log(ports.tryConnectNew("client", request(0), to("198.51.100.7", 443)));
const two = ports.connectNew("client", request(0), to("198.51.100.8", 443));
console.log(`one port, two destinations: ${one.port === two.port}`);

const found = ports.demultiplex("tcp", us, two.port, address("198.51.100.8"), 443, 0);
console.log(`a packet finds its flow: ${found === two}`);

ports.hold(two, "TIME-WAIT", now + linux.hold.length);
ports.release(one);
ports.release(web);
now = ports.nextDeadline();
ports.expire(now);
console.log(ports.stats().tcp);

// It prints:
// EADDRINUSE
// EACCES
// EADDRNOTAVAIL
// one port, two destinations: true
// a packet finds its flow: true
// {
//   inUse: 0,
//   held: 0,
//   free: 1,
//   highWater: 3,
//   allocations: 2,
//   exhaustions: 1,
//   wraps: 0,
//   candidates: 3,
//   flows: 0,
//   flowBytes: 512
// }
