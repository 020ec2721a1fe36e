/** TCP between IP and the connections of a host: whose a segment is, and what answers one that is nobody's. */
import { i32, u16 } from "../../base/bytes.ts";
import { checksumUnknown } from "../../base/packet.ts";
import {
  type ArrivalInfo,
  icmpArrives,
  listenArrives,
  pathMtuChanged,
  resetFor,
  segmentArrives,
  type TimeWait,
  timeWaitAck,
  timeWaitArrives,
} from "../../protocols/tcp/connection.ts";
import { verifyTransportChecksum } from "../../wire/checksums.ts";
import { protocols } from "../../wire/protocols.ts";
import { parseTcp, type TcpSegment } from "../../wire/tcp.ts";
import type { SocketWorld } from "../socket-core/world.ts";
import type { IcmpError, IpDatagram, Transport } from "../transport.ts";
import { TcpConnection } from "./tcp-connection.ts";
import { countDrop } from "./tcp-counting.ts";
import { TcpListener } from "./tcp-listener.ts";
import { TcpOpener } from "./tcp-opener.ts";
import { TcpSender } from "./tcp-sender.ts";
import { TcpTable } from "./tcp-table.ts";
import { TcpTimeWait } from "./tcp-time-wait.ts";

/** What an ICMP error must quote: ports and sequence number. */
const quotedLength = 8;
const ecnMask = 3;

export class TcpTransport implements Transport {
  readonly protocol: number = protocols.tcp;
  readonly table: TcpTable;
  readonly opener: TcpOpener;
  readonly #world: SocketWorld;
  readonly #sender: TcpSender;
  readonly #info: ArrivalInfo = { ecn: 0, segmentSize: 0 };

  constructor(world: SocketWorld) {
    this.#world = world;
    this.#sender = new TcpSender(world);
    this.table = new TcpTable(world, this.#sender);
    this.opener = new TcpOpener(world, this.table);
  }

  receive(datagram: IpDatagram): void {
    const { counters, ports } = this.#world;
    counters.TcpInSegs++;
    const segment = this.#parse(datagram);
    if (segment === undefined) return;
    if (ports.quietUntil > 0 && this.#world.now() < ports.quietUntil) {
      // RFC 9293, section 3.4.3: not even a reset leaves, whose number could be an old connection's.
      this.#world.drop("tcp", "quiet-time", undefined, datagram);
      return;
    }
    const { source, destination } = datagram;
    const { index, cpu } = datagram.interface;
    const found = ports.demultiplex(
      "tcp",
      destination,
      segment.destinationPort,
      source,
      segment.sourcePort,
      index,
      ports.selects("tcp") ? datagram.bytes.subarray(segment.payloadStart, segment.payloadEnd) : undefined,
      cpu,
    );
    const owner = found?.owner;
    if (owner instanceof TcpConnection) this.#toConnection(owner, segment, datagram);
    else if (owner instanceof TcpListener) this.#toListener(owner, segment, datagram, undefined);
    else if (owner instanceof TcpTimeWait) this.#toTimeWait(owner, segment, datagram);
    else this.#refuse("no-connection", segment, datagram);
  }

  icmpError(error: IcmpError): void {
    const { ports, counters, output } = this.#world;
    const { source, destination, bytes, start, end } = error;
    const counter = error.family === 4 ? "IcmpInErrors" : "Icmp6InErrors";
    if (end - start < quotedLength) {
      counters[counter]++;
      return;
    }
    const found = ports.demultiplex("tcp", source, u16(bytes, start), destination, u16(bytes, start + 2), 0);
    const owner = found?.owner;
    if (!(owner instanceof TcpConnection)) {
      if (!(owner instanceof TcpTimeWait)) counters[counter]++;
      return;
    }
    const { tcb } = owner;
    const now = this.#world.now();
    if (!icmpArrives(tcb, { errno: error.errno, hard: error.hard, sequence: i32(bytes, start + 4) }, now)) {
      counters.TcpExtOutOfWindowIcmps++;
      return;
    }
    this.table.touch(owner);
    if (error.mtu === 0) {
      owner.holder?.softError(error);
      return;
    }
    output.reducePathMtu(error);
    pathMtuChanged(tcb, Math.min(error.mtu, owner.route.mtu), now);
  }

  flush(): void {
    this.table.flush();
  }

  /** The host is closed. */
  close(): void {
    this.table.close();
  }

  /** The segment, unless it is malformed, damaged, or sent to a group (RFC 9293, MUST-3, MUST-57). */
  #parse(datagram: IpDatagram): TcpSegment | undefined {
    const { bytes, start, end, source, destination, checksum } = datagram;
    const world = this.#world;
    if (datagram.cast !== "unicast") {
      world.drop("tcp", "sent-to-a-group", undefined, datagram);
      return undefined;
    }
    const segment = parseTcp(bytes, start, end);
    if (typeof segment === "string") {
      world.drop("tcp", segment, "TcpInErrs", datagram);
      return undefined;
    }
    if (checksum !== checksumUnknown) return segment;
    const wrong = verifyTransportChecksum(protocols.tcp, source, destination, bytes, start, end);
    if (wrong === undefined) return segment;
    world.counters.TcpInCsumErrors++;
    world.drop("tcp", wrong, "TcpInErrs", datagram);
    return undefined;
  }

