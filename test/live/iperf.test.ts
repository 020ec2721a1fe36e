/** iperf3 of the kernel sends UDP to our discard port, and every datagram is counted there. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DatagramServer } from "../../src/services/datagram-server.ts";
import { discardUdp } from "../../src/services/discard.ts";
import { families, kernel, ours } from "./support/harbour.ts";
import { iperfControl } from "./support/iperf-control.ts";
import { describeLive } from "./support/live.ts";
import { createNamespace, type Namespace } from "./support/namespace.ts";
import { type OwnHost, openOwnHost } from "./support/own-host.ts";
import { openShelf, type Shelf } from "./support/shelf.ts";
import { judgeCapture } from "./support/tshark.ts";
import { until } from "./support/wait.ts";

/** The client's port, which only UDP has: its control connection takes any. */
const clientPort = 5777;
const discardPort = 9;
const payload = 1400;
/** UDP_CONNECT_REPLY of iperf_udp.c. */
const welcome = Uint8Array.of(0x36, 0x37, 0x38, 0x39);

describeLive("iperf3 -u of the kernel", ["root", "tun", "ip", "iperf3", "tshark"], () => {
  let namespace: Namespace;
  let shelf: Shelf;
  let own: OwnHost;

  beforeAll(async () => {
    namespace = await createNamespace();
    shelf = openShelf();
    own = await openOwnHost(namespace, shelf.path("iperf.pcapng"));
  });

  afterAll(async () => {
    await own?.close();
    namespace?.remove();
    shelf?.remove();
  });

  test.each(families)("reaches our discard port, IP%s", async (family) => {
    const at = { address: ours[family], port: discardPort };
    const discard = discardUdp(own.serviceHost, at) as DatagramServer;
    const control = iperfControl(own.serviceHost, at, {
      streamsWanted: async (ready) => {
        // The client waits for an answer to its first datagram, which discard does not give.
        await until("the stream's first datagram", () => discard.counters.served === 1);
        discard.socket.sendTo(welcome, { address: kernel[family], port: clientPort });
        ready();
        own.host.flush();
      },
    });
    const said = await namespace.succeed("iperf3", [
      ...["-u", "-c", ours[family], "-p", String(discardPort), "--cport", String(clientPort)],
      ...["-B", kernel[family], "-b", "100M", "-n", String(5000 * payload), "-l", String(payload), "--json"],
    ]);
    const { end, error } = JSON.parse(said);
    expect(error).toBeUndefined();
    expect(end.sum.packets).toBe(5000);
    expect(discard.counters).toMatchObject({ served: 5001, bytesIn: 5000 * payload + 4 });
    control.close();
    discard.close();
  });

  test("tshark finds no malformed packet and no wrong checksum in all that", async () => {
    await own.close();
    const { packets, problems } = await judgeCapture(shelf.path("iperf.pcapng"));
    expect(problems).toEqual([]);
    expect(packets).toBeGreaterThan(10_000);
  });
});
