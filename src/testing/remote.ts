/**
 * What is known of a remote endpoint the test plays: the ports of its conversation, the numbers of its connection, and
 * what the stack has sent to it that nobody has expected yet.
 */
import { type Address, sameAddress } from "../base/address.ts";
import type { IpFamily } from "../packetdrill/language/names/icmp-names.ts";
import type { Content, Echoed, Packet, Tcp } from "../packetdrill/language/script/packets.ts";
import type { Microseconds } from "../packetdrill/language/script/script.ts";
import type { Envelope } from "../packetdrill/packets/envelope.ts";
import type { Seen } from "../packetdrill/packets/packet-parse.ts";
import { flagsOf, toScript } from "../packetdrill/packets/tcp-numbers.ts";
import { Timestamps } from "../packetdrill/packets/timestamps.ts";
import { tcpFlags } from "../wire/tcp.ts";
import { type ConnectionNumbers, PeerNumbers } from "./packets/numbers.ts";

export type Protocol = Content["protocol"];

/** A packet of the stack with the numbers of the wire, and the connection it is of. */
export interface Pending {
  readonly seen: Seen;
  readonly bytes: Uint8Array;
  readonly time: Microseconds;
  readonly numbers: ConnectionNumbers;
}

export interface RemoteSettings {
  readonly family: IpFamily;
  readonly local: Address;
  readonly address: Address;
  readonly port: number;
  /** The stack's port; undefined: learned from what it sends, and until then `bindPort`. */
  readonly localPort: number | undefined;
  readonly bindPort: number;
}

/** The raw window field of a segment that does not say. */
const openWindow = 65_535;

export class Remote {
  readonly settings: RemoteSettings;
  readonly numbers: PeerNumbers = new PeerNumbers();
  readonly timestamps: Timestamps = new Timestamps();
  /** Of the last segment injected. */
  window: number = openWindow;
  #localPort: number | undefined;
  #speaks: Protocol = "tcp";
  readonly #inbox: Pending[] = [];

  constructor(settings: RemoteSettings) {
    this.settings = settings;
    this.#localPort = settings.localPort;
  }

  get localPort(): number | undefined {
    return this.#localPort;
  }

  /** Of the connection, as the stack sends. */
  get envelope(): Envelope {
    const { family, local: source, address: destination, port: destinationPort, bindPort } = this.settings;
    return { family, source, sourcePort: this.#localPort ?? bindPort, destination, destinationPort };
  }

  /** What an ICMP error quotes where the test does not say: the first packet of the conversation. */
  get quoted(): Echoed {
    if (this.#speaks === "udp") return { protocol: "udp", length: 0 };
    const { liveLocal } = this.numbers.current;
    return { protocol: "tcp", seq: { start: liveLocal, end: liveLocal, length: 0, form: "relative" } };
  }

  /** How well a captured packet fits: 0 not at all; ICMP goes to the host, whichever port. */
  fits({ envelope, packet }: Seen): number {
    const { address, port } = this.settings;
    if (!sameAddress(envelope.destination, address)) return 0;
    if (packet.content.protocol === "icmp") return 1;
    if (envelope.destinationPort !== port) return 0;
    if (envelope.sourcePort === this.#localPort) return 3;
    return this.settings.localPort === undefined && (this.#localPort === undefined || begins(packet)) ? 2 : 0;
  }

  /** The stack has sent it to this endpoint. */
  arrive(seen: Seen, bytes: Uint8Array, time: Microseconds): Pending {
    const { content } = seen.packet;
    if (content.protocol !== "icmp") {
      this.#localPort = seen.envelope.sourcePort;
      this.#speaks = content.protocol;
    }
    const numbers = content.protocol === "tcp" ? this.numbers.receives(content) : this.numbers.current;
    const pending = { seen, bytes, time, numbers };
    this.#inbox.push(pending);
    return pending;
  }

  /** The test has it send something; before the stack has spoken it talks to the port that bind() binds. */
  sends({ content, ports }: Packet): void {
    if (content.protocol !== "icmp") {
      this.#speaks = content.protocol;
      if (ports === undefined) this.#localPort ??= this.settings.bindPort;
    }
    if (content.protocol !== "tcp") return;
    this.window = content.win ?? this.window;
    this.numbers.sends(content);
  }

  /** The first packet of a protocol that nobody has expected yet. */
  waiting(protocol: Protocol | undefined): Pending | undefined {
    return this.#inbox.find(
      ({ seen }) => protocol === undefined || seen.packet.content.protocol === protocol,
    );
  }

  take(pending: Pending): void {
    this.#inbox.splice(this.#inbox.indexOf(pending), 1);
  }
}

/** A datagram, or a SYN without ACK: the stack may send it from a new port. */
function begins({ content }: Packet): boolean {
  if (content.protocol !== "tcp") return true;
  return (flagsOf(content) & (tcpFlags.SYN | tcpFlags.ACK)) === tcpFlags.SYN;
}

/** The packet with the numbers of the test. */
export function inScriptNumbers({ seen, numbers }: Pick<Pending, "seen" | "numbers">): Seen {
  const { content } = seen.packet;
  if (content.protocol !== "tcp") return seen;
  const translated: Tcp = toScript(content, numbers);
  return { ...seen, packet: { ...seen.packet, content: translated } };
}
