/**
 * SOCK_RAW (raw(7); net/ipv4/raw.c, net/ipv6/raw.c): what IP carries of one protocol, whoever else takes it too. IPv4 gives
 * it with its header, IPv6 without. IP makes the header of what is sent; IP_HDRINCL is not to be had.
 */
import { isUnspecified, isV4, sameAddress } from "../../base/address.ts";
import { copyBytes } from "../../base/bytes.ts";
import { SocketError } from "../../base/errno.ts";
import { checksumPartial } from "../../base/packet.ts";
import { DatagramQueue, type Waiting } from "../../protocols/udp/queue.ts";
import { protocols } from "../../wire/protocols.ts";
import { getOption, setOption } from "../options/options.ts";
import type {
  EndpointName,
  MessageFlags,
  Readiness,
  Received,
  ShutdownHow,
  Socket,
  SocketAddress,
  SocketDomain,
} from "../socket.ts";
import { bindAddress } from "../socket-core/bind.ts";
import {
  alive,
  anyAddress,
  closedReadiness,
  newCore,
  type SocketCore,
  takeError,
} from "../socket-core/core.ts";
import { routeTo } from "../socket-core/destination.ts";
import { applySendOptions, newSendOptions } from "../socket-core/ip-send.ts";
import { checkPort, detailOf, endpointName, familyRules, resolveName } from "../socket-core/names.ts";
import type { SocketWorld, Waiter } from "../socket-core/world.ts";
import { receiveAgain } from "../socket-core/would-block.ts";
import type { IpDatagram, Route, SendOptions } from "../transport.ts";

/** ICMPv6's checksum field, the one that IPv6 fills in by itself (RFC 3542, section 3.1). */
const icmpv6Checksum = 2;
const longestV4 = 65535 - 20;
const longestV6 = 65535;

export class RawSocket implements Socket, Waiter {
  readonly domain: SocketDomain;
  readonly type = "SOCK_RAW";
  readonly protocol: number;
  readonly core: SocketCore;
  readonly queue: DatagramQueue;
  label = "";
  onReady: (() => void) | undefined = undefined;
  waking = false;
  readonly #sending: SendOptions;

  constructor(world: SocketWorld, domain: SocketDomain, protocol: number) {
    this.domain = domain;
    this.protocol = protocol;
    this.core = newCore(world, domain, "SOCK_RAW", protocol);
    this.core.localPort = protocol;
    this.queue = new DatagramQueue(this.core.options.receiveBuffer);
    this.#sending = newSendOptions(protocol);
  }

  /** The port is not looked at. */
  bind(local: SocketAddress): void {
    bindAddress(this.core, local);
  }

  listen(): void {
    alive(this.core, "listen");
    throw new SocketError("EOPNOTSUPP", "listen");
  }

  accept(): Socket {
    alive(this.core, "accept");
    throw new SocketError("EOPNOTSUPP", "accept");
  }

  connect(remote: SocketAddress | undefined): void {
    const { core } = this;
    alive(core, "connect");
    if (remote === undefined) {
      core.remoteAddress = undefined;
      core.remotePort = 0;
      core.route = undefined;
      if (!core.boundAddress) core.localAddress = anyAddress(this.domain);
      return;
    }
    const route = this.#routeTo(remote, "connect");
    core.remoteAddress = route.destination;
    core.remotePort = remote.port;
    core.localAddress = route.source;
    core.route = route;
  }

  send(data: Uint8Array, flags: MessageFlags = {}): number {
    const { core } = this;
    alive(core, "send");
    refuseUnsendable(data, flags);
    if (core.remoteAddress === undefined) throw new SocketError("EDESTADDRREQ", "send");
    if (core.route === undefined || core.route.stale)
      core.route = this.#routeTo({ address: core.remoteAddress, port: 0 }, "send");
    return this.#transmit(data, core.route);
  }

  sendTo(data: Uint8Array, to: SocketAddress, flags: MessageFlags = {}): number {
    alive(this.core, "send");
    refuseUnsendable(data, flags);
    return this.#transmit(data, this.#routeTo(to, "send"));
  }

  recv(into: Uint8Array, flags: MessageFlags = {}): number {
    const datagram = this.#head();
    const copied = this.queue.copyHead(into);
    if (flags.peek !== true) this.queue.dropHead();
    return flags.truncate === true ? datagram.length : copied;
  }

  recvFrom(into: Uint8Array, flags: MessageFlags = {}): Received {
    const { length, source, device } = this.#head();
    const received = this.recv(into, flags);
    return {
      length: received,
      from: endpointName(this.domain, source, 0, device),
      truncated: length > into.length,
    };
  }

  shutdown(how: ShutdownHow): void {
    const { core } = this;
    alive(core, "shutdown");
    // As Linux does: the directions are shut even where it is an error.
    if (how !== "SHUT_WR") core.receiveShutdown = true;
    if (how !== "SHUT_RD") core.sendShutdown = true;
    core.world.wake(this);
    if (core.remoteAddress === undefined) throw new SocketError("ENOTCONN", "shutdown");
  }

