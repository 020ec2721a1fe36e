/** A TCP connection as a script. */
import { tcpFlags } from "../../wire/tcp.ts";
import type { Packet, Tcp, TcpOption } from "../language/script/packets.ts";
import { flagsOf } from "../packets/tcp-numbers.ts";
import type { Recorded, Recording, Step } from "./record.ts";

const { SYN, ACK, FIN, RST, PSH } = tcpFlags;

interface Numbers {
  /** Initial sequence number and first timestamp of each side. */
  readonly local: Side;
  readonly remote: Side;
}

interface Side {
  readonly initial: number;
  readonly timestamp: number;
}

/** The connection from its first SYN on; why not, where there is none. */
export function recordConnection(recorded: readonly Recorded[]): Recording | string {
  const opening = recorded.findIndex(({ seen }) => (flagsOf(tcpOf(seen.packet)) & (SYN | ACK)) === SYN);
  if (opening < 0) return "the capture does not hold the SYN of this connection";
  const packets = recorded.slice(opening);
  const numbers = { local: sideOf(packets, true), remote: sideOf(packets, false) };
  const active = packets[0]!.outbound;
  return { dialect: "google", options: [], steps: new ConnectionRecorder(packets, numbers, active).steps() };
}

function tcpOf({ content }: Packet): Tcp {
  if (content.protocol !== "tcp") throw new TypeError(`this is ${content.protocol}`);
  return content;
}

function sideOf(packets: readonly Recorded[], outbound: boolean): Side {
  const own = packets.filter((packet) => packet.outbound === outbound).map(({ seen }) => tcpOf(seen.packet));
  const opening = own.find((tcp) => (flagsOf(tcp) & SYN) !== 0) ?? own[0];
  return { initial: opening?.seq.start ?? 0, timestamp: firstTimestamp(own) };
}

function firstTimestamp(segments: readonly Tcp[]): number {
  for (const { options } of segments) {
    if (!Array.isArray(options)) continue;
    for (const option of options as readonly TcpOption[]) if (option.kind === "TS") return option.val ?? 0;
  }
  return 0;
}

/** Walks the connection once and puts calls where packets need them. */
class ConnectionRecorder {
  readonly #packets: readonly Recorded[];
  readonly #numbers: Numbers;
  readonly #active: boolean;
  readonly #steps: Step[] = [];
  #descriptor = 3;
  #established = false;
  /** Of the data that has gone each way, the next number. */
  #sent = 1;
  #received = 1;
  #unread = 0;
  #closed = false;

  constructor(packets: readonly Recorded[], numbers: Numbers, active: boolean) {
    this.#packets = packets;
    this.#numbers = numbers;
    this.#active = active;
  }

  steps(): Step[] {
    this.#open(this.#packets[0]!.time);
    for (const [index, { time, outbound, seen }] of this.#packets.entries()) {
      const tcp = relative(tcpOf(seen.packet), outbound, this.#numbers);
      if (outbound) this.#before(index, tcp, time);
      this.#steps.push({ time, action: packetOf(seen.packet, tcp, outbound) });
      if (!outbound) this.#take(tcp);
      if (!this.#established && this.#isEstablishing(tcp, outbound)) this.#establish(time);
    }
    this.#read(this.#packets.at(-1)!.time);
    return this.#steps;
  }

  #call(time: number, action: string): void {
    this.#steps.push({ time, action });
  }

  #open(time: number): void {
    this.#call(time, "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3");
    if (this.#active) {
      this.#call(time, "fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0");
      this.#call(time, "connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)");
      return;
    }
    this.#call(time, "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0");
    this.#call(time, "bind(3, ..., ...) = 0");
    this.#call(time, "listen(3, 1) = 0");
  }

