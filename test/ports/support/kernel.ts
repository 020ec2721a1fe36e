/**
 * As much of Linux's socket calls as decides about ports, over a port manager: routes of one machine to itself, states of
 * sockets, the handshakes and closings between them. A model for tests; the stack has the real one.
 */
import {
  type Address,
  address,
  anyV4,
  anyV6,
  isLoopback,
  isUnspecified,
  isV4,
} from "../../../src/base/address.ts";
import type { Endpoint } from "../../../src/base/endpoint.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { Binding, BindRequest, TransportProtocol } from "../../../src/ports/binding.ts";
import { PortManager } from "../../../src/ports/port-manager.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { type PortRange, parsePortList } from "../../../src/ports/range.ts";

const timeWait = 60_000;
const loopback = 1;

/** One end of a TCP connection, or a bound, listening or UDP socket. */
export interface TestSocket {
  readonly protocol: TransportProtocol;
  readonly domain: 4 | 6;
  readonly uid: number;
  reuseAddress: boolean;
  reusePort: boolean;
  v6Only: boolean;
  device: number;
  bindNoPort: boolean;
  portRange: PortRange | undefined;
  /** bind(2)'s address while there is no binding. */
  address: Address;
  binding: Binding<TestSocket> | undefined;
  /** What getsockname(2) says; it outlives the binding. */
  port: number;
  state: "idle" | "listening" | "connected" | "reset" | "closed";
  peer: TestSocket | undefined;
  /** Handshakes done and not accepted. */
  readonly queue: TestSocket[];
}

