import { expect, test } from "vitest";
import { decodeLatin1, encodeLatin1 } from "../../src/base/text.ts";
import { echoTcp, echoUdp } from "../../src/services/echo.ts";
import { conversation } from "../../src/services/nc.ts";
import { FakeNetwork } from "./support/fake-network.ts";

const server = "10.0.0.2";

function talk(transport: "tcp" | "udp", port = 7) {
  const network = new FakeNetwork();
  const host = network.host(server);
  (transport === "tcp" ? echoTcp : echoUdp)(host, { address: "0.0.0.0", port: 7 });
  const log: string[] = [];
  const said = conversation(
    network.host("10.0.0.1"),
    transport,
    { remote: { address: server, port }, localPort: 5000 },
    {
      connected: (local) => log.push(`connected from ${local.port}`),
      data: (bytes) => log.push(decodeLatin1(bytes)),
      ended: () => log.push("ended"),
      drained: () => log.push("drained"),
      closed: (error) => log.push(`closed ${error?.code ?? "well"}`),
    },
  );
  network.run();
  return { network, said, log };
}

test("a TCP conversation goes both ways and ends when both have", () => {
  const { network, said, log } = talk("tcp");
  said.write(encodeLatin1("hello"));
  network.run();
  said.end();
  network.run();
  expect(log).toEqual(["connected from 5000", "hello", "ended", "closed well"]);
});

test("a UDP conversation sends a datagram for each write", () => {
  const { network, said, log } = talk("udp");
  said.write(encodeLatin1("a"));
  said.write(encodeLatin1("b"));
  network.run();
  said.end();
  expect(log).toEqual(["connected from 5000", "a", "b", "closed well"]);
});

test("a refused connection and a refused datagram are told, once", () => {
  const tcp = talk("tcp", 8);
  expect(tcp.log).toEqual(["closed ECONNREFUSED"]);
  const udp = talk("udp", 8);
  udp.said.write(encodeLatin1("a"));
  udp.network.run();
  udp.said.abort();
  expect(udp.log).toEqual(["connected from 5000", "closed ECONNREFUSED"]);
});

test("what is paused waits, and comes after resume", () => {
  const { network, said, log } = talk("udp");
  said.pause();
  said.write(encodeLatin1("later"));
  network.run();
  expect(log).toHaveLength(1);
  said.resume();
  expect(log).toContain("later");
});
