/**
 * Follows the sockets of a script as its calls and packets go by: there is always one that packets belong to, the last
 * one made, or the child of the last listener that was sent something.
 */
import { type Address, sameAddress } from "../../base/address.ts";
import type { Socket } from "../../stack/socket.ts";
import { tcpFlags } from "../../wire/tcp.ts";
import type { Packet } from "../language/script/packets.ts";
import type { Dialect } from "../language/script/script.ts";
import type { Endpoints } from "../packets/envelope.ts";
import type { Seen } from "../packets/packet-parse.ts";
import { flagsOf } from "../packets/tcp-numbers.ts";
import type { Connection, TransportProtocol } from "./connection.ts";

export interface TrackerSettings {
  readonly dialect: Dialect;
  readonly local: Address;
  readonly remote: Address;
  readonly bindPort: number;
  readonly connectPort: number;
  /** UDP and ICMP have ports before any is known. */
  readonly anyip: boolean;
}

/** Remote ports of passive connections: each has its own. */
const firstEphemeral = 32768;
const lastEphemeral = 60999;

export class Tracker {
  /** The socket under test. */
  current: Connection | undefined;
  readonly #settings: TrackerSettings;
  readonly #all: Connection[] = [];
  #nextPort = firstEphemeral;

  constructor(settings: TrackerSettings) {
    this.#settings = settings;
  }

