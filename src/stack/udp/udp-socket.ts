/** SOCK_DGRAM over UDP (udp(7); net/ipv4/udp.c, net/ipv6/udp.c). */
import { type Address, isUnspecified, isV4, sameAddress } from "../../base/address.ts";
import { type ErrnoName, SocketError } from "../../base/errno.ts";
import { longestPayloadV4, longestPayloadV6, writeDatagram } from "../../protocols/udp/departure.ts";
import { DatagramQueue, type Waiting } from "../../protocols/udp/queue.ts";
import { protocols } from "../../wire/protocols.ts";
import { udpHeaderLength } from "../../wire/udp.ts";
import { getOption, setOption } from "../options/options.ts";
import type {
  EndpointName,
  ErrorReport,
  MessageFlags,
  Readiness,
  Received,
  ShutdownHow,
  Socket,
  SocketAddress,
  SocketDomain,
} from "../socket.ts";
import { bindSocket, boundSource } from "../socket-core/bind.ts";
import { bindImplicitly, connectDatagram, dissolve } from "../socket-core/connect-datagram.ts";
import {
  alive,
  closedReadiness,
  newCore,
  type SocketCore,
  shutdownChanges,
  takeError,
} from "../socket-core/core.ts";
import { routeTo } from "../socket-core/destination.ts";
import { icmpReport, report, takeReport } from "../socket-core/error-queue.ts";
import { noteIncomingCpu } from "../socket-core/incoming-cpu.ts";
import { applySendOptions, newSendOptions } from "../socket-core/ip-send.ts";
import {
  checkPort,
  detailOf,
  endpointName,
  familyRules,
  resolveName,
  type Target,
} from "../socket-core/names.ts";
import { pathMtuModes } from "../socket-core/options-state.ts";
import type { PortOwner, SocketWorld, Waiter } from "../socket-core/world.ts";
import { receiveAgain } from "../socket-core/would-block.ts";
import type { IcmpError, IpDatagram, Route, SendOptions } from "../transport.ts";
import { Cork } from "./udp-cork.ts";

/** UDP_MAX_SEGMENTS. */
const mostSegments = 128;

export class UdpSocket implements Socket, PortOwner, Waiter {
  readonly kind = "udp";
  readonly domain: SocketDomain;
  readonly type = "SOCK_DGRAM";
  readonly protocol: number = protocols.udp;
  readonly core: SocketCore;
  readonly queue: DatagramQueue;
  label = "";
  onReady: (() => void) | undefined = undefined;
  waking = false;
  readonly #sending: SendOptions = newSendOptions(protocols.udp);
  #cork: Cork | undefined;
  #preparedFor: Route | undefined;
  #preparedAt = 0;
  /** Where the last sendTo went, and the way there. */
  #lastTarget: Address | undefined;
  #lastRoute: Route | undefined;
  /** The sender of the last datagram received, as callers see it. */
  #lastSource: Address | undefined;
  #lastFrom: EndpointName | undefined;
  #lastDevice = 0;

  constructor(world: SocketWorld, domain: SocketDomain) {
    this.domain = domain;
    this.core = newCore(world, domain, "SOCK_DGRAM", protocols.udp);
    this.queue = new DatagramQueue(this.core.options.receiveBuffer);
  }

  bind(local: SocketAddress): void {
    bindSocket(this.core, this, local, "free");
    this.#forgetRoutes();
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
    alive(this.core, "connect");
    if (remote === undefined) dissolve(this.core);
    else connectDatagram(this.core, this, remote);
    this.#forgetRoutes();
  }

  send(data: Uint8Array, flags: MessageFlags = {}): number {
    const { core } = this;
    alive(core, "send");
    bindImplicitly(core, this, "send");
    if (this.domain === "AF_INET") refuseUnsendable(data, flags);
    if (flags.urgent === true) throw new SocketError("EOPNOTSUPP", "send");
    if (core.remoteAddress === undefined) throw new SocketError("EDESTADDRREQ", "send");
    // As Linux does: the peer of an AF_INET6 socket with an IPv4 peer is looked at as sendto(2) would.
    if (core.remotePort === 0 && this.domain === "AF_INET6" && isV4(core.remoteAddress))
      throw new SocketError("EINVAL", "send");
    let route = core.route;
    if (route === undefined || route.stale) {
      const found = core.world.output.route(core.remoteAddress, {
        source: boundSource(core),
        device: core.options.device || undefined,
      });
      if (typeof found === "string") throw new SocketError(found, "send");
      core.route = found;
      route = found;
    }
    return this.#give(data, route, core.remotePort, flags);
  }

