/** An echo asked for and answered, between two hosts in memory. */
import { address } from "../dist/base/address.js";
import { nanoseconds } from "./measure.mjs";
import { pairOfHosts } from "./pair.mjs";

export async function measureGroup() {
  return [
    { name: "IPv4 echo, 56 bytes, both hosts", ours: nanoseconds(echoes("10.0.0.2")), unit: "ns" },
    { name: "IPv6 echo, 56 bytes, both hosts", ours: nanoseconds(echoes("fd00::2")), unit: "ns" },
  ];
}

function echoes(name) {
  const { network, client } = pairOfHosts({ mtu: 1500 });
  const destination = address(name);
  const data = new Uint8Array(56);
  return (count) => {
    let answered = 0;
    for (let i = 0; i < count; i++) {
      client.echo.send({ destination, data }, ({ kind }) => {
        if (kind === "reply") answered++;
      });
      network.advance(0);
    }
    if (answered !== count) throw new Error(`${answered} of ${count} pings answered`);
  };
}
