/**
 * One TCP under test in virtual time, driven with packetdrill-like segments:
 *
 *     endpoint("ESTABLISHED").peer("F. 1:1(0) ack 1").sends(". 1:1(0) ack 2").is("CLOSE-WAIT");
 *
 * Sequence numbers in texts count from each side's initial one. `sends` names all segments sent since it was last asked.
 */
import { expect } from "vitest";
import {
  abort,
  type ConnectionOptions,
  close,
  configure,
  expire,
  icmpArrives,
  linuxTcp,
  newTcb,
  nextDeadline,
  openActive,
  openPassive,
  output,
  pathMtuChanged,
  peerFinished,
  receive,
  segmentArrives,
  send,
  sendFlags,
  shutdownReceive,
  shutdownSend,
  snapshot,
  type Tcb,
  type TcpConfig,
  type TcpDrop,
  type TcpEvent,
  type TcpIcmpError,
  type TcpOptions,
  type TcpState,
} from "../../../../src/protocols/tcp/connection.ts";
import { formatSegment, holdsPattern, type Origins, parseSegment, pattern } from "./segment-text.ts";

/** What a test may set: the TCB's options, any value of its profile, and what the peer's SYN offers. */
export interface Setup extends Partial<Omit<TcpOptions, "config">> {
  readonly config?: Partial<TcpConfig>;
  /** Options and window of the peer's SYN. */
  readonly syn?: string;
  /** Window of the ACKs of the peer that bring us where the test begins. */
  readonly win?: number;
  readonly irs?: number;
}

/** Plain defaults: MSS 1000, no options, ACKs delayed from the start. */
const plain: Partial<TcpConfig> = {
  ...linuxTcp,
  quickAcks: 0,
  timestamps: false,
  sack: false,
  windowScaling: false,
};

export class Endpoint {
  readonly tcb: Tcb;
  now = 1000;
  readonly events: TcpEvent[] = [];
  drop: TcpDrop | undefined;
  readonly #origins: { out: Origins; in: Origins };
  readonly #sent: { full: string; like: (like: string) => string }[] = [];
  #written = 1;
  #read = 1;

  constructor(setup: Setup = {}) {
    const iss = setup.iss ?? 0x7ffffff0; // soon wraps to negative numbers
    const irs = setup.irs ?? -300; // soon wraps to positive ones
    this.#origins = { out: { sender: iss, receiver: irs }, in: { sender: irs, receiver: iss } };
    this.tcb = newTcb({
      family: 4,
      mtu: 1040,
      receiveBuffer: 65535,
      ...setup,
      iss,
      config: { ...linuxTcp, ...plain, ...setup.config },
      world: {
        transmit: (tcb, segment) => {
          const copy = { ...segment, sack: [...segment.sack] };
          const payload = new Uint8Array(segment.payloadLength);
          tcb.sendRing.copyTo(segment.payloadOffset, segment.payloadLength, payload, 0);
          const start = (segment.sequence - iss) | 0;
          if (!holdsPattern(payload, start)) throw new Error(`wrong bytes at ${start}`);
          this.#sent.push({
            full: formatSegment(copy, this.#origins.out),
            like: (like) => formatSegment(copy, this.#origins.out, like),
          });
        },
        notify: (_tcb, event) => void this.events.push(event),
      },
    });
  }

  /** Active OPEN. */
  connects(): this {
    openActive(this.tcb, this.now);
    return this.#flush();
  }

