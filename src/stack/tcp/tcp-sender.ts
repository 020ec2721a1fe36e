/** A segment becomes a packet: ports, checksum and payload are filled in, and IP takes it. */
import type { Address } from "../../base/address.ts";
import type { Endpoint } from "../../base/endpoint.ts";
import { checksumPartial, type Packet } from "../../base/packet.ts";
import type { OutgoingSegment } from "../../protocols/tcp/connection.ts";
import { protocols } from "../../wire/protocols.ts";
import { emitTcp, tcpFlags, tcpHeaderLength } from "../../wire/tcp.ts";
import { newSendOptions } from "../socket-core/ip-send.ts";
import { needsScope } from "../socket-core/names.ts";
import type { SocketWorld } from "../socket-core/world.ts";
import type { Route, SendOptions } from "../transport.ts";
import type { TcpConnection } from "./tcp-connection.ts";

/** TCP's checksum field, from the start of its header. */
const checksumOffset = 16;

export class TcpSender {
  readonly #world: SocketWorld;
  /** For what no socket sends. */
  readonly #plain: SendOptions = newSendOptions(protocols.tcp);

  constructor(world: SocketWorld) {
    this.#world = world;
  }

  /** A segment of a connection, its payload from the send buffer. */
  send(connection: TcpConnection, segment: OutgoingSegment): void {
    const { tcb, route, sending } = connection;
    const { payloadLength, segmentSize } = segment;
    // As Linux does: what the listener says for it, up to the handshake, finds its way.
    if (connection.astray && tcb.state !== "SYN-RECEIVED") {
      this.#world.drop("tcp", "sent-by-ipv4", "TcpOutSegs");
      return;
    }
    const packet = this.#fill(segment, connection.local, connection.remote, payloadLength);
    const payloadStart = packet.end - payloadLength;
    if (payloadLength > 0)
      tcb.sendRing.copyTo(segment.payloadOffset, payloadLength, packet.bytes, payloadStart);
    packet.segmentSize = segmentSize;
    if (payloadLength > 0)
      connection.notices?.left((segment.sequence + payloadLength) | 0, this.#world.now());
    const { counters } = this.#world;
    counters.TcpOutSegs += segmentSize > 0 ? Math.ceil(payloadLength / segmentSize) : 1;
    if ((segment.flags & tcpFlags.RST) !== 0) counters.TcpOutRsts++;
    else if ((segment.flags & tcpFlags.SYN) !== 0 && tcb.retransmits > 0) {
      counters.TcpExtTCPSynRetrans++;
      counters.TcpRetransSegs++;
    }
    this.#give(packet, route, sending);
  }

  /** A segment of no connection: a reset, or TIME-WAIT's acknowledgment. `device` is where its cause came in. */
  reply(segment: OutgoingSegment, local: Endpoint, remote: Endpoint, device: number): void {
    const { counters, output } = this.#world;
    const route = output.route(remote.address, {
      source: local.address,
      device: scopeOf(remote.address, device),
    });
    if (typeof route === "string") return;
    counters.TcpOutSegs++;
    if ((segment.flags & tcpFlags.RST) !== 0) counters.TcpOutRsts++;
    this.#give(this.#fill(segment, local, remote, 0), route, this.#plain);
  }

  #fill(segment: OutgoingSegment, local: Endpoint, remote: Endpoint, payloadLength: number): Packet {
    segment.sourcePort = local.port;
    segment.destinationPort = remote.port;
    const packet = this.#world.output.allocate(tcpHeaderLength(segment) + payloadLength);
    emitTcp(segment, packet.bytes, packet.start);
    packet.checksum = checksumPartial;
    packet.checksumOffset = checksumOffset;
    return packet;
  }

  /** What IP refuses is lost like any packet: retransmission takes care of it. */
  #give(packet: Packet, route: Route, options: SendOptions): void {
    this.#world.output.send(packet, route, options);
  }
}

/** Only a link-local peer is bound to the interface it was heard on. */
export function scopeOf(address: Address, device: number): number | undefined {
  return needsScope(address) ? device : undefined;
}
