/**
 * Sessions that end in every way there is, some of them in several at once: closed by either side or both, reset,
 * refused, timed out, told by ICMP that nobody is there, cut off with their interface or their host. However it was, each
 * port is given back once: while a session lives the port is its own, and in the end every table is empty.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { never } from "../../src/base/time/clock.ts";
import { pipe } from "../../src/link/pipe.ts";
import type { Host } from "../../src/stack/host.ts";
import type { Network } from "../../src/stack/network.ts";
import type { Socket, SocketDomain } from "../../src/stack/socket.ts";
import { forgeIcmpv4, forgeIcmpv6 } from "../support/forge.ts";
import { inNetwork } from "../support/network-trace.ts";
import { Wiretap } from "../support/wiretap.ts";
import { outcome } from "./support/fake-world.ts";

/** What one side does with its socket. */
const sideEndings = [
  "close",
  "shut down, then close",
  "reset",
  "close with data unread",
  "dissolve",
  "nothing",
] as const;
type SideEnding = (typeof sideEndings)[number];
/** What happens to all of them. */
const events = [
  "the wire is cut",
  "the wire is whole",
  "unreachable",
  "fragmentation needed",
  "time",
] as const;
/** The end of a host, or of its way out: for the last step. */
const lastEvents = [
  "nothing",
  "interface of a removed",
  "interface of b removed",
  "a closed",
  "b closed",
] as const;

interface Session {
  readonly kind: "session";
  readonly domain: SocketDomain;
  readonly from: "a" | "b";
  readonly port: number;
  readonly bytes: number;
  readonly wait: number;
  readonly client: SideEnding;
  readonly server: SideEnding;
}

type Step =
  | Session
  | { readonly kind: "event"; readonly event: (typeof events)[number]; readonly wait: number };

const wait = fc.constantFrom(0, 1, 5, 60, 500, 61_000);
/** Accepting, with no room to accept, closed. */
const ports = { open: 7, crowded: 8, closed: 9 } as const;
const session: fc.Arbitrary<Session> = fc.record({
  kind: fc.constant("session" as const),
  domain: fc.constantFrom<SocketDomain>("AF_INET", "AF_INET6"),
  from: fc.constantFrom<"a" | "b">("a", "b"),
  port: fc.constantFrom(ports.open, ports.open, ports.open, ports.crowded, ports.closed),
  bytes: fc.constantFrom(0, 1, 5000, 100_000),
  wait,
  client: fc.constantFrom(...sideEndings),
  server: fc.constantFrom(...sideEndings),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: session },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("event" as const), event: fc.constantFrom(...events), wait }),
  },
);

const homes = { a: { v4: "10.0.0.1", v6: "fd00::1" }, b: { v4: "10.0.0.2", v6: "fd00::2" } } as const;

class World {
  readonly a: Host;
  readonly b: Host;
  readonly #network: Network;
  readonly #tap: Wiretap;
  readonly #sockets: Socket[] = [];
  readonly #listeners: Socket[] = [];
  /** What the sessions' servers do in the end, by the client's port. */
  readonly #servers = new Map<string, Session>();
  readonly #timersAtRest: readonly number[];
  #cut = false;

  constructor(network: Network) {
    this.#network = network;
    this.a = network.host("a");
    this.b = network.host("b");
    const [left, right] = pipe(network.clock);
    this.#tap = new Wiretap(left);
    this.#tap.loses = () => this.#cut;
    network.attach(this.a, this.#tap, { addresses: [`${homes.a.v4}/24`, `${homes.a.v6}/64`] });
    network.attach(this.b, right, { addresses: [`${homes.b.v4}/24`, `${homes.b.v6}/64`] });
    network.run(5000);
    this.#timersAtRest = [this.a, this.b].map(timersOf);
    for (const host of [this.a, this.b]) this.#prepare(host);
  }

  /** A host that gives up soon, has few ports, and listens. */
  #prepare(host: Host): void {
    for (const [name, value] of Object.entries({
      retries2: 5,
      syn_retries: 2,
      synack_retries: 2,
      orphan_retries: 2,
    }))
      host.sysctl.set(`net.ipv4.tcp_${name}`, value);
    host.sysctl.set("net.ipv4.ip_local_port_range", "50000 50015");
    for (const port of [ports.open, ports.crowded]) {
      const listener = host.socket("AF_INET6", "SOCK_STREAM");
      listener.setOption("IPV6_V6ONLY", 0);
      listener.bind({ address: "::", port });
      listener.listen(port === ports.open ? 64 : 0);
      if (port === ports.open)
        listener.onReady = () => {
          while (listener.poll().readable) this.#accepted(host, listener.accept());
        };
      this.#listeners.push(listener);
    }
  }

