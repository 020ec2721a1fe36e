/**
 * Two hosts on a cable that never rest: connections in every state, datagrams of all sizes, pings, groups, closed ports,
 * nobody's addresses. What happens next is drawn from the seed.
 */
import { address } from "../../src/base/address.ts";
import type { Random } from "../../src/base/random.ts";
import type { LinkCapabilities } from "../../src/link/link.ts";
import { offloadCapabilities, pipe } from "../../src/link/pipe.ts";
import type { Host } from "../../src/stack/host.ts";
import { Network } from "../../src/stack/network.ts";
import type { Socket, SocketDomain } from "../../src/stack/socket.ts";
import { outcome } from "../stack/support/fake-world.ts";
import { Wiretap } from "../support/wiretap.ts";

export interface BusyOptions {
  readonly medium: LinkCapabilities["medium"];
  /** 64 KiB segments and partial checksums, as between hosts in memory. */
  readonly offload?: boolean;
  readonly capture?: boolean;
}

/** Where each host lives. */
export const homes = {
  a: { v4: "10.0.0.1", v6: "fd00::1", mac: "02:00:00:00:00:01" },
  b: { v4: "10.0.0.2", v6: "fd00::2", mac: "02:00:00:00:00:02" },
} as const;

/** The loopback is the first interface. */
const cableIndex = 2;

function groupOf(domain: SocketDomain): string {
  return domain === "AF_INET" ? "239.1.2.3" : "ff05::1:3";
}

/** TCP: answers with itself; takes and never reads; is never accepted from. */
const ports = { echo: 7, silent: 9, crowded: 11, closed: 13 } as const;
const mostSockets = 24;
/** A message with something in it. */
const text = new Uint8Array(60_000).map((_, i) => i * 31);

export class Busy {
  readonly network: Network;
  readonly a: Host;
  readonly b: Host;
  /** At host `a`: the one that is under fire. */
  readonly tap: Wiretap;
  readonly sockets: Socket[] = [];
  readonly #random: Random;
  readonly #buffer = new Uint8Array(65_536);
  readonly #standing: Socket[] = [];

  constructor(seed: string, { medium, offload = false, capture = false }: BusyOptions) {
    this.network = new Network({ seed, capture });
    this.#random = this.network.random.fork("busy");
    this.a = this.network.host("a");
    this.b = this.network.host("b");
    const capabilities = offload ? { ...offloadCapabilities, medium } : { medium };
    const [left, right] = pipe(this.network.clock, { capabilities });
    this.tap = new Wiretap(left);
    this.a.addInterface(this.tap, setup("a"));
    this.b.addInterface(right, setup("b"));
    // Addresses are on trial at first.
    this.network.run(5000);
    for (const host of [this.a, this.b]) this.#serve(host);
  }

  /** One thing more happens, and a little time passes. */
  step(): void {
    const actor = this.#below(2) === 0 ? this.a : this.b;
    outcome(() => this.#act(actor));
    while (this.sockets.length > mostSockets) this.sockets.splice(this.#below(mostSockets), 1)[0]!.close();
    this.network.advance(this.#below(8) === 0 ? this.#below(3000) : this.#below(30));
  }

  /** Everybody closes what he has, and what is left of it passes. */
  end(): void {
    for (const socket of [...this.sockets, ...this.#standing]) socket.close();
    this.sockets.length = 0;
    this.#standing.length = 0;
    this.network.advance(4 * 3_600_000);
  }

  #below(bound: number): number {
    return this.#random.below(bound);
  }

  #serve(host: Host): void {
    for (const port of [ports.echo, ports.silent, ports.crowded]) this.#listen(host, port);
    for (const domain of ["AF_INET", "AF_INET6"] as const) {
      const echo = this.#datagram(host, domain, ports.echo);
      echo.onReady = () => this.#echoDatagrams(echo);
      this.#datagram(host, domain, ports.silent).setOption("SO_RCVBUF", 4096);
    }
  }

  #listen(host: Host, port: number): void {
    const listener = host.socket("AF_INET6", "SOCK_STREAM");
    listener.setOption("IPV6_V6ONLY", 0);
    listener.bind({ address: "::", port });
    listener.listen(port === ports.crowded ? 1 : 8);
    this.#standing.push(listener);
    if (port === ports.crowded) return;
    listener.onReady = () => {
      while (listener.poll().readable) this.#take(listener.accept(), port);
    };
  }

  #take(socket: Socket, port: number): void {
    this.sockets.push(socket);
    if (port === ports.echo) socket.onReady = () => this.#echoStream(socket);
  }

  #echoStream(socket: Socket): void {
    outcome(() => {
      for (;;) {
        const count = socket.recv(this.#buffer);
        if (count === 0) return socket.shutdown("SHUT_WR");
        socket.send(this.#buffer.subarray(0, count));
      }
    });
  }

  #datagram(host: Host, domain: SocketDomain, port: number): Socket {
    const socket = host.socket(domain, "SOCK_DGRAM");
    if (domain === "AF_INET6") socket.setOption("IPV6_V6ONLY", 1);
    socket.bind({ address: domain === "AF_INET" ? "0.0.0.0" : "::", port });
    this.#standing.push(socket);
    return socket;
  }

  #echoDatagrams(socket: Socket): void {
    outcome(() => {
      for (;;) {
        const { length, from } = socket.recvFrom(this.#buffer);
        // Two echo services would talk to each other for ever.
        if (from.port > 1023) socket.sendTo(this.#buffer.subarray(0, length), from);
      }
    });
  }

  #act(host: Host): void {
    const what = this.#below(20);
    if (what < 6) this.#connect(host);
    else if (what < 8) this.#sendDatagram(host);
    else if (what < 9) this.#ping(host);
    else if (what < 10) this.#join(host);
    else this.#use(what);
  }

  #home(host: Host, domain: SocketDomain): string {
    const there = host === this.a ? homes.b : homes.a;
    const nobody = this.#below(24);
    if (domain === "AF_INET") return ["10.0.0.99", "192.0.2.9"][nobody] ?? there.v4;
    return ["fd00::99", "2001:db8::9"][nobody] ?? there.v6;
  }

