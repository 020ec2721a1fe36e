/** Other stacks at the other end of a wire: their ports have the shape that our profile of each predicts, and they talk with us. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/node/index.ts";
import type { Profile } from "../../src/ports/profile.ts";
import { gvisor2022 } from "../../src/ports/profiles/gvisor.ts";
import { linux } from "../../src/ports/profiles/linux.ts";
import { lwip } from "../../src/ports/profiles/lwip.ts";
import { usrsctp } from "../../src/ports/profiles/usrsctp.ts";
import { connectStream } from "../../src/services/connect.ts";
import type { Host } from "../../src/stack/host.ts";
import { describeLive } from "./support/live.ts";
import { type Peer, startGvisor, startLinux, startLwip, theirs, usrsctpPorts } from "./support/peer.ts";
import type { Need } from "./support/setup.ts";
import { predicted, type Shape, shapeOf } from "./support/shape.ts";
import { noise, openShelf, type Shelf, sha256 } from "./support/shelf.ts";
import { until } from "./support/wait.ts";

type Sequence = readonly ["tcp" | "udp" | "sctp", "connect" | "bind", Partial<Shape>];

const compiler = ["gcc", "/usr/include/stdio.h"] as const;

/** Each is tested by what both show; the shape is told here too, so that one can read it. */
const stacks: readonly {
  readonly name: string;
  readonly needs: readonly Need[];
  readonly start: (shelf: Shelf) => Promise<Peer>;
  readonly profile: Profile;
  readonly sequences: readonly Sequence[];
}[] = [
  {
    name: "Linux 6.1 (User Mode Linux)",
    needs: ["root", "linux.uml", ...compiler],
    start: startLinux,
    profile: linux,
    sequences: [
      ["tcp", "connect", { parity: "even", step: "2 to 16, even", meanwhile: "a counter for each" }],
      ["tcp", "bind", { parity: "odd", step: "any" }],
      ["udp", "connect", { parity: "either", step: "any" }],
      ["udp", "bind", { parity: "either", step: "any" }],
      ["sctp", "connect", { parity: "either", step: "any" }],
      ["sctp", "bind", { parity: "either", step: "any" }],
    ],
  },
  {
    name: "gVisor of December 2022",
    needs: ["go", "/usr/share/gocode/src/gvisor.dev/gvisor/pkg/tcpip/tcpip.go"],
    start: startGvisor,
    profile: gvisor2022,
    sequences: [
      ["tcp", "connect", { step: "1", meanwhile: "one counter for all" }],
      ["tcp", "bind", { step: "any" }],
      ["udp", "connect", { step: "any" }],
      ["udp", "bind", { step: "any" }],
    ],
  },
  {
    name: "lwIP 2.1.3",
    needs: ["/usr/include/lwip/lwip/tcpip.h", ...compiler],
    start: startLwip,
    profile: lwip,
    sequences: [
      ["tcp", "connect", { step: "1", meanwhile: "one counter for all" }],
      ["tcp", "bind", { step: "1", meanwhile: "one counter for all" }],
      ["udp", "connect", { step: "1", meanwhile: "one counter for all" }],
      ["udp", "bind", { step: "1", meanwhile: "one counter for all" }],
    ],
  },
];

for (const { name, needs, start, profile, sequences } of stacks)
  describeLive(name, needs, () => {
    let shelf: Shelf;
    let peer: Peer;

    beforeAll(async () => {
      shelf = openShelf();
      peer = await start(shelf);
    });

    afterAll(async () => {
      await peer?.close();
      shelf?.remove();
    });

    test("sends us bytes and gets them back", async () => {
      expect(await peer.fetch(50_000)).toBe(50_000);
    });

    test("echoes what we send, by TCP and by UDP", async () => {
      expect(sha256(await echoedStream(peer.host, 50_000))).toBe(sha256(noise(50_000)));
      expect(sha256(await echoedDatagram(peer.host, noise(400)))).toBe(sha256(noise(400)));
    });

    for (const [protocol, call, seen] of sequences)
      test(`${protocol} ${call}: ports as foretold`, { retry: 2 }, async () => {
        const shape = await shapeOf(profile.range, (count, to) => peer.ports(protocol, call, count, to));
        expect(shape).toMatchObject({ ...seen, inRange: true });
        expect(shape).toEqual(await predicted(profile, protocol, call, 1));
      });
  });

describeLive("usrsctp 0.9.5", ["/usr/include/usrsctp.h", ...compiler], () => {
  test("sctp bind: ports as foretold", { retry: 2 }, async () => {
    const shelf = openShelf();
    try {
      const shape = await shapeOf(usrsctp.range, (count) => usrsctpPorts(shelf, count));
      expect(shape).toEqual(await predicted(usrsctp, "sctp", "bind", 1));
      expect(shape).toMatchObject({ parity: "either", step: "any", inRange: true });
    } finally {
      shelf.remove();
    }
  });
});

/** What comes back of so many bytes that we send to the peer's echo. */
async function echoedStream(host: Host, length: number): Promise<Uint8Array> {
  const back = Buffer.alloc(length);
  let got = 0;
  let error: Error | undefined;
  const services = { clock: systemClock(), socket: host.socket.bind(host) };
  const stream = connectStream(
    services,
    { remote: { address: theirs, port: 7 } },
    {
      connected: () => stream.write(noise(length)),
      data: (bytes) => {
        back.set(bytes, got);
        got += bytes.length;
        if (got === length) stream.end();
      },
      ended: () => {},
      closed: (reason) => {
        error = reason;
      },
    },
  );
  await until("the echo of a stream", () => got === length || error !== undefined, 30_000);
  if (error !== undefined) throw error;
  return new Uint8Array(back);
}

async function echoedDatagram(host: Host, payload: Uint8Array): Promise<Uint8Array> {
  const socket = host.socket("AF_INET", "SOCK_DGRAM");
  const into = new Uint8Array(2000);
  socket.sendTo(payload, { address: theirs, port: 7 });
  await until("the echo of a datagram", () => socket.poll().readable);
  const { length } = socket.recvFrom(into);
  socket.close();
  return into.slice(0, length);
}