export class TestKernel {
  readonly manager: PortManager<TestSocket>;
  uid = 0;
  now = 1000;
  timestamps = true;
  readonly #local: { readonly device: string; readonly address: Address }[] = [
    { device: "lo", address: address("::1") },
  ];
  readonly #devices = new Map<string, number>([["lo", loopback]]);

  constructor(
    seed: string,
    sysctl: Readonly<Record<string, string>>,
    addresses: readonly (readonly [string, string])[],
  ) {
    this.manager = new PortManager({ profile: linux, random: seededRandom(seed), now: () => this.now });
    for (const [device, text] of addresses) {
      this.device(device);
      this.#local.push({ device, address: address(text.split("/")[0]!) });
    }
    for (const [name, value] of Object.entries(sysctl)) this.#set(name.replace("net.ipv4.", ""), value);
  }

  #set(name: string, value: string): void {
    const { manager } = this;
    if (name === "ip_local_port_range") manager.range = value.split(/\s+/).map(Number) as [number, number];
    else if (name === "ip_local_reserved_ports") manager.reserved = parsePortList(value)!;
    else if (name === "ip_autobind_reuse") manager.settings.autobindReuse = value === "1";
    else if (name === "tcp_timestamps") this.timestamps = value === "1";
    else if (name === "tcp_tw_reuse")
      manager.settings.timeWaitReuse = { mode: Number(value) as 0 | 1 | 2, delay: 1000 };
    else throw new Error(`no sysctl ${name}`);
  }

  device(name: string): number {
    if (!this.#devices.has(name)) this.#devices.set(name, this.#devices.size + 1);
    return this.#devices.get(name)!;
  }

  socket(domain: 4 | 6, protocol: TransportProtocol): TestSocket {
    return {
      protocol,
      domain,
      uid: this.uid,
      reuseAddress: false,
      reusePort: false,
      v6Only: false,
      device: 0,
      bindNoPort: false,
      portRange: undefined,
      address: domain === 4 ? anyV4 : anyV6,
      binding: undefined,
      port: 0,
      state: "idle",
      peer: undefined,
      queue: [],
    };
  }

  /** __inet_bind and __inet6_bind; the order of errors is theirs. */
  bind(socket: TestSocket, at: Address, port: number): string {
    const privileged = this.uid === 0;
    const forbidden = port !== 0 && port < this.manager.unprivilegedStart && !privileged;
    const ours = this.#isOurs(at, socket);
    if (socket.domain === 4 && !ours) return "EADDRNOTAVAIL";
    if (forbidden) return "EACCES";
    if (socket.binding !== undefined || socket.state === "connected") return "EINVAL";
    if (socket.domain === 6 && isV4(at) && socket.v6Only) return "EINVAL";
    if (!ours) return "EADDRNOTAVAIL";
    if (port === 0 && socket.bindNoPort) socket.address = at;
    else {
      const bound = this.manager.tryReserve(socket, this.#request(socket, at, port));
      if (typeof bound === "string") {
        socket.address = socket.domain === 4 ? anyV4 : anyV6; // an earlier bind(2) without port is undone
        return bound;
      }
      socket.binding = bound;
      socket.port = bound.port;
    }
    if (socket.domain === 6 && !isV4(at) && !isUnspecified(at)) socket.v6Only = true;
    return "OK";
  }

  listen(socket: TestSocket): string {
    if (socket.state === "listening") return "OK";
    if (socket.protocol !== "tcp" || socket.state !== "idle") return "EINVAL";
    if (socket.binding === undefined) {
      const bound = this.manager.tryReserve(socket, {
        ...this.#request(socket, socket.address, 0),
        call: "listen",
      });
      if (typeof bound === "string") return bound;
      socket.binding = bound;
    }
    const refused = this.manager.tryListen(socket.binding);
    if (refused !== undefined) return refused;
    socket.port = socket.binding.port;
    socket.state = "listening";
    return "OK";
  }

  connect(socket: TestSocket, to: Address, port: number): string {
    const remote = { address: this.#destination(socket, to), port };
    return socket.protocol === "tcp" ? this.#connectTcp(socket, remote) : this.#connectUdp(socket, remote);
  }

  #connectTcp(socket: TestSocket, remote: Endpoint): string {
    if (socket.state !== "idle") return "EISCONN";
    const source = this.#route(socket, remote.address);
    if (typeof source === "string") return source;
    const refused = this.#enter(socket, remote, source);
    if (refused !== undefined) {
      this.#abandon(socket);
      return refused;
    }
    const { binding } = socket;
    socket.port = binding!.port;
    const local = binding!.address;
    const device = socket.device === 0 ? this.deviceOf(remote.address) : socket.device;
    let target = this.manager.demultiplex("tcp", remote.address, remote.port, local, binding!.port, device);
    if (target?.state === "held") {
      this.manager.release(target); // a new SYN ends the rest (RFC 6191)
      target = this.manager.demultiplex("tcp", remote.address, remote.port, local, binding!.port, device);
    }
    if (target === undefined) {
      this.#abandon(socket);
      return "ECONNREFUSED";
    }
    socket.state = "connected";
    if (target.state === "listening") this.#handshake(target, socket, remote);
    return "OK";
  }

  /** The five-tuple is the socket's, or the errno. */
  #enter(socket: TestSocket, remote: Endpoint, source: Address): string | undefined {
    if (socket.binding !== undefined) return this.manager.tryConnect(socket.binding, { remote, source });
    const made = this.manager.tryConnectNew(socket, this.#request(socket, socket.address, 0), {
      remote,
      source,
    });
    if (typeof made === "string") return made;
    socket.binding = made;
    return undefined;
  }

  /** connect(2) has failed: a port that was not named is given back, a wildcard restored. */
  #abandon(socket: TestSocket): void {
    if (socket.binding === undefined) return;
    const { boundAddress } = socket.binding;
    if (this.manager.disconnect(socket.binding) === "bound") return;
    socket.binding = undefined;
    socket.address = boundAddress;
  }

  #handshake(listener: Binding<TestSocket>, client: TestSocket, local: Endpoint): void {
    const child = this.socket(listener.domain, "tcp");
    const remote = { address: client.binding!.address, port: client.port };
    child.binding = this.manager.accept(listener, child, { local: local.address, remote });
    child.port = local.port;
    child.state = "connected";
    child.peer = client;
    client.peer = child;
    listener.owner.queue.push(child);
  }

  /** inet_dgram_connect: the implicit bind comes first, and stays if there is no route. */
  #connectUdp(socket: TestSocket, remote: Endpoint): string {
    if (socket.binding === undefined) {
      const bound = this.manager.tryReserve(socket, {
        ...this.#request(socket, socket.address, 0),
        call: "connect",
      });
      if (typeof bound === "string") return bound;
      socket.binding = bound;
      socket.port = bound.port;
    }
    const source = this.#route(socket, remote.address);
    if (typeof source === "string") return source;
    const refused = this.manager.tryConnect(socket.binding, { remote, source });
    if (refused === undefined) socket.state = "connected";
    return refused ?? "OK";
  }

  disconnect(socket: TestSocket): string {
    if (socket.binding === undefined) return "OK";
    const { boundAddress } = socket.binding;
    if (this.manager.disconnect(socket.binding) === "released") {
      socket.binding = undefined;
      socket.address = boundAddress;
      if (socket.protocol !== "tcp") socket.port = 0;
    }
    socket.state = "idle";
    return "OK";
  }

  accept(socket: TestSocket): TestSocket {
    return socket.queue.shift()!;
  }

  close(socket: TestSocket): void {
    const { binding, peer, state } = socket;
    socket.state = "closed";
    for (const child of socket.queue.splice(0)) this.#reset(child);
    if (binding === undefined) return;
    if (state !== "connected" || socket.protocol !== "tcp" || peer === undefined) {
      this.manager.release(binding);
      return;
    }
    const reuse = { timestamps: this.timestamps };
    if (peer.state === "closed") {
      this.manager.release(binding); // LAST-ACK
      if (peer.binding?.state === "held") this.manager.hold(peer.binding, peer, this.now + timeWait, reuse); // its FIN-WAIT-2 becomes TIME-WAIT
      return;
    }
    this.manager.hold(binding, socket, this.now + timeWait, { ...reuse, finWait2: true });
  }

  /** A connection nobody accepted, whose listener goes: both ends are over at once. */
  #reset(child: TestSocket): void {
    const client = child.peer!;
    child.state = "closed";
    this.manager.release(child.binding!);
    if (client.binding === undefined) return;
    if (client.state === "closed") this.manager.release(client.binding);
    else {
      client.state = "reset";
      if (this.manager.disconnect(client.binding, "kept") === "released") client.binding = undefined;
    }
  }

  /** What a setsockopt(2) after bind(2) changes there. */
  optionsChanged({ binding, reuseAddress, reusePort, device }: TestSocket): void {
    if (binding === undefined) return;
    binding.reuseAddress = reuseAddress;
    binding.reusePort = reusePort;
    binding.device = device;
  }

  #request(socket: TestSocket, at: Address, port: number): BindRequest {
    const { protocol, domain, reuseAddress, reusePort, v6Only, device, uid, portRange } = socket;
    const privileged = this.uid === 0;
    return {
      protocol,
      domain,
      address: at,
      port,
      reuseAddress,
      reusePort,
      v6Only,
      device,
      uid,
      portRange,
      privileged,
    };
  }

  #isOurs(at: Address, socket: TestSocket): boolean {
    if (isUnspecified(at) || (isV4(at) && isLoopback(at))) return true;
    const found = this.#local.find(
      ({ address: own }) => own.w3 === at.w3 && own.w0 === at.w0 && own.w2 === at.w2,
    );
    if (found === undefined) return false;
    // ipv6_chk_addr: an address of host scope belongs to its device alone.
    return !(!isV4(at) && isLoopback(at) && socket.device !== 0 && socket.device !== loopback);
  }

  /** connect(2) to nowhere in particular is to the loopback. */
  #destination(socket: TestSocket, to: Address): Address {
    if (!isUnspecified(to)) return to;
    return isV4(to) || (socket.binding !== undefined && isV4(socket.binding.address) && socket.domain === 6)
      ? address("127.0.0.1")
      : address("::1");
  }

  /** The source address towards one of our own, or the errno; each line measured. */
  #route(socket: TestSocket, to: Address): Address | string {
    const bound = socket.binding?.address ?? socket.address;
    const { device } = socket;
    if (!isV4(to)) {
      if (device !== 0 && this.deviceOf(to) !== device) return "ENETUNREACH";
      if (isV4(bound)) return "EAFNOSUPPORT";
      return isUnspecified(bound) ? to : bound;
    }
    if (socket.domain === 6 && socket.v6Only) return "ENETUNREACH";
    const elsewhere = device !== 0 && device !== loopback;
    if (isV4(bound) && !isUnspecified(bound))
      return elsewhere && isLoopback(bound) && isLoopback(to) ? "EINVAL" : bound;
    if (elsewhere) return address("10.9.0.1");
    return isLoopback(to) ? address("127.0.0.1") : to;
  }

  /** A packet to ourselves comes in by the device that has the address (rt_iif; ip6_dst_idev). */
  deviceOf(to: Address): number {
    const found = this.#local.find(({ address: own }) => own.w3 === to.w3 && own.w0 === to.w0);
    return found === undefined ? loopback : this.device(found.device);
  }
}
