/** Two TCPs back to back, with nothing between them but slots of memory: what the machine itself costs. */
import {
  expire,
  linuxTcp,
  newTcb,
  nextDeadline,
  openActive,
  openPassive,
  output,
  receive,
  segmentArrives,
  send,
  type Tcb,
  type TcpOptions,
} from "../../../../src/protocols/tcp/connection.ts";
import type { TcpSegment } from "../../../../src/wire/tcp.ts";

interface Slot {
  readonly bytes: Uint8Array;
  readonly segment: TcpSegment;
  segmentSize: number;
}

export class Loop {
  readonly client: Tcb;
  readonly server: Tcb;
  now = 0;
  /** Segments with text, and without. */
  dataSegments = 0;
  pureAcks = 0;
  received = 0;
  readonly #free: Slot[] = [];
  readonly #toServer: Slot[] = [];
  readonly #toClient: Slot[] = [];
  readonly #slotSize: number;
  readonly #into = new Uint8Array(65_536);
  readonly #info = { ecn: 0, segmentSize: 0 };

  constructor(options: Partial<TcpOptions> = {}) {
    this.#slotSize = Math.max(options.maxSegmentPayload ?? 0, options.mtu ?? 1500);
    this.client = this.#make(this.#toServer, 1, options);
    this.server = this.#make(this.#toClient, -1000, options);
    openActive(this.client, this.now);
    output(this.client, this.now);
    openPassive(this.server, this.#toServer[0]!.segment, this.now);
    this.#free.push(this.#toServer.pop()!);
    output(this.server, this.now);
    this.#deliver(this.#toClient, this.client);
    output(this.client, this.now);
    this.#deliver(this.#toServer, this.server);
  }

  #make(queue: Slot[], iss: number, options: Partial<TcpOptions>): Tcb {
    return newTcb({
      config: linuxTcp,
      family: 4,
      mtu: 1500,
      ...options,
      iss,
      world: {
        transmit: (tcb, out) => {
          const slot = this.#free.pop() ?? newSlot(this.#slotSize);
          copyHeader(out, slot.segment);
          slot.segment.payloadEnd = out.payloadLength;
          slot.segmentSize = out.segmentSize;
          if (out.payloadLength > 0) {
            tcb.sendRing.copyTo(out.payloadOffset, out.payloadLength, slot.bytes, 0);
            this.dataSegments++;
          } else this.pureAcks++;
          queue.push(slot);
        },
        notify: () => undefined,
      },
    });
  }

  /** Sends `count` bytes in writes of `chunk`, one batch each way a turn of 0.05 ms. */
  run(count: number, chunk: Uint8Array): void {
    const goal = this.received + count;
    for (let left = count; this.received < goal; ) {
      this.now += 0.05;
      if (nextDeadline(this.client) <= this.now) expire(this.client, this.now);
      if (nextDeadline(this.server) <= this.now) expire(this.server, this.now);
      while (left > 0) {
        const most = Math.min(chunk.length, left);
        const taken = send(this.client, chunk, 0, most, this.now);
        left -= taken;
        if (taken < most) break;
      }
      output(this.client, this.now);
      this.#deliver(this.#toServer, this.server);
      this.#read();
      output(this.server, this.now);
      this.#deliver(this.#toClient, this.client);
    }
  }

  #read(): void {
    for (let count = this.#into.length; count === this.#into.length; ) {
      count = receive(this.server, this.#into, this.now);
      this.received += count;
    }
  }

  #deliver(queue: Slot[], tcb: Tcb): void {
    for (const slot of queue) {
      this.#info.segmentSize = slot.segmentSize;
      segmentArrives(tcb, slot.segment, slot.bytes, this.now, this.#info);
      this.#free.push(slot);
    }
    queue.length = 0;
  }
}

function newSlot(size: number): Slot {
  const segment = {
    sourcePort: 0,
    destinationPort: 0,
    sequence: 0,
    acknowledgment: 0,
    flags: 0,
    window: 0,
    checksum: 0,
    urgentPointer: 0,
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    timestampValue: 0,
    timestampEcho: 0,
    sack: [],
    optionsStart: 0,
    payloadStart: 0,
    payloadEnd: 0,
  };
  return { bytes: new Uint8Array(size), segment, segmentSize: 0 };
}

function copyHeader(
  from: Omit<TcpSegment, "optionsStart" | "payloadStart" | "payloadEnd">,
  to: TcpSegment,
): void {
  to.sequence = from.sequence;
  to.acknowledgment = from.acknowledgment;
  to.flags = from.flags;
  to.window = from.window;
  to.urgentPointer = from.urgentPointer;
  to.mss = from.mss;
  to.windowScale = from.windowScale;
  to.sackPermitted = from.sackPermitted;
  to.timestamps = from.timestamps;
  to.timestampValue = from.timestampValue;
  to.timestampEcho = from.timestampEcho;
  to.sack = from.sack;
}