  /** socket() has given the script a descriptor. */
  opened(label: number, socket: Socket, protocol: TransportProtocol): void {
    const { local, remote, bindPort, connectPort, anyip } = this.#settings;
    const known = anyip && protocol !== "tcp";
    this.#add({
      ...{ protocol, state: "NEW", label, socket },
      endpoints: {
        ...{ source: local, sourcePort: known ? bindPort : 0 },
        ...{ destination: remote, destinationPort: known ? connectPort : 0 },
      },
    });
  }

  /** The connection a descriptor stands for. */
  labelled(label: number): Connection | undefined {
    return this.#all.findLast((one) => one.label === label && !one.closed);
  }

  listening(label: number): void {
    const listener = this.labelled(label);
    if (listener !== undefined) listener.state = "LISTENING";
  }

  /** connect(), or sending to somebody: a new socket begins to talk to the remote host. */
  connecting(label: number): void {
    const connection = this.labelled(label);
    if (connection?.state !== "NEW") return;
    connection.state = "CONNECTING";
    const { connectPort, remote } = this.#settings;
    connection.endpoints = { ...connection.endpoints, destination: remote, destinationPort: connectPort };
  }

  /** connect() with AF_UNSPEC: the socket is as new. */
  disconnected(label: number): void {
    const connection = this.labelled(label);
    if (connection !== undefined) connection.state = "NEW";
  }

  /** accept() has given the script a descriptor. @returns the child it is, or undefined when there is none. */
  accepted(label: number, socket: Socket): Connection | undefined {
    const child = this.#all.findLast(
      (one) => one.label === undefined && (one.state === "SYNACK_SENT" || one.state === "SYNACK_ACKED"),
    );
    if (child === undefined) return undefined;
    child.label = label;
    child.socket = socket;
    return child;
  }

  /** Its descriptor is free again; packets of the connection may still come. */
  closed(label: number): void {
    const connection = this.labelled(label);
    if (connection !== undefined) connection.closed = true;
  }

  /** The script sends a packet. @returns the connection it belongs to, which it may make. */
  inbound(packet: Packet): Connection | undefined {
    const { content } = packet;
    const current = this.#forInbound(packet);
    if (current === undefined || content.protocol !== "tcp") return current;
    const flags = flagsOf(content);
    const both = tcpFlags.SYN | tcpFlags.ACK;
    if (current.state === "SYN_SENT" && (flags & both) === both) {
      current.state = "SYN_ACKED";
      current.remote = content.seq.start;
    } else if (current.state === "SYNACK_SENT" && (flags & tcpFlags.ACK) !== 0) {
      current.state = "SYNACK_ACKED";
    }
    return current;
  }

  /** For packets of no socket: from the remote host to the local one, of no port. */
  stranger(): Connection {
    const { local, remote } = this.#settings;
    return {
      ...{ protocol: "icmp", state: "NEW", label: undefined, socket: undefined, closed: false },
      endpoints: { source: local, sourcePort: 0, destination: remote, destinationPort: 0 },
      ...{ scriptLocal: 0, liveLocal: 0, remote: 0 },
    };
  }

  /** A listener that is sent something has a child, and so has, in Google's dialect, the empty script. */
  #forInbound({ content }: Packet): Connection | undefined {
    const { current } = this;
    const { dialect } = this.#settings;
    if (content.protocol === "tcp") {
      const parent = current === undefined ? dialect === "google" : current.state === "LISTENING";
      return parent ? this.#child("tcp", content.seq.start) : current;
    }
    const datagram = content.protocol === "udp" || content.protocol === "udplite";
    const child = datagram && dialect === "nplab" && current?.state === "NEW";
    return child ? this.#child(content.protocol, 0) : current;
  }

  #child(protocol: TransportProtocol, initial: number): Connection {
    const { local, remote, bindPort } = this.#settings;
    const destinationPort = this.#nextPort;
    this.#nextPort = destinationPort === lastEphemeral ? firstEphemeral : destinationPort + 1;
    return this.#add({
      ...{ protocol, state: "PACKET_RECEIVED", label: undefined, socket: undefined },
      endpoints: { source: local, sourcePort: bindPort, destination: remote, destinationPort },
      remote: initial,
    });
  }

  #add(
    made: Omit<Connection, "closed" | "scriptLocal" | "liveLocal" | "remote"> & { remote?: number },
  ): Connection {
    const connection: Connection = { closed: false, scriptLocal: 0, liveLocal: 0, remote: 0, ...made };
    this.#all.push(connection);
    this.current = connection;
    return connection;
  }

  /** The script expects a packet: a SYN or SYN-ACK fixes what it calls the stack's initial number. */
  expected(packet: Packet): void {
    const { current } = this;
    const { content } = packet;
    if (current === undefined || content.protocol !== "tcp") return;
    const flags = flagsOf(content);
    if ((flags & tcpFlags.SYN) === 0) return;
    if (current.state === "CONNECTING" && (flags & tcpFlags.ACK) === 0) {
      current.state = "SYN_SENT";
      current.scriptLocal = content.seq.start;
    } else if (current.state === "PACKET_RECEIVED" && (flags & tcpFlags.ACK) !== 0) {
      current.scriptLocal = content.seq.start;
    }
  }

  /** Whether a captured packet is of the socket under test; what it shows of that one is learned. */
  belongs(seen: Seen): boolean {
    const { current } = this;
    const { content } = seen.packet;
    if (current === undefined) return false;
    if (content.protocol === "icmp") return this.#betweenUs(seen.envelope);
    if (content.protocol !== current.protocol) return false;
    if (content.protocol === "tcp") {
      const flags = flagsOf(content);
      const syn = (flags & (tcpFlags.SYN | tcpFlags.ACK)) === tcpFlags.SYN;
      if (syn && current.state === "SYN_SENT" && this.#toConnectPort(seen.envelope)) {
        current.endpoints = { ...seen.envelope };
        current.liveLocal = content.seq.start;
        return true;
      }
      if (!sameEndpoints(current.endpoints, seen.envelope)) return false;
      if (current.state === "PACKET_RECEIVED" && (flags & tcpFlags.SYN) !== 0) {
        current.liveLocal = content.seq.start;
        current.state = "SYNACK_SENT";
      }
      return true;
    }
    if (current.endpoints.sourcePort === 0 && this.#toConnectPort(seen.envelope)) {
      current.endpoints = { ...seen.envelope };
      return true;
    }
    return sameEndpoints(current.endpoints, seen.envelope);
  }

  #toConnectPort(live: Endpoints): boolean {
    const { connectPort } = this.#settings;
    return live.destinationPort === connectPort && this.#betweenUs(live);
  }

  #betweenUs(live: Endpoints): boolean {
    const { local, remote } = this.#settings;
    return sameAddress(live.source, local) && sameAddress(live.destination, remote);
  }
}

function sameEndpoints(a: Endpoints, b: Endpoints): boolean {
  return (
    a.sourcePort === b.sourcePort &&
    a.destinationPort === b.destinationPort &&
    sameAddress(a.source, b.source) &&
    sameAddress(a.destination, b.destination)
  );
}
