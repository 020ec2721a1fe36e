// What the host says of itself, as files of Linux: any tool that reads /proc/net/tcp can read this.
import { connectStream, echoTcp, Network } from "harbormaster";

const network = new Network({ seed: "proc" });
const [client, server] = [network.host("client"), network.host("server")];
network.link(client, server, { ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }] });
client.sysctl.set("net.ipv4.ip_local_port_range", "50000 50099");

echoTcp(server, { address: "0.0.0.0", port: 7 });
const nothing = () => {};
const events = { data: nothing, ended: nothing, closed: nothing };
connectStream(client, { remote: { address: "10.0.0.2", port: 7 } }, events);
connectStream(client, { remote: { address: "10.0.0.9", port: 7 } }, events); // nobody is there
network.run(500);

console.log(client.proc.read("/proc/net/tcp").split("\n")[0].trim());
for (const host of network.hosts)
  for (const line of host.proc.read("/proc/net/tcp").trimEnd().split("\n").slice(1))
    console.log(`${host.name}: ${line.slice(4, 38)}`);
const [names, values] = client.proc
  .read("/proc/net/snmp")
  .split("\n")
  .filter((line) => line.startsWith("Tcp:"));
const at = names.split(" ").indexOf("ActiveOpens");
console.log(`Tcp ActiveOpens ${values.split(" ")[at]}`);

// It prints:
// sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
// client: : 0100000A:C3A4 0200000A:0007 01 0
// client: : 0100000A:C38C 0900000A:0007 02 0
// server: : 00000000:0007 00000000:0000 0A 0
// server: : 0200000A:0007 0100000A:C3A4 01 0
// Tcp ActiveOpens 2