  #domain(): SocketDomain {
    return this.#below(2) === 0 ? "AF_INET" : "AF_INET6";
  }

  #connect(host: Host): void {
    const domain = this.#domain();
    const socket = host.socket(domain, "SOCK_STREAM");
    this.sockets.push(socket);
    if (this.#below(4) === 0) socket.setOption("SO_RCVBUF", 4096);
    if (this.#below(4) === 0) {
      socket.setOption("SO_KEEPALIVE", 1);
      socket.setOption("TCP_KEEPIDLE", 1);
    }
    const all = Object.values(ports);
    outcome(() => socket.connect({ address: this.#home(host, domain), port: all[this.#below(all.length)]! }));
    const first = this.#below(4) === 0 ? 0 : this.#below(text.length);
    socket.onReady = () => {
      if (socket.poll().writable && !socket.poll().error) outcome(() => socket.send(text.subarray(first)));
      socket.onReady = undefined;
    };
  }

  #sendDatagram(host: Host): void {
    const domain = this.#domain();
    const socket = host.socket(domain, "SOCK_DGRAM");
    this.sockets.push(socket);
    const size = this.#below(4) === 0 ? this.#below(9000) : this.#below(100);
    const port = [ports.echo, ports.silent, ports.closed][this.#below(3)]!;
    const to = { address: this.#home(host, domain), port: port as number };
    if (this.#below(6) === 0) {
      to.address = groupOf(domain);
      to.port = 20 + this.#below(3);
      socket.setOption(domain === "AF_INET" ? "IP_MULTICAST_IF" : "IPV6_MULTICAST_IF", cableIndex);
    } else if (this.#below(2) === 0) outcome(() => socket.connect(to));
    outcome(() => socket.sendTo(text.subarray(0, size), to));
  }

  #ping(host: Host): void {
    const data = text.subarray(0, this.#below(4) === 0 ? this.#below(5000) : this.#below(60));
    host.echo.send({ destination: address(this.#home(host, this.#domain())), data }, () => {});
  }

  #join(host: Host): void {
    const domain = this.#domain();
    const socket = host.socket(domain, "SOCK_DGRAM");
    this.sockets.push(socket);
    const option = domain === "AF_INET" ? "IP_ADD_MEMBERSHIP" : "IPV6_ADD_MEMBERSHIP";
    outcome(() => socket.setOption(option, { group: groupOf(domain), interface: cableIndex }));
    outcome(() =>
      socket.bind({ address: domain === "AF_INET" ? "0.0.0.0" : "::", port: 20 + this.#below(3) }),
    );
  }

  /** Something with a socket there is. */
  #use(what: number): void {
    const at = this.#below(Math.max(1, this.sockets.length));
    const socket = this.sockets[at];
    if (socket === undefined) return;
    if (what < 13) socket.send(text.subarray(0, this.#below(text.length)), { urgent: what === 12 });
    else if (what < 16) socket.recv(this.#buffer.subarray(0, 1 + this.#below(60_000)));
    else if (what < 17) socket.shutdown(this.#below(3) === 0 ? "SHUT_RD" : "SHUT_WR");
    else if (what < 18) socket.connect(undefined);
    else {
      this.sockets.splice(at, 1);
      if (what === 18) outcome(() => socket.setOption("SO_LINGER", { on: true, seconds: 0 }));
      socket.close();
    }
  }
}

function setup(host: "a" | "b") {
  const { v4, v6, mac } = homes[host];
  const gateway = host === "a" ? [homes.b.v4, homes.b.v6] : [];
  return { addresses: [`${v4}/24`, `${v6}/64`], mac, gateway };
}
