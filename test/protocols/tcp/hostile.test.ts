/** Whatever a peer, a forger or a user does: no exception, no broken promise, nothing unbounded. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  abort,
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
  receive,
  resetFor,
  rfcTcp,
  segmentArrives,
  send,
  setReceiveBuffer,
  setSendBuffer,
  shutdownReceive,
  shutdownSend,
  snapshot,
  type Tcb,
  timeWaitArrives,
  timeWaitOf,
} from "../../../src/protocols/tcp/connection.ts";
import type { TcpSegment } from "../../../src/wire/tcp.ts";
import { broken } from "./support/invariants.ts";

/** A number near one that matters, or any. */
const near = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 3, arbitrary: fc.integer({ min: -4000, max: 4000 }) },
  { weight: 1, arbitrary: fc.integer() },
);

const arrival = fc.record({
  kind: fc.constant("segment" as const),
  base: fc.constantFrom("rcvNxt", "edge", "irs", "hole"),
  sequence: near,
  ackBase: fc.constantFrom("sndUna", "sndNxt", "iss"),
  acknowledgment: near,
  flags: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(0x10, 0x18, 0x11, 0x19, 0x30) },
    { weight: 2, arbitrary: fc.constantFrom(0x02, 0x12, 0x04, 0x14, 0x03, 0x13) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 511 }) },
  ),
  length: fc.constantFrom(0, 0, 1, 10, 999, 1448, 3000, 60_000),
  window: fc.constantFrom(0, 1, 100, 1000, 65_535, 65_535),
  urgentPointer: fc.integer({ min: 0, max: 65_535 }),
  mss: fc.constantFrom(0, 1, 536, 1460, 65_535),
  windowScale: fc.integer({ min: -1, max: 255 }),
  sackPermitted: fc.boolean(),
  timestamps: fc.boolean(),
  value: near,
  echo: near,
  sack: fc.array(fc.tuple(near, near), { maxLength: 4 }),
  segmentSize: fc.constantFrom(0, 1, 1000),
});

