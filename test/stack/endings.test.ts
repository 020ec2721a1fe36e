/** Whatever ends a session, its port comes back exactly once. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Host } from "../../src/stack/host.ts";
import { Network } from "../../src/stack/network.ts";
import type { Socket } from "../../src/stack/socket.ts";
import { outcome } from "./support/fake-world.ts";

type Step =
  | {
      readonly kind: "connect";
      readonly to: "open" | "closed" | "nowhere" | "crowded";
      readonly bind: boolean;
    }
  | { readonly kind: "accept" }
  | { readonly kind: "unlisten" }
  | { readonly kind: "flood" }
  | {
      readonly kind: "close" | "reset" | "shutdown" | "send" | "receive" | "dissolve" | "again";
      readonly which: number;
    }
  | { readonly kind: "udp"; readonly connect: boolean }
  | { readonly kind: "wait"; readonly time: number };

const which = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("connect" as const),
      to: fc.constantFrom("open" as const, "closed" as const, "nowhere" as const, "crowded" as const),
      bind: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("accept" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("unlisten" as const, "flood" as const) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "close" as const,
        "reset" as const,
        "shutdown" as const,
        "send" as const,
        "receive" as const,
        "dissolve" as const,
        "again" as const,
      ),
      which,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("udp" as const), connect: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), time: fc.constantFrom(1, 50, 1000, 61_000) }),
  },
);

class World {
  readonly network = new Network({ seed: "endings" });
  readonly a: Host;
  readonly b: Host;
  readonly sockets: Socket[] = [];
  listener: Socket;
  crowded: Socket;

  constructor(loss: number) {
    this.a = this.network.host("a");
    this.b = this.network.host("b");
    this.network.link(this.a, this.b, {
      loss,
      delay: 2,
      ends: [{ addresses: ["10.0.0.1/24"], gateway: "10.0.0.2" }, { addresses: ["10.0.0.2/24"] }],
    });
    this.listener = this.listen(80, 16);
    this.crowded = this.listen(81, 0);
  }

  listen(port: number, backlog: number): Socket {
    const socket = this.b.socket("AF_INET", "SOCK_STREAM");
    socket.setOption("SO_REUSEADDR", 1);
    socket.bind({ address: "10.0.0.2", port });
    socket.listen(backlog);
    return socket;
  }

  do(step: Step): void {
    if (step.kind === "wait") this.network.advance(step.time);
    else if (step.kind === "connect") this.connect(step);
    else if (step.kind === "accept") this.accept();
    else if (step.kind === "unlisten") this.relisten();
    else if (step.kind === "flood") for (let i = 0; i < 5; i++) this.connect({ to: "open", bind: false });
    else if (step.kind === "udp") this.udp(step.connect);
    else this.act(step.kind, this.sockets[step.which % Math.max(this.sockets.length, 1)]);
  }

  connect({ to, bind }: { to: "open" | "closed" | "nowhere" | "crowded"; bind: boolean }): void {
    const socket = this.a.socket("AF_INET", "SOCK_STREAM");
    this.sockets.push(socket);
    if (bind) outcome(() => socket.bind({ address: "10.0.0.1", port: 40000 + (this.sockets.length % 5) }));
    outcome(() => this.dial(socket, to));
  }

  dial(socket: Socket, to: "open" | "closed" | "nowhere" | "crowded"): void {
    const address = to === "nowhere" ? "10.0.0.99" : "10.0.0.2";
    socket.connect({ address, port: { open: 80, crowded: 81, closed: 9, nowhere: 80 }[to] });
  }

  accept(): void {
    const socket = outcome(() => this.listener.accept());
    if (typeof socket !== "string") this.sockets.push(socket);
  }

  relisten(): void {
    this.listener.close();
    this.listener = this.listen(80, 16);
  }

  udp(connect: boolean): void {
    const socket = this.a.socket("AF_INET", "SOCK_DGRAM");
    this.sockets.push(socket);
    if (connect) socket.connect({ address: "10.0.0.2", port: 9 });
    outcome(() => socket.sendTo(new Uint8Array(1), { address: "10.0.0.2", port: 9 }));
  }

  act(
    kind: "close" | "reset" | "shutdown" | "send" | "receive" | "dissolve" | "again",
    socket: Socket | undefined,
  ): void {
    if (socket === undefined) return;
    outcome(() => {
      if (kind === "close") socket.close();
      else if (kind === "reset") {
        socket.setOption("SO_LINGER", { on: true, seconds: 0 });
        socket.close();
      } else if (kind === "shutdown") socket.shutdown("SHUT_WR");
      else if (kind === "send") socket.send(new Uint8Array(5000));
      else if (kind === "receive") socket.recv(new Uint8Array(10_000));
      else if (kind === "dissolve") socket.connect(undefined);
      else this.dial(socket, "open");
    });
  }
}

const usage = (host: Host) => {
  const { tcp, udp } = host.ports.stats();
  return [tcp?.inUse ?? 0, tcp?.held ?? 0, tcp?.flows ?? 0, udp?.inUse ?? 0, udp?.flows ?? 0];
};

test("after any history, once every socket is closed, every port is free and nothing is timed", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 0, 0.2), (steps, loss) => {
      const world = new World(loss);
      for (const each of steps) world.do(each);
      for (const socket of [...world.sockets, world.listener, world.crowded]) socket.close();
      expect(world.network.run(3 * 3600_000)).toBe(true);
      for (const host of [world.a, world.b]) {
        expect(usage(host)).toEqual([0, 0, 0, 0, 0]);
        expect(host.snapshot().sockets).toEqual([]);
      }
      world.network.close();
    }),
    { numRuns: 60 },
  );
});

test("closing the host at any time leaves its tables empty", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const world = new World(0);
      for (const each of steps) world.do(each);
      world.a.close();
      world.b.close();
      world.network.close();
      expect(outcome(() => world.a.socket("AF_INET", "SOCK_DGRAM"))).toBe("ENETDOWN");
      for (const host of [world.a, world.b]) {
        expect(usage(host)).toEqual([0, 0, 0, 0, 0]);
        expect(host.snapshot().sockets).toEqual([]);
      }
    }),
    { numRuns: 60 },
  );
});
