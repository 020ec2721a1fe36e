import { describe, expect, test } from "vitest";
import { decodeLatin1, encodeLatin1 } from "../../src/base/text.ts";
import { iana } from "../../src/ports/profiles/iana.ts";
import { chargenPattern, chargenTcp } from "../../src/services/chargen.ts";
import { connectStream } from "../../src/services/connect.ts";
import { daytimeUdp } from "../../src/services/daytime.ts";
import { echoTcp, echoUdp } from "../../src/services/echo.ts";
import { memoryFiles } from "../../src/services/file-source.ts";
import { httpGet } from "../../src/services/http/get.ts";
import { httpServer } from "../../src/services/http/server.ts";
import { conversation } from "../../src/services/nc.ts";
import type { ServiceHost } from "../../src/services/service.ts";
import { TftpServer } from "../../src/services/tftp/server.ts";
import type { Host } from "../../src/stack/host.ts";
import { type CableOptions, Network } from "../../src/stack/network.ts";
import { TestTftpClient } from "./support/tftp-client.ts";

const bad: CableOptions = {
  loss: 0.1,
  duplication: 0.05,
  reordering: 0.05,
  corruption: 0.02,
  delay: 5,
  jitter: 2,
};
const big = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) & 0xff);

/** Two hosts, dual-stack, with a cable between them. */
function setup(cable: CableOptions = { delay: 1 }, seed = 1) {
  const network = new Network({ seed });
  const [client, server] = [
    network.host("client", { profile: iana }),
    network.host("server", { profile: iana }),
  ];
  network.link(client, server, {
    ...cable,
    ends: [{ addresses: ["10.0.0.1/24", "fd00::1/64"] }, { addresses: ["10.0.0.2/24", "fd00::2/64"] }],
  });
  const { clock } = network;
  const asService = (host: Host): ServiceHost => ({
    clock,
    socket: (domain, type) => host.socket(domain, type),
  });
  return { network, client: asService(client), server: asService(server), hosts: [client, server] };
}

/** What a conversation says, as it happens. */
function talk(host: ServiceHost, transport: "tcp" | "udp", address: string, port: number) {
  const log: string[] = [];
  const said = conversation(
    host,
    transport,
    { remote: { address, port } },
    {
      connected: (local) => log.push(`from ${local.port}`),
      data: (bytes) => log.push(decodeLatin1(bytes)),
      ended: () => log.push("ended"),
      drained: () => {},
      closed: (error) => log.push(error?.code ?? "closed"),
    },
  );
  return { said, log };
}

describe("services over two hosts and a cable", () => {
  test.each(["10.0.0.2", "fd00::2"])("echo, daytime and a refusal at %s", (address) => {
    const { network, client, server } = setup();
    const any = address.includes(":") ? "::" : "0.0.0.0";
    echoTcp(server, { address: any, port: 7 });
    echoUdp(server, { address: any, port: 7 });
    daytimeUdp(server, { address: any, port: 13 }, () => "noon");
    const tcp = talk(client, "tcp", address, 7);
    const udp = talk(client, "udp", address, 7);
    const time = talk(client, "udp", address, 13);
    const nobodyTcp = talk(client, "tcp", address, 99);
    const nobodyUdp = talk(client, "udp", address, 99);
    for (const { said } of [tcp, udp, time, nobodyUdp]) said.write(encodeLatin1("ahoy"));
    tcp.said.end();
    network.advance(1000);
    expect(tcp.log).toEqual(["from 49152", "ahoy", "ended", "closed"]);
    expect(udp.log).toEqual(["from 49152", "ahoy"]);
    expect(time.log).toEqual(["from 49153", "noon\r\n"]);
    expect(nobodyTcp.log).toEqual(["ECONNREFUSED"]);
    expect(nobodyUdp.log).toEqual(["from 49154", "ECONNREFUSED"]);
  });

  test("a reader that stops stops chargen by its window, and goes on where it stopped", () => {
    const { network, client, server } = setup();
    const service = chargenTcp(server, { address: "0.0.0.0", port: 19 });
    let received = 0;
    let wrong = 0;
    const pattern = chargenPattern();
    const stream = connectStream(
      client,
      { remote: { address: "10.0.0.2", port: 19 } },
      {
        data: (bytes) => {
          for (const byte of bytes) if (byte !== pattern[received++ % pattern.length]) wrong++;
          if (received > 50_000) stream.pause();
        },
        ended: () => {},
        closed: () => {},
      },
    );
    network.advance(30_000);
    const paused = received;
    expect(paused).toBeGreaterThan(50_000);
    network.advance(30_000);
    expect(received).toBe(paused);
    stream.resume();
    expect(received).toBeGreaterThan(paused);
    expect(wrong).toBe(0);
    stream.destroy();
    network.advance(1000);
    expect(service.connections).toBe(0);
  });

  test("a file comes intact over HTTP and a bad cable, and no port stays behind", () => {
    const { network, client, server, hosts } = setup(bad);
    httpServer(server, { address: "::", port: 80, domain: "AF_INET6" }, { files: memoryFiles({ big }) });
    for (const address of ["10.0.0.2", "fd00::2"]) {
      const parts: Uint8Array[] = [];
      let end: unknown;
      httpGet(
        client,
        { remote: { address, port: 80 }, authority: "h", target: "/big" },
        {
          head: () => {},
          data: (bytes) => parts.push(bytes.slice()),
          done: () => {
            end = "done";
          },
          failed: (reason) => {
            end = reason;
          },
        },
      );
      network.advance(300_000);
      expect(end).toBe("done");
      expect(Buffer.concat(parts).equals(big)).toBe(true);
    }
    network.advance(300_000);
    expect(hosts.map((host) => host.snapshot().sockets.map(({ state }) => state))).toEqual([[], ["LISTEN"]]);
  });

  test("a file comes intact over TFTP and a bad cable, each transfer from the next ephemeral port [RFC 1350 4]", () => {
    const { network, client, server, hosts } = setup(bad, 7);
    const ports: number[] = [];
    new TftpServer(
      server,
      { address: "0.0.0.0", port: 69 },
      {
        files: memoryFiles({ big }),
        log: ({ localPort, end }) => ports.push(end === "done" ? localPort : 0),
      },
    );
    for (let i = 0; i < 3; i++) {
      const fetch = new TestTftpClient(
        client,
        { address: "10.0.0.2", port: 69 },
        "big",
        { blksize: "1428" },
        "octet",
      );
      for (let asked = 0; fetch.serverPort === 0 && asked < 20; asked++) {
        network.advance(5000);
        if (fetch.serverPort === 0) fetch.ask();
      }
      network.advance(600_000);
      expect(Buffer.from(fetch.bytes).equals(big)).toBe(true);
      fetch.close();
    }
    expect(ports).toEqual([49152, 49153, 49154]);
    expect(hosts[1]!.snapshot().sockets).toHaveLength(1);
  });
});