  /** A listener takes this SYN. */
  accepts(syn: string): this {
    openPassive(this.tcb, parseSegment(syn, this.#origins.in).segment, this.now);
    return this.#flush();
  }

  /** Segments arrive in one batch; output follows. */
  peer(...texts: string[]): this {
    return this.glued(0, ...texts);
  }

  /** As `peer`, for segments glued of others with `segmentSize` bytes each. */
  glued(segmentSize: number, ...texts: string[]): this {
    for (const text of texts) {
      const { segment, payload } = parseSegment(text, this.#origins.in);
      this.drop = segmentArrives(this.tcb, segment, payload, this.now, { ecn: 0, segmentSize });
    }
    return this.#flush();
  }

  /** SEND of `count` bytes; says how many are taken. */
  writes(count: number, flags = 0, taken = count): this {
    const bytes = pattern(this.#written, count);
    expect(send(this.tcb, bytes, 0, count, this.now, flags)).toBe(taken);
    this.#written += taken;
    return this.#flush();
  }

  writesUrgent(count: number): this {
    return this.writes(count, sendFlags.urgent);
  }

  /** RECEIVE of at most `most` bytes gives `count`, and the right ones. */
  reads(most: number, count = most): this {
    const into = new Uint8Array(most);
    expect(receive(this.tcb, into, this.now)).toBe(count);
    expect(holdsPattern(into.subarray(0, count), this.#read)).toBe(true);
    this.#read += count;
    return this.#flush();
  }

  closes(): this {
    close(this.tcb, this.now);
    return this.#flush();
  }

  shuts(): this {
    shutdownSend(this.tcb, this.now);
    return this.#flush();
  }

  shutsReceiving(): this {
    shutdownReceive(this.tcb);
    return this.#flush();
  }

  aborts(): this {
    abort(this.tcb, this.now);
    return this.#flush();
  }

  configures(change: Partial<ConnectionOptions>): this {
    configure(this.tcb, change, this.now);
    return this.#flush();
  }

  /** An ICMP error about our segment at relative sequence number `sequence`. */
  icmp(errno: TcpIcmpError["errno"], hard: boolean, sequence: number): this {
    icmpArrives(this.tcb, { errno, hard, sequence: (this.tcb.iss + sequence) | 0 }, this.now);
    return this.#flush();
  }

  pathMtu(mtu: number): this {
    pathMtuChanged(this.tcb, mtu, this.now);
    return this.#flush();
  }

  /** Time passes; every deadline in it is met. */
  after(milliseconds: number): this {
    const end = this.now + milliseconds;
    for (let next = nextDeadline(this.tcb); next <= end; next = nextDeadline(this.tcb)) {
      this.now = Math.max(next, this.now);
      expire(this.tcb, this.now);
      this.#flush();
    }
    this.now = end;
    return this;
  }

  /** Time passes up to the next deadline, which must be `milliseconds` ahead, and which is met. */
  next(milliseconds: number): this {
    expect(nextDeadline(this.tcb) - this.now).toBeCloseTo(milliseconds, 6);
    return this.after(nextDeadline(this.tcb) - this.now);
  }

  /** Exactly these segments were sent since the last `sends`. Windows and options count where they are named. */
  sends(...texts: string[]): this {
    const sent = this.#sent.splice(0);
    const seen = sent.map(({ full, like }, i) => (texts[i] === undefined ? full : like(texts[i])));
    expect(seen).toEqual(texts);
    return this;
  }

  sendsNothing(): this {
    return this.sends();
  }

  /** Forgets what was sent so far. */
  skips(): this {
    this.#sent.length = 0;
    return this;
  }

  is(state: TcpState): this {
    expect(this.tcb.state).toBe(state);
    return this;
  }

  /** Exactly these events since the last `hears`. */
  hears(...events: TcpEvent[]): this {
    expect(this.events.splice(0)).toEqual(events);
    return this;
  }

  drops(reason: TcpDrop | undefined): this {
    expect(this.drop).toBe(reason);
    return this;
  }

  fails(error: Tcb["error"]): this {
    expect(this.tcb.error).toBe(error);
    return this;
  }

  /** The peer's stream has ended. */
  finished(): this {
    expect(peerFinished(this.tcb)).toBe(true);
    return this;
  }

  /** Deadlines that are set, as milliseconds from now. */
  timers(expected: Record<string, number>): this {
    const deadlines = Object.entries(snapshot(this.tcb).deadlines);
    expect(Object.fromEntries(deadlines.map(([name, at]) => [name, at - this.now]))).toEqual(expected);
    return this;
  }

  /** Fields of the snapshot. */
  shows(fields: object): this {
    expect(snapshot(this.tcb)).toMatchObject(fields);
    return this;
  }

  #flush(): this {
    output(this.tcb, this.now);
    return this;
  }
}

/** A connection brought into `state` by segments; nothing sent or heard so far is remembered. */
export function endpoint(state: TcpState, setup: Setup = {}): Endpoint {
  const it = new Endpoint(setup);
  const win = setup.win ?? 65535;
  const syn = setup.syn ?? `win ${win} <mss 1000>`;
  const open = (): Endpoint => it.connects().peer(`S. 0:0(0) ack 1 ${syn}`);
  const windowed = (text: string): Endpoint => it.peer(`${text} win ${win}`);
  switch (state) {
    case "CLOSED":
      break;
    case "LISTEN":
      throw new TypeError("a listener has no TCB");
    case "SYN-SENT":
      it.connects();
      break;
    case "SYN-RECEIVED":
      it.accepts(`S 0:0(0) ${syn}`);
      break;
    case "ESTABLISHED":
      open();
      break;
    case "FIN-WAIT-1":
      open().shuts();
      break;
    case "FIN-WAIT-2":
      open().shuts();
      windowed(". 1:1(0) ack 2");
      break;
    case "CLOSE-WAIT":
      open();
      windowed("F. 1:1(0) ack 1");
      break;
    case "CLOSING":
      open().shuts();
      windowed("F. 1:1(0) ack 1");
      break;
    case "LAST-ACK":
      open();
      windowed("F. 1:1(0) ack 1").shuts();
      break;
    case "TIME-WAIT":
      open().shuts();
      windowed("F. 1:1(0) ack 2");
  }
  it.is(state).skips();
  it.events.length = 0;
  return it;
}
