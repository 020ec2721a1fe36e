/** Two TCPs in virtual time, and a wire between them that loses, doubles, delays and reorders. */
import { expect } from "vitest";
import { type Random, seededRandom } from "../../../../src/base/random.ts";
import {
  close,
  expire,
  linuxTcp,
  newTcb,
  nextDeadline,
  type OutgoingSegment,
  openActive,
  openPassive,
  output,
  peerFinished,
  receive,
  segmentArrives,
  send,
  shutdownSend,
  snapshot,
  type Tcb,
  type TcpConfig,
  type TcpOptions,
} from "../../../../src/protocols/tcp/connection.ts";
import type { TcpSegment } from "../../../../src/wire/tcp.ts";
import { broken } from "./invariants.ts";

export interface Weather {
  /** Chances of 100 that a segment is lost, or comes twice. */
  readonly loss: number;
  readonly duplication: number;
  /** One way, and what chance adds to it: segments overtake each other. Milliseconds. */
  readonly delay: number;
  readonly jitter: number;
}

export interface Conversation {
  readonly seed: number;
  readonly weather: Weather;
  /** Bytes from the one that opens, and from the other. */
  readonly bytes: readonly [number, number];
  readonly config?: Partial<TcpConfig>;
  readonly options?: Partial<TcpOptions>;
  readonly simultaneous?: boolean;
}

interface Flight {
  readonly at: number;
  readonly order: number;
  readonly to: Side;
  readonly segment: TcpSegment;
  readonly payload: Uint8Array;
  readonly segmentSize: number;
}

class Side {
  readonly tcb: Tcb;
  readonly bytes: number;
  written = 0;
  readonly received: number[] = [];
  receivedCount = 0;
  wrong = 0;

  constructor(tcb: Tcb, bytes: number) {
    this.tcb = tcb;
    this.bytes = bytes;
  }
}

function octet(position: number): number {
  return (position * 31 + (position >>> 8)) & 0xff;
}

/** More steps than any conversation of a few hundred kilobytes takes. */
const stepLimit = 400_000;

export class Pair {
  now = 0;
  readonly sides: readonly [Side, Side];
  segments = 0;
  readonly #random: Random;
  readonly #conversation: Conversation;
  #flights: Flight[] = [];
  #order = 0;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.#random = seededRandom(conversation.seed);
    this.sides = [
      new Side(this.#make(0), conversation.bytes[0]),
      new Side(this.#make(1), conversation.bytes[1]),
    ];
  }

  #make(index: 0 | 1): Tcb {
    const { config, options } = this.#conversation;
    return newTcb({
      family: 4,
      mtu: 1500,
      ...options,
      iss: this.#random.uint32() | 0,
      config: { ...linuxTcp, ...config },
      world: {
        transmit: (tcb, segment) => this.#transmit(index, tcb, segment),
        notify: () => undefined,
      },
    });
  }

  #transmit(from: 0 | 1, tcb: Tcb, segment: OutgoingSegment): void {
    this.segments++;
    const payload = new Uint8Array(segment.payloadLength);
    tcb.sendRing.copyTo(segment.payloadOffset, segment.payloadLength, payload, 0);
    const { loss, duplication, delay, jitter } = this.#conversation.weather;
    const copies = this.#random.below(100) < loss ? 0 : this.#random.below(100) < duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      this.#flights.push({
        at: this.now + delay + (jitter > 0 ? this.#random.below(jitter * 1000) / 1000 : 0),
        order: this.#order++,
        to: this.sides[from === 0 ? 1 : 0],
        segment: {
          ...segment,
          sack: [...segment.sack],
          optionsStart: 0,
          payloadStart: 0,
          payloadEnd: payload.length,
        },
        payload,
        segmentSize: segment.segmentSize,
      });
    }
  }

  /** Opens, says everything both ways, closes; until nothing is due any more. */
  run(): this {
    const [a, b] = this.sides;
    openActive(a.tcb, this.now);
    output(a.tcb, this.now);
    if (this.#conversation.simultaneous) {
      openActive(b.tcb, this.now);
      output(b.tcb, this.now);
    }
    for (let step = 0; ; step++) {
      if (step > stepLimit)
        throw new Error(`no end: ${JSON.stringify(this.sides.map((s) => snapshot(s.tcb)))}`);
      const flightAt = this.#nextFlight();
      const next = Math.min(flightAt, nextDeadline(a.tcb), nextDeadline(b.tcb));
      if (next === Infinity && a.tcb.receiveRing.length + b.tcb.receiveRing.length === 0) return this;
      if (next !== Infinity) this.now = Math.max(this.now, next);
      for (const side of this.sides) if (nextDeadline(side.tcb) <= this.now) expire(side.tcb, this.now);
      this.#deliver();
      for (const side of this.sides) this.#use(side);
    }
  }

  #nextFlight(): number {
    let next = Infinity;
    for (const flight of this.#flights) if (flight.at < next) next = flight.at;
    return next;
  }

  #deliver(): void {
    const due = this.#flights.filter((flight) => flight.at <= this.now);
    if (due.length === 0) return;
    this.#flights = this.#flights.filter((flight) => flight.at > this.now);
    due.sort((x, y) => x.at - y.at || x.order - y.order);
    for (const { to, segment, payload, segmentSize } of due) {
      if (to.tcb.state === "CLOSED" && to.tcb.sndNxt === to.tcb.iss) {
        if ((segment.flags & 0x17) === 0x02) openPassive(to.tcb, segment, this.now);
      } else segmentArrives(to.tcb, segment, payload, this.now, { ecn: 0, segmentSize });
    }
  }

  /** What an application does: writes what it can, reads some, closes when it has said all and heard all. */
  #use(side: Side): void {
    const { tcb } = side;
    const open = tcb.state === "ESTABLISHED" || tcb.state === "CLOSE-WAIT";
    if (open && side.written < side.bytes) this.#write(side);
    if (open && side.written === side.bytes) shutdownSend(tcb, this.now);
    this.#read(side);
    if (peerFinished(tcb) && tcb.receiveRing.length === 0 && side.written === side.bytes && !tcb.orphan)
      close(tcb, this.now);
    output(tcb, this.now);
    const wrong = broken(tcb);
    if (wrong.length > 0) throw new Error(wrong.join("; "));
  }

  #write(side: Side): void {
    const count = Math.min(side.bytes - side.written, 1 + this.#random.below(8000));
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = octet(side.written + i);
    side.written += send(side.tcb, bytes, 0, count, this.now);
  }

  #read(side: Side): void {
    const into = new Uint8Array(1 + this.#random.below(20_000));
    const count = receive(side.tcb, into, this.now);
    for (let i = 0; i < count; i++) if (into[i] !== octet(side.receivedCount + i)) side.wrong++;
    side.receivedCount += count;
  }

  /** Every byte arrived once and right, both ends are done, and nothing is due. */
  isWhole(): this {
    const [a, b] = this.sides;
    expect([a.wrong, b.wrong, a.receivedCount, b.receivedCount]).toEqual([0, 0, b.bytes, a.bytes]);
    for (const { tcb } of this.sides) {
      expect(["CLOSED", "TIME-WAIT"]).toContain(tcb.state);
      expect(tcb.error).toBeUndefined();
      expect(nextDeadline(tcb)).toBe(Infinity);
    }
    return this;
  }
}