const call = fc.oneof(
  fc.record({
    kind: fc.constant("send" as const),
    count: fc.integer({ min: 0, max: 9000 }),
    flags: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({ kind: fc.constant("receive" as const), count: fc.integer({ min: 0, max: 9000 }) }),
  fc.record({
    kind: fc.constant("wait" as const),
    time: fc.constantFrom(0, 1, 40, 200, 1000, 60_000, 3_600_000),
  }),
  fc.record({ kind: fc.constant("shut" as const) }),
  fc.record({ kind: fc.constant("deaf" as const) }),
  fc.record({ kind: fc.constant("mtu" as const), mtu: fc.constantFrom(0, 68, 576, 1500, 9000) }),
  fc.record({ kind: fc.constant("icmp" as const), sequence: near, hard: fc.boolean() }),
  fc.record({ kind: fc.constant("buffers" as const), bytes: fc.constantFrom(1, 2000, 100_000) }),
  fc.record({
    kind: fc.constant("configure" as const),
    change: fc.constantFrom(
      { noDelay: true },
      { cork: true },
      { cork: false },
      { keepAlive: true, keepIdle: 1000, keepInterval: 100 },
      { keepAlive: false },
      { userTimeout: 5000 },
      { maxSegment: 88 },
      { quickAck: true },
    ),
  }),
);

const ending = fc.oneof(
  fc.record({ kind: fc.constant("close" as const) }),
  fc.record({ kind: fc.constant("abort" as const) }),
);

const step = fc.oneof(
  { weight: 12, arbitrary: arrival },
  { weight: 8, arbitrary: call },
  { weight: 1, arbitrary: ending },
);

type Arrival = typeof arrival extends fc.Arbitrary<infer T> ? T : never;
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function segmentOf(tcb: Tcb, from: Arrival): TcpSegment {
  const hole =
    tcb.outOfOrder !== undefined && tcb.outOfOrder.count > 0 ? tcb.outOfOrder.start(0) : tcb.rcvNxt;
  const bases = { rcvNxt: tcb.rcvNxt, edge: tcb.rcvNxt + tcb.rcvWnd, irs: tcb.irs, hole };
  return {
    ...from,
    sourcePort: 1,
    destinationPort: 2,
    checksum: 0,
    sequence: (bases[from.base as keyof typeof bases] + from.sequence) | 0,
    acknowledgment: (tcb[from.ackBase as "sndUna" | "sndNxt" | "iss"] + from.acknowledgment) | 0,
    timestampValue: (tcb.tsRecent + from.value) | 0,
    timestampEcho: from.echo | 0,
    sack: from.sack.flatMap(([start, end]) => [
      (tcb.sndUna + start * 100) | 0,
      (tcb.sndUna + start * 100 + end * 100) | 0,
    ]),
    optionsStart: 0,
    payloadStart: 0,
    payloadEnd: from.length,
  };
}

const text = new Uint8Array(60_000);
const into = new Uint8Array(9000);

function act(tcb: Tcb, what: Step, now: number): number {
  switch (what.kind) {
    case "segment": {
      const segment = segmentOf(tcb, what);
      const drop = segmentArrives(tcb, segment, text, now, { ecn: 0, segmentSize: what.segmentSize });
      if (drop === "closed") resetFor(segment);
      if (tcb.state === "TIME-WAIT") timeWaitArrives(timeWaitOf(tcb), segment, now);
      return now;
    }
    case "send":
      send(tcb, text, 0, what.count, now, what.flags);
      return now;
    case "receive":
      receive(tcb, into.subarray(0, what.count), now);
      return now;
    case "wait":
      return wait(tcb, now, now + what.time);
    case "shut":
      shutdownSend(tcb, now);
      return now;
    case "deaf":
      shutdownReceive(tcb);
      return now;
    case "mtu":
      pathMtuChanged(tcb, what.mtu, now);
      return now;
    case "icmp":
      icmpArrives(
        tcb,
        { errno: "EHOSTUNREACH", hard: what.hard, sequence: (tcb.sndUna + what.sequence) | 0 },
        now,
      );
      return now;
    case "buffers":
      setReceiveBuffer(tcb, what.bytes);
      setSendBuffer(tcb, what.bytes);
      return now;
    case "configure":
      configure(tcb, what.change, now);
      return now;
    case "close":
      close(tcb, now);
      return now;
    case "abort":
      abort(tcb, now);
      return now;
  }
}

/** Every deadline up to `end`; none comes so often that time stands still. */
function wait(tcb: Tcb, now: number, end: number): number {
  let rings = 0;
  for (let next = nextDeadline(tcb); next <= end; next = nextDeadline(tcb)) {
    expire(tcb, Math.max(next, now));
    output(tcb, Math.max(next, now));
    if (++rings > 50_000) throw new Error("time stands still");
  }
  return end;
}

interface Beginning {
  readonly active: boolean;
  readonly strict: boolean;
  readonly options: boolean;
  readonly tso: boolean;
  readonly iss: number;
  readonly irs: number;
}

/** Most segments one event may cause: a window of the smallest ones, and some. */
const burstLimit = 40_000;

function live(beginning: Beginning, steps: readonly Step[]): void {
  let burst = 0;
  const ends: string[] = [];
  const profile = beginning.strict ? rfcTcp : linuxTcp;
  const options = {
    timestamps: beginning.options,
    sack: beginning.options,
    windowScaling: beginning.options,
  };
  const tcb = newTcb({
    config: { ...profile, ...options, outOfOrderLimit: 8 },
    world: {
      transmit: (from, segment) => {
        burst++;
        from.sendRing.copyTo(
          segment.payloadOffset,
          segment.payloadLength,
          new Uint8Array(segment.payloadLength),
          0,
        );
      },
      notify: (_tcb, event) => {
        if (event === "closed") ends.push(event);
      },
    },
    family: 4,
    mtu: 1500,
    iss: beginning.iss,
    sendBuffer: 40_000,
    receiveBuffer: 10_000,
    maxSegmentPayload: beginning.tso ? 65_000 : 0,
  });
  let now = 5000;
  const syn = {
    ...segmentOf(tcb, blankArrival),
    sequence: beginning.irs,
    flags: 0x02,
    mss: 1000,
    windowScale: 2,
    sackPermitted: true,
    timestamps: true,
  };
  if (beginning.active) openActive(tcb, now);
  else openPassive(tcb, syn, now);
  output(tcb, now);
  const second = beginning.active
    ? { ...syn, flags: 0x12, acknowledgment: tcb.sndNxt }
    : { ...syn, sequence: (beginning.irs + 1) | 0, flags: 0x10, acknowledgment: tcb.sndNxt };
  segmentArrives(tcb, second, text, now);
  output(tcb, now);
  expect(tcb.state).toBe("ESTABLISHED");
  for (const what of steps) {
    burst = 0;
    now = act(tcb, what, now);
    output(tcb, now);
    const wrong = broken(tcb);
    if (wrong.length > 0) throw new Error(`${wrong.join("; ")}: ${JSON.stringify(snapshot(tcb))}`);
    if (burst > burstLimit) throw new Error(`${burst} segments at once`);
  }
  abort(tcb, now);
  output(tcb, now);
  expect([tcb.state, ends, broken(tcb)]).toEqual(["CLOSED", ["closed"], []]);
}

const blankArrival: Arrival = {
  kind: "segment",
  base: "irs",
  sequence: 0,
  ackBase: "iss",
  acknowledgment: 0,
  flags: 0,
  length: 0,
  window: 65_535,
  urgentPointer: 0,
  mss: 0,
  windowScale: -1,
  sackPermitted: false,
  timestamps: false,
  value: 0,
  echo: 0,
  sack: [],
  segmentSize: 0,
};

const beginning: fc.Arbitrary<Beginning> = fc.record({
  active: fc.boolean(),
  strict: fc.boolean(),
  options: fc.boolean(),
  tso: fc.boolean(),
  iss: fc.oneof(fc.integer(), fc.constantFrom(0, -1, 0x7fffffff, -0x80000000)),
  irs: fc.oneof(fc.integer(), fc.constantFrom(0, -1, 0x7fffffff, -0x80000000)),
});

/** A longer run, or another: TCP_FUZZ_RUNS=100000 TCP_FUZZ_SEED=7. */
const { TCP_FUZZ_RUNS = "1500", TCP_FUZZ_SEED = "20260101" } = process.env;

describe("hostile input", () => {
  test("breaks no promise of a TCB", () => {
    fc.assert(fc.property(beginning, fc.array(step, { maxLength: 60 }), live), {
      numRuns: Number(TCP_FUZZ_RUNS),
      seed: Number(TCP_FUZZ_SEED),
    });
  });
});
