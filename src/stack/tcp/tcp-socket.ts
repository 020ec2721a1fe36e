/**
 * SOCK_STREAM over TCP (tcp(7); net/ipv4/af_inet.c, net/ipv4/tcp.c). A socket is unconnected, listens, or holds a
 * connection; what it answers follows from that and from the connection's state.
 *
 * Departs from Linux: urgent data stays in the stream, as with SO_OOBINLINE (RFC 6093, section 5).
 */
import { SocketError } from "../../base/errno.ts";
import type { Binding } from "../../ports/binding.ts";
import {
  peerFinished,
  readable,
  receive,
  send,
  sendFlags,
  shutdownReceive,
  shutdownSend,
  type Tcb,
  type TcpEvent,
  type TcpState,
} from "../../protocols/tcp/connection.ts";
import { protocols } from "../../wire/protocols.ts";
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
import { bindRequest, bindSocket } from "../socket-core/bind.ts";
import {
  alive,
  anyAddress,
  isMapped,
  newCore,
  type SocketCore,
  shutdownChanges,
  takeError,
} from "../socket-core/core.ts";
import { takeReport } from "../socket-core/error-queue.ts";
import { noteIncomingCpu } from "../socket-core/incoming-cpu.ts";
import { checkPort, detailOf, endpointName } from "../socket-core/names.ts";
import type { TcpInspection } from "../socket-core/tcp-options-state.ts";
import type { PortOwner, SocketWorld, Waiter } from "../socket-core/world.ts";
import { acceptAgain, connectInProgress, receiveAgain, sendAgain } from "../socket-core/would-block.ts";
import type { IcmpError } from "../transport.ts";
import { giveUp } from "./tcp-close.ts";
import { openConnection } from "./tcp-connect.ts";
import type { ConnectionHolder, TcpConnection } from "./tcp-connection.ts";
import { tcpInfo } from "./tcp-info.ts";
import { TcpListener } from "./tcp-listener.ts";
import { TcpNotices } from "./tcp-notices.ts";
import { sendingFor } from "./tcp-opener.ts";
import { pollStream } from "./tcp-poll.ts";
import { applyOptions } from "./tcp-settings.ts";
import type { TcpTransport } from "./tcp-transport.ts";

/** `sock->state` of Linux: what connect(2) was last asked and has last answered. */
type Phase = "unconnected" | "connecting" | "connected" | "disconnecting";

export class TcpSocket implements Socket, PortOwner, Waiter, ConnectionHolder, TcpInspection {
  readonly kind = "tcp-bound";
  readonly domain: SocketDomain;
  readonly type = "SOCK_STREAM";
  readonly protocol: number = protocols.tcp;
  readonly core: SocketCore;
  label = "";
  onReady: (() => void) | undefined = undefined;
  waking = false;
  connection: TcpConnection | undefined = undefined;
  listener: TcpListener | undefined = undefined;
  readonly #transport: TcpTransport;
  #phase: Phase = "unconnected";

  constructor(world: SocketWorld, transport: TcpTransport, domain: SocketDomain, accepted?: Accepted) {
    this.domain = domain;
    this.#transport = transport;
    this.core = newCore(world, domain, "SOCK_STREAM", protocols.tcp, accepted?.parent);
    this.core.tcp!.socket = this;
    if (accepted !== undefined) this.#adopt(accepted);
  }

  // Opening.

  bind(local: SocketAddress): void {
    const busy = this.listener !== undefined || this.connection?.over === false;
    bindSocket(this.core, this, local, busy ? "busy" : "free");
  }