  sendTo(data: Uint8Array, to: SocketAddress, flags: MessageFlags = {}): number {
    alive(this.core, "send");
    checkPort(to.port);
    bindImplicitly(this.core, this, "send");
    if (this.domain === "AF_INET") refuseUnsendable(data, flags);
    const target = resolveName(this.domain, to, familyRules.send);
    const failed = (code: ErrnoName): SocketError => new SocketError(code, "send", detailOf(to));
    // As Linux does: IPv4 looks at the length first, IPv6 once it knows the way.
    const { address } = target;
    const v4 = isV4(address) || (isUnspecified(address) && isV4(this.core.localAddress));
    if (this.domain === "AF_INET6" && v4) {
      if (this.core.options.v6Only) throw failed("ENETUNREACH");
      refuseUnsendable(data, flags);
    }
    if (flags.urgent === true) throw failed("EOPNOTSUPP");
    if (target.port === 0) throw failed("EINVAL");
    const route = this.#routeTo(target);
    if (typeof route === "string") throw failed(route);
    return this.#give(data, route, target.port, flags);
  }

  recv(into: Uint8Array, flags: MessageFlags = {}): number {
    const datagram = this.#head();
    const { source } = datagram;
    const copied = this.queue.copyHead(into);
    if (flags.peek !== true) this.#taken(source);
    return flags.truncate === true ? datagram.length : copied;
  }

  recvFrom(into: Uint8Array, flags: MessageFlags = {}): Received {
    const { length, source, sourcePort, device } = this.#head();
    const copied = this.queue.copyHead(into);
    if (flags.peek !== true) this.#taken(source);
    return {
      length: flags.truncate === true ? length : copied,
      from: this.#name(source, sourcePort, device),
      truncated: length > into.length,
    };
  }