  close(): void {
    const { core } = this;
    if (core.closed) return;
    core.closed = true;
    this.onReady = undefined;
    core.memberships.leaveAll(core.world);
    this.queue.clear();
    core.world.sockets.delete(this);
    core.world.rawSockets.delete(this);
  }

  setOption(name: string, value: unknown): void {
    alive(this.core, "setsockopt");
    setOption(this.core, name, value);
    this.queue.limit = this.core.options.receiveBuffer;
  }

  getOption(name: string): unknown {
    alive(this.core, "getsockopt");
    return getOption(this.core, name);
  }

  /** As Linux does: the port is the protocol. */
  localEndpoint(): EndpointName {
    alive(this.core, "getsockname");
    return endpointName(this.domain, this.core.localAddress, this.protocol, this.core.options.device);
  }

  remoteEndpoint(): EndpointName {
    const { core } = this;
    alive(core, "getpeername");
    if (core.remoteAddress === undefined || core.remotePort === 0)
      throw new SocketError("ENOTCONN", "getpeername");
    return endpointName(this.domain, core.remoteAddress, core.remotePort, core.options.device);
  }

  poll(): Readiness {
    const { closed, receiveShutdown, sendShutdown, error } = this.core;
    if (closed) return closedReadiness;
    return {
      readable: this.queue.length > 0 || receiveShutdown,
      writable: true,
      error: error !== undefined,
      hangup: receiveShutdown && sendShutdown,
      readHangup: receiveShutdown,
    };
  }

  /** A datagram that IP delivers. @returns whether this socket takes it. */
  offer(datagram: IpDatagram): boolean {
    const { core } = this;
    if (datagram.protocol !== this.protocol || (datagram.family === 4) !== (this.domain === "AF_INET"))
      return false;
    if (core.options.device !== 0 && core.options.device !== datagram.interface.index) return false;
    if (core.remoteAddress !== undefined && !sameAddress(core.remoteAddress, datagram.source)) return false;
    if (!this.#takes(datagram)) return false;
    const start = datagram.family === 4 ? datagram.headerStart : datagram.start;
    if (this.queue.push(datagram.bytes, start, datagram.end, datagram.source, 0, datagram.interface.index))
      core.world.wake(this);
    return true;
  }

  #takes({ cast, destination, family, interface: at }: IpDatagram): boolean {
    const { localAddress, memberships, options } = this.core;
    if (!isUnspecified(localAddress) && !sameAddress(localAddress, destination)) return false;
    if (cast !== "multicast") return true;
    const all = family === 4 ? options.multicastAll : options.multicastAll6;
    return memberships.accepts(destination, at.index, all ? "all" : "joined");
  }

  #head(): Waiting {
    alive(this.core, "recv");
    const error = takeError(this.core);
    if (error !== undefined) throw new SocketError(error, "recv");
    const { head } = this.queue;
    if (head === undefined) throw receiveAgain;
    return head;
  }

  #routeTo(name: SocketAddress, syscall: "connect" | "send"): Route {
    checkPort(name.port);
    const rule = syscall === "connect" ? familyRules.connectRaw : familyRules.sendRaw;
    const route = routeTo(this.core, resolveName(this.domain, name, rule), "any-scope");
    if (typeof route === "string") throw new SocketError(route, syscall, detailOf(name));
    if (route.cast === "broadcast" && !this.core.options.broadcast)
      throw new SocketError("EACCES", syscall, detailOf(name));
    return route;
  }

  /** As Linux does: neither a pending error nor a shutdown keeps it from sending. */
  #transmit(data: Uint8Array, route: Route): number {
    const { core } = this;
    const { world } = core;
    const v4 = isV4(route.destination);
    if (data.length > (v4 ? longestV4 : longestV6)) throw new SocketError("EMSGSIZE", "send");
    const packet = world.output.allocate(data.length);
    copyBytes(data, 0, data.length, packet.bytes, packet.start);
    if (this.protocol === protocols.icmpv6 && !v4 && data.length >= 4) {
      packet.checksum = checksumPartial;
      packet.checksumOffset = icmpv6Checksum;
    }
    applySendOptions(this.#sending, core, route);
    const failure = world.output.send(packet, route, this.#sending);
    world.due();
    const told = v4 ? core.options.receiveErrors : core.options.receiveErrors6;
    if (failure !== undefined && (failure !== "ENOBUFS" || told)) throw new SocketError(failure, "send");
    return data.length;
  }
}

function refuseUnsendable(data: Uint8Array, flags: MessageFlags): void {
  if (data.length > 0xffff) throw new SocketError("EMSGSIZE", "send");
  if (flags.urgent === true) throw new SocketError("EOPNOTSUPP", "send");
}