  #toConnection(connection: TcpConnection, segment: TcpSegment, datagram: IpDatagram): void {
    const { tcb, listener } = connection;
    const { cpu } = datagram.interface;
    if (connection.incomingCpu !== cpu) {
      connection.incomingCpu = cpu;
      connection.holder?.handledBy(cpu);
    }
    const verdict = listener?.holdsBack(connection, segment) ?? "take";
    if (verdict === "reset") this.table.abort(connection);
    if (verdict !== "take") {
      this.#world.drop("tcp", "held-back", undefined, datagram);
      return;
    }
    const acknowledged = tcb.sndUna;
    const challengedAt = tcb.lastInvalidAckAt;
    this.#info.ecn = datagram.trafficClass & ecnMask;
    this.#info.segmentSize = datagram.segmentSize;
    const drop = segmentArrives(tcb, segment, datagram.bytes, this.#world.now(), this.#info);
    if (drop !== undefined) {
      const answer = tcb.lastInvalidAckAt === challengedAt ? "rationed" : "answered";
      countDrop(drop, answer, this.#world.counters);
      this.#world.drop("tcp", drop, undefined, datagram);
    }
    if (drop === "closed") this.#reset(segment, datagram);
    if (tcb.sndUna !== acknowledged) this.#world.output.confirm(connection.route);
    this.table.touch(connection);
  }

  #toListener(
    listener: TcpListener,
    segment: TcpSegment,
    datagram: IpDatagram,
    replaced: TimeWait | undefined,
  ): void {
    const verdict = listenArrives(segment);
    if (verdict === "reset") this.#refuse("not-for-a-listener", segment, datagram);
    else if (verdict === "ignore") this.#world.drop("tcp", "not-for-a-listener", undefined, datagram);
    else if (listener.admits()) this.opener.passive(listener, segment, datagram, replaced);
    else this.#world.drop("tcp", "accept-queue-full", undefined, datagram);
  }

  #toTimeWait(resting: TcpTimeWait, segment: TcpSegment, datagram: IpDatagram): void {
    const verdict = timeWaitArrives(resting.wait, segment, this.#world.now());
    if (verdict !== "reopen") this.#world.drop("tcp", "time-wait", undefined, datagram);
    if (verdict === "ignore") return;
    if (verdict === "end") {
      this.table.rests.end(resting);
      return;
    }
    if (verdict === "restart") this.table.rests.again(resting);
    if (verdict === "reopen") {
      const listener = this.#listenerOf(segment, datagram);
      if (listener !== undefined) {
        this.table.rests.end(resting);
        this.#toListener(listener, segment, datagram, resting.wait);
        return;
      }
    }
    const ack = timeWaitAck(resting.wait, this.#world.now());
    this.#sender.reply(ack, resting.local, resting.remote, datagram.interface.index);
  }

  /** Who would get the segment if its five-tuple were not resting: no peer has port 0. */
  #listenerOf(
    { destinationPort }: TcpSegment,
    { source, destination, interface: at }: IpDatagram,
  ): TcpListener | undefined {
    const owner = this.#world.ports.demultiplex(
      "tcp",
      destination,
      destinationPort,
      source,
      0,
      at.index,
      undefined,
      at.cpu,
    )?.owner;
    return owner instanceof TcpListener ? owner : undefined;
  }

  /** Nobody wants it: it is answered with a reset. */
  #refuse(reason: "no-connection" | "not-for-a-listener", segment: TcpSegment, datagram: IpDatagram): void {
    this.#world.drop("tcp", reason, undefined, datagram);
    this.#reset(segment, datagram);
  }

  #reset(segment: TcpSegment, { source, destination, interface: at }: IpDatagram): void {
    const reset = resetFor(segment);
    if (reset === undefined) return;
    const local = { address: destination, port: segment.destinationPort };
    const remote = { address: source, port: segment.sourcePort };
    this.#sender.reply(reset, local, remote, at.index);
  }
}