  #accepted(host: Host, socket: Socket): void {
    this.#sockets.push(socket);
    const name = outcome(() => socket.remoteEndpoint());
    if (typeof name === "string") return;
    const { server = "nothing", wait: after = 0 } = this.#servers.get(`${host.name} ${name.port}`) ?? {};
    socket.onReady = () => {
      if (after > 0 || server === "nothing" || server === "close with data unread") return;
      end(socket, server);
    };
  }

  do(each: Step): void {
    if (each.kind === "session") this.#open(each);
    else this.#event(each.event);
    this.#network.advance(each.wait);
    this.expectPortsHeld();
  }

  #open({ domain, from, port, bytes, wait: after, client, ...rest }: Session): void {
    const [host, other] = from === "a" ? ([this.a, "b"] as const) : ([this.b, "a"] as const);
    const socket = host.socket(domain, "SOCK_STREAM");
    this.#sockets.push(socket);
    const address = homes[other][domain === "AF_INET" ? "v4" : "v6"];
    outcome(() => socket.connect({ address, port }));
    const { port: own } = socket.localEndpoint();
    this.#servers.set(`${other} ${own}`, { domain, from, port, bytes, wait: after, client, ...rest });
    socket.onReady = () => {
      if (bytes > 0) outcome(() => socket.send(new Uint8Array(bytes)));
      if (after === 0) end(socket, client);
    };
    if (after === 5) end(socket, client);
  }

  #event(event: (typeof events)[number]): void {
    if (event === "the wire is cut") this.#cut = true;
    else if (event === "the wire is whole") this.#cut = false;
    else if (event === "unreachable") this.#tellAll(3, 0);
    else if (event === "fragmentation needed") this.#tellAll(4, 1300);
    else for (const socket of this.#sockets.splice(0, 3)) end(socket, "close");
  }

  /** ICMP about everything that host `a` has sent of late. */
  #tellAll(code: number, mtu: number): void {
    for (const quoted of [...this.#tap.recentSent]) {
      const v4 = quoted[0]! >>> 4 === 4;
      const between = v4
        ? { source: homes.b.v4, destination: homes.a.v4 }
        : { source: homes.b.v6, destination: homes.a.v6 };
      const v6 =
        code === 4
          ? ({ kind: "packet-too-big", mtu } as const)
          : ({ kind: "destination-unreachable" } as const);
      const error = v4
        ? forgeIcmpv4(between, { kind: "destination-unreachable", code, mtu, quoted: quoted.slice(0, 500) })
        : forgeIcmpv6(between, { ...v6, code: code === 4 ? 0 : 4, quoted: quoted.slice(0, 1000) });
      this.#tap.inject(error, error.length);
    }
  }

  /** While a session lives, the port is its own: each has a binding, and no two have one five-tuple. */
  expectPortsHeld(): void {
    for (const host of [this.a, this.b]) {
      const { sockets, ports: held } = host.snapshot();
      const tuples = held.bindings.map(
        ({ domain, address, port, remote }) => `${domain} ${address} ${port} ${remote}`,
      );
      expect(new Set(tuples).size).toBe(tuples.length);
      for (const { domain, local, remote } of sockets) {
        const family = domain === "AF_INET" ? 4 : 6;
        const near = (each: (typeof held.bindings)[number]) =>
          each.domain === family && each.port === local.port;
        if (remote !== undefined)
          expect(held.bindings.some(near), `port ${local.port} of ${host.name}`).toBe(true);
      }
    }
  }

  finish(last: (typeof lastEvents)[number]): void {
    if (last === "interface of a removed") this.a.removeInterface(this.a.interfaces[1]!);
    else if (last === "interface of b removed") this.b.removeInterface(this.b.interfaces[1]!);
    else if (last === "a closed") this.a.close();
    else if (last === "b closed") this.b.close();
    this.#network.advance(1000);
    for (const socket of [...this.#sockets, ...this.#listeners]) socket.close();
    expect(this.#network.run(6 * 3_600_000)).toBe(true);
    for (const [i, host] of [this.a, this.b].entries()) {
      expectEmpty(host, this.#timersAtRest[i]!);
      // The alarm of a closed host is silent, whatever was armed behind it.
      if (last !== `${host.name} closed`) expect(host.timers.next()).toBe(never);
    }
  }
}

function end(socket: Socket, ending: SideEnding): void {
  if (ending === "nothing") return;
  outcome(() => {
    if (ending === "dissolve") return socket.connect(undefined);
    if (ending === "shut down, then close") outcome(() => socket.shutdown("SHUT_WR"));
    if (ending === "reset") socket.setOption("SO_LINGER", { on: true, seconds: 0 });
    if (ending !== "close with data unread")
      while (outcome(() => socket.recv(new Uint8Array(99_999))) !== "EAGAIN") break;
    socket.close();
  });
}

function timersOf(host: Host): number {
  return host.tables().find(({ name }) => name === "timers")!.used;
}

function expectEmpty(host: Host, timersAtRest: number): void {
  expect(host.ports.stats().tcp).toMatchObject({ inUse: 0, held: 0, flows: 0 });
  expect(host.ports.snapshot()).toEqual([]);
  expect(host.ports.nextDeadline()).toBe(never);
  expect(host.snapshot().sockets).toEqual([]);
  expect(timersOf(host)).toBeLessThanOrEqual(timersAtRest);
  const left = host.tables().filter(({ name, used }) => used > 0 && !/^(groups|path MTUs|timers)/.test(name));
  expect(left).toEqual([]);
}

test("after any endings of any sessions, by whoever and whatever, every port is free and nothing is timed", () => {
  let seed = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.constantFrom(...lastEvents), (steps, last) => {
      inNetwork(`endings ${++seed}`, { seed }, (network) => {
        const world = new World(network);
        for (const each of steps) world.do(each);
        world.finish(last);
      });
    }),
    { numRuns: Number(process.env["ENDINGS_RUNS"] ?? 120) },
  );
});