  /** As Linux does (udp_recvmsg): a datagram has come in when its user takes it. */
  #taken(source: Address): void {
    this.core.world.counters[isV4(source) ? "UdpInDatagrams" : "Udp6InDatagrams"]++;
    this.queue.dropHead();
  }

  shutdown(how: ShutdownHow): void {
    const { core } = this;
    alive(core, "shutdown");
    const changes = shutdownChanges(core, how);
    // As Linux does: the directions are shut even where it is an error.
    if (how !== "SHUT_WR") core.receiveShutdown = true;
    if (how !== "SHUT_RD") core.sendShutdown = true;
    if (changes) core.world.wake(this);
    if (core.remoteAddress === undefined) throw new SocketError("ENOTCONN", "shutdown");
  }

  close(): void {
    const { core } = this;
    if (core.closed) return;
    core.closed = true;
    this.onReady = undefined;
    core.memberships.leaveAll(core.world);
    if (core.binding !== undefined) core.world.ports.release(core.binding);
    core.binding = undefined;
    this.queue.clear();
    this.#cork = undefined;
    core.world.sockets.delete(this);
  }

  setOption(name: string, value: unknown): void {
    alive(this.core, "setsockopt");
    setOption(this.core, name, value);
    this.queue.limit = this.core.options.receiveBuffer;
    this.#forgetRoutes();
    if (this.#cork !== undefined && !this.core.udp!.cork) this.#uncork(this.#cork);
  }

  getOption(name: string): unknown {
    alive(this.core, "getsockopt");
    return getOption(this.core, name);
  }

  localEndpoint(): EndpointName {
    alive(this.core, "getsockname");
    return endpointName(this.domain, this.core.localAddress, this.core.localPort, this.core.options.device);
  }

  remoteEndpoint(): EndpointName {
    alive(this.core, "getpeername");
    const { remoteAddress, remotePort } = this.core;
    if (remoteAddress === undefined || remotePort === 0) throw new SocketError("ENOTCONN", "getpeername");
    return endpointName(this.domain, remoteAddress, remotePort, this.core.options.device);
  }

  poll(): Readiness {
    const { closed, receiveShutdown, sendShutdown, error } = this.core;
    if (closed) return closedReadiness;
    return {
      readable: this.queue.length > 0 || receiveShutdown,
      writable: true,
      error: error !== undefined || this.core.reports.length > 0,
      hangup: receiveShutdown && sendShutdown,
      readHangup: receiveShutdown,
    };
  }

  /** A datagram for this socket: its payload is `bytes[start, end)`. @returns false where it was dropped. */
  deliver(
    { source, bytes, interface: at }: IpDatagram,
    sourcePort: number,
    start: number,
    end: number,
  ): boolean {
    // As Linux does (__udp_queue_rcv_skb): be there room for it or not.
    if (this.core.remoteAddress !== undefined) noteIncomingCpu(this.core, at.cpu);
    const taken = this.queue.push(bytes, start, end, source, sourcePort, at.index);
    if (taken) this.core.world.wake(this);
    return taken;
  }

  /**
   * An ICMP error about a datagram of this socket (RFC 1122, section 4.1.3.3). As Linux does: a connected socket hears
   * of hard errors, one with IP_RECVERR of all.
   */
  icmpError(error: IcmpError): void {
    const { options, remoteAddress, world } = this.core;
    const v4 = error.family === 4;
    const discovers = (v4 ? options.mtuDiscover : options.mtuDiscover6) !== pathMtuModes.dont;
    const tooBig = error.errno === "EMSGSIZE";
    if (tooBig && !discovers) return;
    const wantsAll = v4 ? options.receiveErrors : options.receiveErrors6;
    if (!wantsAll && !(remoteAddress !== undefined && (error.hard || tooBig))) return;
    this.core.error = error.errno;
    if (wantsAll) report(this.core, icmpReport(error.family, error.errno, error));
    world.wake(this);
  }

  recvError(): ErrorReport {
    alive(this.core, "recvmsg");
    return takeReport(this.core);
  }

  #head(): Waiting {
    alive(this.core, "recv");
    const error = takeError(this.core);
    if (error !== undefined) throw new SocketError(error, "recv");
    const { head } = this.queue;
    if (head === undefined) throw receiveAgain;
    return head;
  }

  /** The same object for one sender after the other: text costs more than the datagram. */
  #name(source: Address, port: number, device: number): EndpointName {
    if (
      this.#lastSource !== undefined &&
      sameAddress(this.#lastSource, source) &&
      this.#lastFrom!.port === port &&
      this.#lastDevice === device
    )
      return this.#lastFrom!;
    this.#lastSource = source;
    this.#lastDevice = device;
    this.#lastFrom = endpointName(this.domain, source, port, device);
    return this.#lastFrom;
  }

  #routeTo(target: Target): Route | ErrnoName {
    const last = this.#lastRoute;
    if (
      last !== undefined &&
      !last.stale &&
      target.scope === 0 &&
      sameAddress(this.#lastTarget!, target.address)
    )
      return last;
    const route = routeTo(this.core, target, "any-scope");
    if (typeof route === "string" || target.scope !== 0) return route;
    this.#lastTarget = target.address;
    this.#lastRoute = route;
    return route;
  }

  #forgetRoutes(): void {
    this.#lastRoute = undefined;
    this.#preparedFor = undefined;
  }

  /** Sends, or keeps for what follows. */
  #give(data: Uint8Array, route: Route, port: number, flags: MessageFlags): number {
    const { core } = this;
    if (route.cast === "broadcast" && !core.options.broadcast) throw new SocketError("EACCES", "send");
    if (data.length > longest(route)) throw new SocketError("EMSGSIZE", "send");
    const pending = takeError(core);
    if (pending !== undefined) throw new SocketError(pending, "send");
    if (core.sendShutdown) throw new SocketError("EPIPE", "send");
    const more = flags.more === true || core.udp!.cork;
    if (!more && this.#cork === undefined) {
      this.#transmit(data, route, port);
      return data.length;
    }
    const cork = this.#cork ?? new Cork(route, port);
    this.#cork = undefined;
    if (cork.length + data.length > longest(cork.route)) throw new SocketError("EMSGSIZE", "send");
    cork.add(data);
    if (more) this.#cork = cork;
    else this.#transmit(cork.datagram(), cork.route, cork.port);
    return data.length;
  }

  #uncork(cork: Cork): void {
    this.#cork = undefined;
    this.#transmit(cork.datagram(), cork.route, cork.port);
  }

  /** One datagram, or with UDP_SEGMENT as many as it takes. */
  #transmit(data: Uint8Array, route: Route, port: number): void {
    const { segment } = this.core.udp!;
    if (segment > 0 && data.length > segment * mostSegments) throw new SocketError("EINVAL", "send");
    this.#prepare(route);
    const piece = segment > 0 ? segment : data.length;
    for (let at = 0; at + piece < data.length; at += piece) this.#datagram(data, at, at + piece, route, port);
    const last = piece === 0 ? 0 : Math.max(Math.ceil(data.length / piece) - 1, 0) * piece;
    this.#datagram(data, last, data.length, route, port);
    this.core.world.due();
  }

  #datagram(data: Uint8Array, start: number, end: number, route: Route, port: number): void {
    const { options, world, localPort } = this.core;
    const { counters, output } = world;
    const v4 = isV4(route.destination);
    const packet = output.allocate(udpHeaderLength + end - start);
    writeDatagram(packet, localPort, port, data, start, end, v4 && options.noChecksum ? "none" : "checksum");
    const failure = output.send(packet, route, this.#sending);
    if (failure === undefined) {
      counters[v4 ? "UdpOutDatagrams" : "Udp6OutDatagrams"]++;
      return;
    }
    if (failure === "ENOBUFS") counters[v4 ? "UdpSndbufErrors" : "Udp6SndbufErrors"]++;
    // As Linux does: a full queue is only told to those who ask for errors.
    const told = v4 ? options.receiveErrors : options.receiveErrors6;
    if (failure !== "ENOBUFS" || told) throw new SocketError(failure, "send");
  }

  /** How IP is to send by `route`: worked out anew when the route, an option or a sysctl is another. */
  #prepare(route: Route): void {
    const { generation } = this.core.world.sysctl;
    if (route === this.#preparedFor && generation === this.#preparedAt) return;
    applySendOptions(this.#sending, this.core, route);
    this.#preparedFor = route;
    this.#preparedAt = generation;
  }
}

function longest({ destination }: Route): number {
  return isV4(destination) ? longestPayloadV4 : longestPayloadV6;
}

function refuseUnsendable(data: Uint8Array, flags: MessageFlags): void {
  if (data.length > 0xffff) throw new SocketError("EMSGSIZE", "send");
  if (flags.urgent === true) throw new SocketError("EOPNOTSUPP", "send");
}