  listen(backlog: number): void {
    const { core } = this;
    alive(core, "listen");
    if (this.#phase !== "unconnected") throw new SocketError("EINVAL", "listen");
    const most = core.world.sysctl.value("net.core.somaxconn");
    // As Linux does: a negative backlog is a huge one.
    const bounded = backlog < 0 || backlog > most ? most : Math.trunc(backlog);
    if (this.listener !== undefined) {
      this.listener.backlog = bounded;
      return;
    }
    const { ports } = core.world;
    const address = core.boundAddress ? core.localAddress : anyAddress(this.domain);
    const binding = core.binding ?? ports.reserve(this, bindRequest(core, address, 0, "listen"));
    core.binding = binding;
    core.localPort = binding.port;
    ports.listen(binding);
    this.listener = new TcpListener(this.#transport.table, core, this, binding, bounded);
    binding.owner = this.listener;
  }

  accept(): Socket {
    alive(this.core, "accept");
    if (this.listener === undefined) throw new SocketError("EINVAL", "accept");
    const connection = this.listener.take();
    if (connection === undefined) throw acceptAgain;
    const accepted = { connection, parent: this.core };
    const socket = new TcpSocket(this.core.world, this.#transport, this.domain, accepted);
    this.core.world.sockets.add(socket);
    return socket;
  }

  connect(remote: SocketAddress | undefined): void {
    alive(this.core, "connect");
    if (remote === undefined) {
      this.#disconnect();
      return;
    }
    checkPort(remote.port);
    if (this.#phase === "connecting") {
      this.#finishConnecting(remote);
      return;
    }
    if (this.#phase !== "unconnected" || this.listener !== undefined)
      throw new SocketError(
        this.#phase === "disconnecting" ? "EINVAL" : "EISCONN",
        "connect",
        detailOf(remote),
      );
    this.#hold(openConnection(this.core, this, this.#transport.opener, remote), "connecting");
    this.core.world.due();
    throw connectInProgress;
  }

  /** The connection attempt is asked after: under way, or over one way or the other. */
  #finishConnecting(remote: SocketAddress): void {
    if (this.connection?.opening === true) throw new SocketError("EALREADY", "connect", detailOf(remote));
    if (this.connection?.over === false) {
      this.#phase = "connected";
      return;
    }
    const code = takeError(this.core) ?? "ECONNABORTED";
    this.#disconnect();
    throw new SocketError(code, "connect", detailOf(remote));
  }

  #adopt({ connection, parent }: Accepted): void {
    const { core } = this;
    core.localAddress = connection.local.address;
    core.localPort = connection.local.port;
    core.remoteAddress = connection.remote.address;
    core.remotePort = connection.remote.port;
    core.mapped ||= isMapped(this.domain, connection.remote.address);
    core.route = connection.route;
    core.boundAddress = parent.boundAddress;
    core.error = connection.tcb.error;
    core.binding = connection.binding;
    this.handledBy(connection.incomingCpu);
    this.#hold(connection, "connected");
  }

  #hold(connection: TcpConnection, phase: Phase): void {
    this.connection = connection;
    connection.holder = this;
    this.#phase = phase;
  }

  // Data.

  send(data: Uint8Array, flags: MessageFlags = {}): number {
    const { core, connection } = this;
    alive(core, "send");
    const state = connection?.tcb.state;
    if (connection === undefined || (state !== "ESTABLISHED" && state !== "CLOSE-WAIT")) {
      const error = takeError(core);
      if (error === undefined && connection?.opening === true) throw sendAgain;
      throw new SocketError(error ?? "EPIPE", "send");
    }
    if (core.error !== undefined || core.sendShutdown)
      throw new SocketError(takeError(core) ?? "EPIPE", "send");
    const taken = send(connection.tcb, data, 0, data.length, core.world.now(), sendBits(flags));
    if (taken === 0 && data.length > 0) throw sendAgain;
    if (taken > 0 && TcpNotices.wanted(core, flags)) {
      connection.notices ??= new TcpNotices(core, () => core.world.wake(this));
      connection.notices.given(connection.tcb, flags);
    }
    this.#touch(connection);
    return taken;
  }

  /** As Linux does: the address is not looked at. */
  sendTo(data: Uint8Array, to: SocketAddress, flags?: MessageFlags): number {
    checkPort(to.port);
    return this.send(data, flags);
  }

  recv(into: Uint8Array, flags: MessageFlags = {}): number {
    const { core, connection, listener } = this;
    alive(core, "recv");
    if (listener !== undefined) throw new SocketError("ENOTCONN", "recv");
    if (flags.urgent === true) throw new SocketError("EINVAL", "recv");
    if (connection !== undefined) {
      const { tcb } = connection;
      const count = receive(tcb, into, core.world.now(), flags.peek === true ? "peek" : "take");
      if (count > 0 && tcb.wishes !== 0) this.#touch(connection);
      if (count > 0 || readable(tcb) > 0) return count;
      if (peerFinished(tcb)) {
        if (flags.peek !== true) connection.endRead = true;
        return 0;
      }
    }
    const error = takeError(core);
    if (error !== undefined) throw new SocketError(error, "recv");
    if (core.receiveShutdown || connection?.over === true) return 0;
    if (connection === undefined) throw new SocketError("ENOTCONN", "recv");
    throw receiveAgain;
  }

  recvFrom(into: Uint8Array, flags?: MessageFlags): Received {
    const length = this.recv(into, flags);
    const { remoteAddress = anyAddress(this.domain), remotePort } = this.core;
    const from = endpointName(this.domain, remoteAddress, remotePort, this.#scope());
    return { length, from, truncated: false };
  }

  recvError(): ErrorReport {
    alive(this.core, "recvmsg");
    return takeReport(this.core);
  }

  // Ending.

  shutdown(how: ShutdownHow): void {
    const { core, connection, listener } = this;
    alive(core, "shutdown");
    if (listener !== undefined && how === "SHUT_WR") return;
    if (listener !== undefined || connection?.tcb.state === "SYN-SENT") {
      this.#disconnect();
      core.world.wake(this);
      return;
    }
    const over = connection === undefined || connection.over;
    if (this.#phase === "connecting")
      this.#phase = over || connection.opening ? "disconnecting" : "connected";
    const changes = shutdownChanges(core, how);
    // As Linux does: the directions are shut even where it is an error.
    if (how !== "SHUT_WR") core.receiveShutdown = true;
    if (how !== "SHUT_RD") core.sendShutdown = true;
    if (changes) core.world.wake(this);
    if (over) throw new SocketError("ENOTCONN", "shutdown");
    if (how !== "SHUT_WR") shutdownReceive(connection.tcb);
    if (how !== "SHUT_RD") shutdownSend(connection.tcb, core.world.now());
    this.#touch(connection);
  }

  /** The connection goes on closing by itself; data nobody has read, or SO_LINGER with no time, resets it. */
  close(): void {
    const { core, connection, listener } = this;
    if (core.closed) return;
    core.closed = true;
    this.onReady = undefined;
    core.world.sockets.delete(this);
    this.connection = undefined;
    this.listener = undefined;
    listener?.close();
    // A living connection keeps its port until it is over.
    if (connection?.over !== false && core.binding !== undefined) core.world.ports.release(core.binding);
    core.binding = undefined;
    if (connection !== undefined) giveUp(core, connection, this.label, this.#transport);
    core.world.due();
  }

  /** connect(2) to AF_UNSPEC, and what SHUT_RD does to a listener (tcp_disconnect). */
  #disconnect(): void {
    const { core, connection, listener } = this;
    const { ports } = core.world;
    const wasUsed = listener !== undefined || connection?.over === false;
    this.connection = undefined;
    this.listener = undefined;
    this.#phase = "unconnected";
    listener?.close();
    if (connection !== undefined && !connection.over) {
      this.#transport.table.abort(connection);
      core.error = "ECONNRESET";
    }
    if (connection !== undefined) connection.holder = undefined;
    this.#dropLostPort();
    const { binding } = core;
    // As Linux does: a socket that was only bound stays bound, and where an address was named once, it keeps the last.
    const address = core.boundAddress ? "kept" : "restored";
    if (
      binding !== undefined &&
      (wasUsed || binding.named) &&
      ports.disconnect(binding, address) === "released"
    )
      core.binding = undefined;
    if (core.binding !== undefined) core.binding.owner = this;
    if (!core.boundAddress) core.localAddress = anyAddress(this.domain);
    core.remoteAddress = undefined;
    core.remotePort = 0;
    core.route = undefined;
    core.receiveShutdown = false;
    core.sendShutdown = false;
    core.world.due();
  }

  // Asking.

  setOption(name: string, value: unknown): void {
    alive(this.core, "setsockopt");
    setOption(this.core, name, value);
  }

  getOption(name: string): unknown {
    alive(this.core, "getsockopt");
    return getOption(this.core, name);
  }

  localEndpoint(): EndpointName {
    alive(this.core, "getsockname");
    return endpointName(this.domain, this.core.localAddress, this.core.localPort, this.#scope());
  }

  remoteEndpoint(): EndpointName {
    const { core, connection } = this;
    alive(core, "getpeername");
    const { remoteAddress, remotePort } = core;
    const none = connection === undefined || connection.over || connection.tcb.state === "SYN-SENT";
    if (none || remoteAddress === undefined || remotePort === 0)
      throw new SocketError("ENOTCONN", "getpeername");
    return endpointName(this.domain, remoteAddress, remotePort, this.#scope());
  }

  #scope(): number {
    return this.connection?.device || this.core.options.device;
  }

  poll(): Readiness {
    return pollStream(this.core, this.connection, this.listener?.waiting);
  }

  // What the option tables ask.

  optionsChanged(): void {
    const { core, connection } = this;
    if (connection === undefined || connection.over) return;
    applyOptions(connection.tcb, core.options, core.tcp!, core.world.now());
    connection.sending = sendingFor(core, connection.route);
    connection.incomingCpu = core.options.incomingCpu;
    this.#touch(connection);
  }

  get tcb(): Tcb | undefined {
    return this.connection?.tcb;
  }

  info(): Record<string, number> {
    return tcpInfo(this.state(), this.connection, this.core.world.now());
  }

  state(): TcpState {
    if (this.listener !== undefined) return "LISTEN";
    return this.connection === undefined || this.connection.over ? "CLOSED" : this.connection.tcb.state;
  }

  // What the connection tells.

  connectionEvent(connection: TcpConnection, event: TcpEvent): void {
    if (connection !== this.connection || event === "stalled") return;
    if (event === "error") this.core.error = connection.tcb.error;
    if (connection.over) this.#dropLostPort();
    this.core.world.wake(this);
  }

  /** The port of a connection that is over is no longer the socket's, unless it was kept. */
  #dropLostPort(): void {
    const { binding } = this.core;
    if (binding?.released === true || binding?.state === "held") this.core.binding = undefined;
  }

  handledBy(cpu: number): void {
    noteIncomingCpu(this.core, cpu);
  }

  softError({ errno, family }: IcmpError): void {
    const { options, world } = this.core;
    if (!(family === 4 ? options.receiveErrors : options.receiveErrors6)) return;
    this.core.error = errno;
    world.wake(this);
  }

  get keepsPort(): boolean {
    return this.core.boundPort && !this.core.closed;
  }

  portKept(binding: Binding<PortOwner>): void {
    binding.owner = this;
    this.core.binding = binding;
  }

  #touch(connection: TcpConnection): void {
    this.#transport.table.touch(connection);
    this.core.world.due();
  }
}

function sendBits({ more, urgent, endOfRecord }: MessageFlags): number {
  return (
    (more === true ? sendFlags.more : 0) |
    (urgent === true ? sendFlags.urgent : 0) |
    (endOfRecord === true ? sendFlags.endOfRecord : 0)
  );
}

/** A connection from a listener's queue. */
export interface Accepted {
  readonly connection: TcpConnection;
  readonly parent: SocketCore;
}
