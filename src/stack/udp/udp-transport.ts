/** UDP between IP and the sockets: who gets a datagram, and who hears of an error (RFC 768; RFC 1122, section 4.1). */
import { u16 } from "../../base/bytes.ts";
import type { Binding } from "../../ports/binding.ts";
import { receiveUdp, type UdpDropReason } from "../../protocols/udp/arrival.ts";
import { protocols } from "../../wire/protocols.ts";
import { type UdpDatagram, udpHeaderLength } from "../../wire/udp.ts";
import type { PortOwner, SocketWorld } from "../socket-core/world.ts";
import type { IcmpError, IpDatagram, Transport } from "../transport.ts";
import { UdpSocket } from "./udp-socket.ts";

export class UdpTransport implements Transport {
  readonly protocol: number = protocols.udp;
  readonly #world: SocketWorld;
  /** The datagram under way, for `#deliverGroup`. */
  #datagram: IpDatagram | undefined;
  #udp: UdpDatagram | undefined;
  #takers = 0;
  readonly #visit = (binding: Binding<PortOwner>): void => this.#offer(binding);

  constructor(world: SocketWorld) {
    this.#world = world;
  }

  receive(datagram: IpDatagram): void {
    const { bytes, start, end, source, destination, checksum } = datagram;
    const udp = receiveUdp(bytes, start, end, source, destination, checksum);
    if (typeof udp === "string") this.#drop(datagram, udp);
    else if (datagram.cast === "unicast") this.#deliver(datagram, udp);
    else this.#deliverGroup(datagram, udp);
  }

  icmpError(error: IcmpError): void {
    const owner = this.#senderOf(error);
    if (owner === undefined) {
      this.#world.counters[error.family === 4 ? "IcmpInErrors" : "Icmp6InErrors"]++;
      return;
    }
    if (error.mtu > 0) this.#world.output.reducePathMtu(error);
    owner.icmpError(error);
  }

  /** The socket that sent what an ICMP error quotes. */
  #senderOf({ source, destination, bytes, start, end }: IcmpError): UdpSocket | undefined {
    if (end - start < udpHeaderLength) return undefined;
    const local = u16(bytes, start);
    const remote = u16(bytes, start + 2);
    const owner = this.#world.ports.demultiplex("udp", source, local, destination, remote, 0)?.owner;
    return owner instanceof UdpSocket ? owner : undefined;
  }

  /** Datagrams leave as they are sent. */
  flush(): void {}

  #deliver(datagram: IpDatagram, udp: UdpDatagram): void {
    const { source, destination } = datagram;
    const { index, cpu } = datagram.interface;
    const { ports, output } = this.#world;
    const { sourcePort, destinationPort } = udp;
    const payload = ports.selects("udp")
      ? datagram.bytes.subarray(udp.payloadStart, udp.payloadEnd)
      : undefined;
    const found = ports.demultiplex(
      "udp",
      destination,
      destinationPort,
      source,
      sourcePort,
      index,
      payload,
      cpu,
    );
    const owner = found?.owner;
    if (owner instanceof UdpSocket) this.#hand(owner, datagram, udp);
    else {
      this.#world.drop("udp", "no-port", datagram.family === 4 ? "UdpNoPorts" : "Udp6NoPorts", datagram);
      output.sendUnreachable(datagram, "port");
    }
  }

  /** Every socket that matches gets a copy (RFC 1122, section 4.1.3.5); silence where there is none. */
  #deliverGroup(datagram: IpDatagram, udp: UdpDatagram): void {
    const { source, destination } = datagram;
    const { sourcePort, destinationPort } = udp;
    this.#datagram = datagram;
    this.#udp = udp;
    this.#takers = 0;
    const { index } = datagram.interface;
    this.#world.ports.each("udp", destination, destinationPort, source, sourcePort, index, this.#visit);
    if (this.#takers === 0)
      this.#world.drop(
        "udp",
        "no-member",
        datagram.family === 4 ? "UdpIgnoredMulti" : "Udp6IgnoredMulti",
        datagram,
      );
  }

  #offer({ owner }: Binding<PortOwner>): void {
    const datagram = this.#datagram!;
    if (!(owner instanceof UdpSocket) || !wants(owner, datagram)) return;
    this.#takers++;
    this.#hand(owner, datagram, this.#udp!);
  }

  /** One datagram, or the several a link glued together (UDP GRO). */
  #hand(socket: UdpSocket, datagram: IpDatagram, udp: UdpDatagram): void {
    const v4 = datagram.family === 4;
    const { counters } = this.#world;
    const piece = datagram.segmentSize > 0 ? datagram.segmentSize : udp.payloadLength;
    for (let at = udp.payloadStart; ; at += piece) {
      const end = Math.min(at + piece, udp.payloadEnd);
      if (!socket.deliver(datagram, udp.sourcePort, at, end)) {
        counters[v4 ? "UdpRcvbufErrors" : "Udp6RcvbufErrors"]++;
        this.#world.drop("udp", "receive-queue-full", v4 ? "UdpInErrors" : "Udp6InErrors", datagram);
      }
      if (end >= udp.payloadEnd) return;
    }
  }

  #drop(datagram: IpDatagram, reason: UdpDropReason): void {
    const v4 = datagram.family === 4;
    if (reason === "bad-checksum") this.#world.counters[v4 ? "UdpInCsumErrors" : "Udp6InCsumErrors"]++;
    this.#world.drop("udp", reason, v4 ? "UdpInErrors" : "Udp6InErrors", datagram);
  }
}

/** Whether a socket takes what is sent to a group: those it joined, or all (IP_MULTICAST_ALL). */
function wants(
  { core }: UdpSocket,
  { cast, destination, family, interface: { index } }: IpDatagram,
): boolean {
  if (cast !== "multicast") return true;
  const all = family === 4 ? core.options.multicastAll : core.options.multicastAll6;
  return core.memberships.accepts(destination, index, all ? "all" : "joined");
}