  /** The first ACK after the SYNs: the remote side's, or ours. */
  #isEstablishing(tcp: Tcp, outbound: boolean): boolean {
    return outbound === this.#active && (flagsOf(tcp) & (SYN | RST)) === 0 && (flagsOf(tcp) & ACK) !== 0;
  }

  #establish(time: number): void {
    this.#established = true;
    if (this.#active) this.#call(time, "getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0");
    else {
      this.#call(time, "accept(3, ..., ...) = 4");
      this.#descriptor = 4;
    }
  }

  /** What has to happen for the stack to send this: new data was written, or the socket closed. */
  #before(index: number, tcp: Tcp, time: number): void {
    this.#read(time);
    const end = tcp.seq.start + tcp.seq.length;
    if (this.#established && tcp.seq.length > 0 && end > this.#sent) {
      const { end: all, finished } = this.#written(index);
      const length = all - this.#sent;
      this.#call(time, `write(${this.#descriptor}, ..., ${length}) = ${length}`);
      this.#sent = all;
      // A FIN that rides on the data was asked for before the data could go.
      if (finished) this.#close(index, time);
    }
    if ((flagsOf(tcp) & (FIN | RST)) !== 0) this.#close(index, time);
  }

  #close(index: number, time: number): void {
    if (this.#closed || !this.#established) return;
    this.#closed = true;
    const half = this.#hearsMore(index);
    this.#call(time, half ? `shutdown(${this.#descriptor}, SHUT_WR) = 0` : `close(${this.#descriptor}) = 0`);
  }

  /** Where the data of one write ends: its last segment has PSH. */
  #written(index: number): { end: number; finished: boolean } {
    let end = this.#sent;
    let finished = false;
    for (const { outbound, seen } of this.#packets.slice(index)) {
      if (!outbound) continue;
      const tcp = relative(tcpOf(seen.packet), true, this.#numbers);
      if (tcp.seq.length === 0) continue;
      end = Math.max(end, tcp.seq.start + tcp.seq.length);
      finished = (flagsOf(tcp) & FIN) !== 0;
      if (finished || (flagsOf(tcp) & PSH) !== 0) break;
    }
    return { end, finished };
  }

  /** More data comes after our FIN. */
  #hearsMore(index: number): boolean {
    return this.#packets
      .slice(index)
      .some(({ outbound, seen }) => !outbound && tcpOf(seen.packet).seq.length > 0);
  }

  #take(tcp: Tcp): void {
    const end = tcp.seq.start + tcp.seq.length;
    if (tcp.seq.length === 0 || tcp.seq.start > this.#received || end <= this.#received) return;
    this.#unread += end - this.#received;
    this.#received = end;
  }

  /** Reads what has come in order, once the peer pauses. */
  #read(time: number): void {
    if (this.#unread === 0 || !this.#established || this.#closed) return;
    this.#call(time, `read(${this.#descriptor}, ..., ${this.#unread}) = ${this.#unread}`);
    this.#unread = 0;
  }
}

/** Both sides count from 0 at their SYN, and timestamps from 1. */
function relative(tcp: Tcp, outbound: boolean, { local, remote }: Numbers): Tcp {
  const [own, peer] = outbound ? [local, remote] : [remote, local];
  const start = (tcp.seq.start - own.initial) >>> 0;
  const { ack: _, ...rest } = tcp;
  const acknowledged = (flagsOf(tcp) & ACK) !== 0 ? { ack: ((tcp.ack ?? 0) - peer.initial) >>> 0 } : {};
  return {
    ...rest,
    ...acknowledged,
    seq: { ...tcp.seq, start, end: (start + tcp.seq.length) >>> 0 },
    options: Array.isArray(tcp.options)
      ? tcp.options.map((option) => relativeOption(option, own, peer))
      : tcp.options,
  };
}

function relativeOption(option: TcpOption, own: Side, peer: Side): TcpOption {
  if (option.kind === "TS") {
    const val = ((option.val ?? 0) - own.timestamp + 1) >>> 0;
    const ecr = option.ecr ? (option.ecr - peer.timestamp + 1) >>> 0 : 0;
    return { ...option, val, ecr };
  }
  if (option.kind !== "sack") return option;
  const blocks = option.blocks.map(({ left, right }) => ({
    left: (left - peer.initial) >>> 0,
    right: (right - peer.initial) >>> 0,
  }));
  return { kind: "sack", blocks };
}

const ecnNames = [undefined, "ect1", "ect0", "ce"] as const;

/** Windows of ours are not checked, nor anything of IP but its ECN bits. */
function packetOf(packet: Packet, tcp: Tcp, outbound: boolean): Packet {
  const ecn = ecnNames[(packet.ip.tos ?? 0) & 3];
  const { win, urg, ...rest } = tcp;
  const content = {
    ...rest,
    ...(outbound || win === undefined ? {} : { win }),
    ...(urg ? { urg } : {}),
  };
  return {
    ...packet,
    direction: outbound ? "outbound" : "inbound",
    ip: ecn === undefined ? {} : { ecn },
    content,
  };
}
