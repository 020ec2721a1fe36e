/**
 * The numbers of one connection as its peer knows them: from which initial numbers both sides count, what the peer has
 * sent and what it has received, so that a test says 1 where the wire says 3,735,928,560.
 */
import type { Tcp } from "../../packetdrill/language/script/packets.ts";
import { flagsOf, type InitialNumbers } from "../../packetdrill/packets/tcp-numbers.ts";
import { tcpFlags } from "../../wire/tcp.ts";

/** Mutable: it learns as segments go by. */
export interface ConnectionNumbers extends InitialNumbers {
  scriptLocal: number;
  liveLocal: number;
  remote: number;
  /** The next number of the peer, counted from its initial one. */
  next: number;
  /** What the peer would acknowledge: one beyond the last byte of the stack, counted from its initial number. */
  received: number;
}

/** Of the connections of one pair of ports, one after the other. */
export class PeerNumbers {
  /** Of the connection there is, or of the last one. */
  current: ConnectionNumbers = blank();
  #known = false;
  /** The stack has sent a SYN of its own and nothing beyond it: the peer's SYN begins its side. */
  #opening = false;
  /** The number of a SYN the stack has not answered yet. */
  #offered: number | undefined;

  /** The peer sends a segment; its numbers are the test's. Called before they are translated. */
  sends(tcp: Tcp): void {
    const flags = flagsOf(tcp);
    const { start, length } = tcp.seq;
    if ((flags & tcpFlags.SYN) !== 0) {
      this.#offered = start;
      if (!this.#known || this.#opening) this.#begin(start, length);
    } else if (!this.#known) this.#begin(start, 0);
    if ((flags & (tcpFlags.SYN | tcpFlags.RST)) !== 0) return;
    const end = start + length + ((flags & tcpFlags.FIN) === 0 ? 0 : 1);
    this.current.next = later(this.current.next, end);
  }

  /** The stack has sent a segment; its numbers are the wire's. @returns the connection it is of. */
  receives(tcp: Tcp): ConnectionNumbers {
    const flags = flagsOf(tcp);
    const { start, length } = tcp.seq;
    if ((flags & tcpFlags.SYN) !== 0) this.#learn(start, tcp.ack ?? 0, (flags & tcpFlags.ACK) !== 0);
    else if ((flags & tcpFlags.RST) === 0) this.#opening = false;
    const { current } = this;
    const end = start + length + ((flags & (tcpFlags.SYN | tcpFlags.FIN)) === 0 ? 0 : 1);
    if ((flags & tcpFlags.RST) === 0)
      current.received = later(current.received, (end - current.liveLocal) >>> 0);
    return current;
  }

  #begin(remote: number, length: number): void {
    this.#known = true;
    this.current.remote = remote;
    this.current.next = 1 + length;
  }

  /** A SYN with a number not seen before is of a new connection. */
  #learn(live: number, acknowledgment: number, acknowledges: boolean): void {
    if (this.current.liveLocal !== live) {
      const { remote, next, received, liveLocal } = this.current;
      const fresh = liveLocal === 0 && received === 0;
      this.current = { ...blank(), liveLocal: live, remote: fresh ? remote : 0, next: fresh ? next : 1 };
      this.#known = fresh && this.#known;
    }
    if (!acknowledges) this.#opening = true;
    else this.#accepted(acknowledgment);
  }

  /** The stack acknowledges a SYN: from there the peer counts, if it did not before. */
  #accepted(acknowledgment: number): void {
    const offered = this.#offered;
    if (offered === undefined || (offered + 1) >>> 0 !== acknowledgment) return;
    if (!this.#known || this.current.remote !== offered) this.#begin(offered, 0);
  }
}

function blank(): ConnectionNumbers {
  return { scriptLocal: 0, liveLocal: 0, remote: 0, next: 0, received: 0 };
}

/** The later of two numbers that wrap around (RFC 9293, section 3.4). */
function later(a: number, b: number): number {
  return ((b - a) | 0) > 0 ? b >>> 0 : a;
}
