/** New connections, from either side: sequence numbers, MSS and options are settled here (RFC 9293, section 3.5). */
import { isV4 } from "../../base/address.ts";
import type { Endpoint } from "../../base/endpoint.ts";
import { type SipKey, sipKey } from "../../base/hash/siphash.ts";
import type { Binding } from "../../ports/binding.ts";
import {
  initialSequence,
  newTcb,
  openActive,
  openPassive,
  reopenedSequence,
  type Tcb,
  type TcpConfig,
  type TimeWait,
  timestampOffset,
  timeWaitOf,
} from "../../protocols/tcp/connection.ts";
import { protocols } from "../../wire/protocols.ts";
import type { TcpSegment } from "../../wire/tcp.ts";
import type { SocketCore } from "../socket-core/core.ts";
import { applySendOptions, newSendOptions } from "../socket-core/ip-send.ts";
import type { PortOwner, SocketWorld } from "../socket-core/world.ts";
import type { IpDatagram, Route, SendOptions } from "../transport.ts";
import { TcpConnection } from "./tcp-connection.ts";
import type { TcpListener } from "./tcp-listener.ts";
import { scopeOf } from "./tcp-sender.ts";
import { bufferSizes, connectionOptions, tcpConfig } from "./tcp-settings.ts";
import type { TcpTable } from "./tcp-table.ts";
import { TcpTimeWait } from "./tcp-time-wait.ts";

/** What IP and TCP headers with all their options take of the 65,535 bytes of a packet that a link cuts itself. */
const longestPayload = 65535 - 40 - 60;

export class TcpOpener {
  readonly #world: SocketWorld;
  readonly #table: TcpTable;
  readonly #key: SipKey;
  #config: TcpConfig;
  #generation = -1;

  constructor(world: SocketWorld, table: TcpTable) {
    this.#world = world;
    this.#table = table;
    this.#key = sipKey(world.random.fork("tcp sequence numbers").bytes(new Uint8Array(16)));
    this.#config = tcpConfig(world.sysctl, world.ports.profile.hold.length);
  }

  /** What the sysctls come to, now. */
  get config(): TcpConfig {
    const { sysctl, ports } = this.#world;
    if (sysctl.generation !== this.#generation) {
      this.#config = tcpConfig(sysctl, ports.profile.hold.length, this.#config);
      this.#generation = sysctl.generation;
    }
    return this.#config;
  }

  /** connect(2): the SYN goes out at the end of the batch. The binding is connected already. */
  active(core: SocketCore, binding: Binding<PortOwner>, route: Route, remote: Endpoint): TcpConnection {
    const { counters } = this.#world;
    const local = { address: binding.address, port: binding.port };
    const connection = this.#make(core, local, remote, route, waitOf(binding.replaced));
    connection.binding = binding;
    binding.owner = connection;
    counters.TcpActiveOpens++;
    openActive(connection.tcb, this.#world.now());
    this.#table.add(connection);
    return connection;
  }

  /** A listener took a SYN: the SYN-ACK goes out at the end of the batch. `replaced` is a TIME-WAIT that gave way. */
  passive(
    listener: TcpListener,
    syn: TcpSegment,
    datagram: IpDatagram,
    replaced: TimeWait | undefined,
  ): void {
    const { core } = listener;
    const { output, ports } = this.#world;
    const local = { address: datagram.destination, port: syn.destinationPort };
    const remote = { address: datagram.source, port: syn.sourcePort };
    const device = core.options.device || scopeOf(remote.address, datagram.interface.index);
    const route = output.route(remote.address, { source: local.address, device });
    if (typeof route === "string") {
      this.#world.drop("tcp", "no-route-back", "TcpExtListenDrops", datagram);
      return;
    }
    const connection = this.#make(core, local, remote, route, replaced);
    connection.binding = ports.accept(listener.binding, connection, { local: local.address, remote });
    openPassive(connection.tcb, syn, this.#world.now());
    listener.opened(connection);
    this.#table.add(connection);
  }

  #make(
    core: SocketCore,
    local: Endpoint,
    remote: Endpoint,
    route: Route,
    replaced: TimeWait | undefined,
  ): TcpConnection {
    const sending = sendingFor(core, route);
    const makeTcb = (owner: TcpConnection): Tcb => this.#tcb(core, owner, replaced);
    const connection = new TcpConnection(this.#table, local, remote, route, sending, makeTcb);
    connection.astray =
      core.mapped && !isV4(remote.address) && this.#world.ports.profile.mappedForGood === true;
    connection.device = core.options.device || scopeOf(remote.address, route.interface.index) || 0;
    return connection;
  }

  /** Written out, not spread: an object put together from two costs more than the whole handshake. */
  #tcb(core: SocketCore, owner: TcpConnection, replaced: TimeWait | undefined): Tcb {
    const { local, remote, route } = owner;
    const { config } = this;
    const { options, tcp } = core;
    const set = connectionOptions(options, tcp!, config);
    const buffers = bufferSizes(options, tcp!, config);
    const now = this.#world.now();
    return newTcb({
      noDelay: set.noDelay,
      cork: set.cork,
      quickAck: set.quickAck,
      keepAlive: set.keepAlive,
      keepIdle: set.keepIdle,
      keepInterval: set.keepInterval,
      keepCount: set.keepCount,
      userTimeout: set.userTimeout,
      synRetries: set.synRetries,
      finWait2: set.finWait2,
      lingerReset: set.lingerReset,
      maxSegment: set.maxSegment,
      config,
      world: this.#table,
      owner,
      family: isV4(remote.address) ? 4 : 6,
      mtu: route.mtu,
      interfaceMtu: route.interface.mtu,
      iss: replaced ? reopenedSequence(replaced) : initialSequence(this.#key, local, remote, now),
      timestampOffset: replaced?.timestampOffset ?? timestampOffset(this.#key, local, remote),
      maxSegmentPayload: route.interface.link.capabilities.tcpSegmentation ? longestPayload : undefined,
      sendBuffer: buffers.send,
      receiveBuffer: buffers.receive,
      firstWindow: buffers.first,
      receiveBufferMost: buffers.most,
    });
  }
}

/** What is known of the connection whose rest gave way. */
function waitOf(replaced: PortOwner | undefined): TimeWait | undefined {
  if (replaced instanceof TcpTimeWait) return replaced.wait;
  return replaced instanceof TcpConnection ? timeWaitOf(replaced.tcb) : undefined;
}

/** How IP sends the segments of a socket. */
export function sendingFor(core: SocketCore, route: Route): SendOptions {
  const sending = newSendOptions(protocols.tcp);
  applySendOptions(sending, core, route);
  return sending;
}
