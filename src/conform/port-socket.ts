/**
 * A socket that is nothing but its port: for protocols of which a host of ours has the port rules and not the packets (SCTP).
 * It can be bound, listen and name itself; options and addresses are those of the host's own sockets.
 */
import {
  type Address,
  anyV4,
  anyV6,
  formatAddress,
  isUnspecified,
  isV4,
  parseAddress,
} from "../base/address.ts";
import { SocketError } from "../base/errno.ts";
import type { Binding, PortCall } from "../ports/binding.ts";
import type { Host } from "../stack/host.ts";
import type { EndpointName, Readiness, Socket, SocketAddress, SocketDomain } from "../stack/socket.ts";
import { NotApplicableError } from "./device.ts";

type Owner = Parameters<Host["ports"]["reserve"]>[0];

/** What the host is told of whoever holds the port: no packet will ever be for it. */
const owner: Owner = { kind: "tcp-bound" };

/** @throws SocketError as socket(2) */
export function openPortSocket(host: Host, domain: SocketDomain, protocol: number): PortSocket {
  return new PortSocket(host, host.socket(domain, "SOCK_STREAM"), protocol);
}

export class PortSocket implements Socket {
  readonly domain: SocketDomain;
  readonly type = "SOCK_STREAM";
  readonly protocol: number;
  label = "";
  onReady: (() => void) | undefined = undefined;
  readonly #host: Host;
  /** Keeps the options. */
  readonly #inner: Socket;
  #binding: Binding<Owner> | undefined = undefined;

  constructor(host: Host, inner: Socket, protocol: number) {
    this.#host = host;
    this.#inner = inner;
    this.domain = inner.domain;
    this.protocol = protocol;
  }

  bind(local: SocketAddress): void {
    this.#checkAddress(local);
    if (this.#binding !== undefined) throw new SocketError("EINVAL", "bind");
    this.#reserve(
      typeof local.address === "string" ? parseAddress(local.address)! : local.address,
      local.port,
      "bind",
    );
  }

  listen(_backlog: number): void {
    if (this.#binding === undefined) this.#reserve(this.domain === "AF_INET" ? anyV4 : anyV6, 0, "listen");
    this.#host.ports.listen(this.#binding!);
  }

  close(): void {
    if (this.#binding !== undefined) this.#host.ports.release(this.#binding);
    this.#binding = undefined;
    this.#inner.close();
  }

  setOption(name: string, value: unknown): void {
    this.#inner.setOption(name, value);
    const binding = this.#binding;
    if (binding === undefined) return;
    binding.reuseAddress = this.#isSet("SO_REUSEADDR");
    binding.reusePort = this.#isSet("SO_REUSEPORT");
  }

  getOption(name: string): unknown {
    return this.#inner.getOption(name);
  }

  localEndpoint(): EndpointName {
    if (this.#binding === undefined) return this.#inner.localEndpoint();
    const { address, port } = this.#binding;
    const mapped = this.domain === "AF_INET6" && isV4(address) && !isUnspecified(address) ? "::ffff:" : "";
    return {
      family: this.domain === "AF_INET" ? "IPv4" : "IPv6",
      address: `${mapped}${formatAddress(address)}`,
      port,
    };
  }

  accept(): never {
    return this.#noPackets();
  }

  connect(): never {
    return this.#noPackets();
  }

  send(): never {
    return this.#noPackets();
  }

  sendTo(): never {
    return this.#noPackets();
  }

  recv(): never {
    return this.#noPackets();
  }

  recvFrom(): never {
    return this.#noPackets();
  }

  shutdown(): never {
    return this.#noPackets();
  }

  remoteEndpoint(): never {
    throw new SocketError("ENOTCONN", "getpeername");
  }

  poll(): Readiness {
    return { readable: false, writable: false, error: false, hangup: false, readHangup: false };
  }

  /** By another socket, which keeps no port. @throws SocketError as bind(2) */
  #checkAddress({ address }: SocketAddress): void {
    const probe = this.#host.socket(this.domain, "SOCK_DGRAM");
    try {
      probe.setOption("IP_BIND_ADDRESS_NO_PORT", 1);
      probe.bind({ address, port: 0 });
    } finally {
      probe.close();
    }
  }

  #reserve(address: Address, port: number, call: PortCall): void {
    const { uid, privileged } = this.#host.credentials;
    const range = Number(this.getOption("IP_LOCAL_PORT_RANGE")) >>> 0;
    this.#binding = this.#host.ports.reserve(owner, {
      protocol: "sctp",
      domain: this.domain === "AF_INET" ? 4 : 6,
      address,
      port,
      call,
      reuseAddress: this.#isSet("SO_REUSEADDR"),
      reusePort: this.#isSet("SO_REUSEPORT"),
      v6Only: this.domain === "AF_INET6" && this.#isSet("IPV6_V6ONLY"),
      uid,
      privileged,
      portRange: range === 0 ? undefined : [range & 0xffff, range >>> 16],
    });
  }

  #isSet(option: string): boolean {
    return Boolean(this.#inner.getOption(option));
  }

  #noPackets(): never {
    throw new NotApplicableError(`protocol ${this.protocol} has ports here, and no packets`);
  }
}
