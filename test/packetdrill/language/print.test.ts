import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseScript } from "../../../src/packetdrill/language/grammar/parse.ts";
import { printScript, printSeconds } from "../../../src/packetdrill/language/print/print.ts";
import type { Packet, TcpOption } from "../../../src/packetdrill/language/script/packets.ts";
import type {
  Call,
  Event,
  EventTime,
  Expression,
  Script,
} from "../../../src/packetdrill/language/script/script.ts";
import { scriptOf, withoutPlaces } from "../support/parse.ts";

const again = (script: Script): Script => scriptOf(printScript(script), { dialect: script.dialect });

test("a script prints as one event a line", () => {
  const text = `--mtu=1400
--define=A="b c"
--ip_version="ipv4-mapped-ipv6"
\`prepare\`
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0.1...0.25 accept(3, ..., ...) = -1 EAGAIN (try again)
+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0
+0 < [ect0, flowlabel 0x5] S 0:0(0) win 100 <mss 1000,nop,nop,TS val 1 ecr 0>
1~1.5 > S. 0:0(0) ack 1 <...>
* > [tos 0x10] icmp unreachable port_unreachable mtu 5 [1:2(1)]
+0 < udp 5 > 6 (10)
+0 %{ assert tcpi_rto == 1 }%
\`clean\`
`;
  expect(printScript(scriptOf(text))).toBe(text);
});

test("so does one of nplab's", () => {
  const text = `0 < sctp(bad_crc32c, tag=5): DATA[flgs=BE, len=17, tsn=1, sid=0, ssn=0, ppid=0]; ABORT[flgs=T]
+0 > 1 > 2 sctp /udp(3 > 4): INIT[flgs=0, tag=1, a_rwnd=..., os=1, is=1, tsn=5, ...]
+0 < sctp: [1, 2, 3]
+0 > [dscp 0x2e] . ...(5) ack 1 <exp-FO 1234,AccECN1 ee1b 1,gen-5 01>
+0 > . 5:5(0)! <020405b4>
+0 < udplite (5, 8)
+0 < sctp: ERROR[flgs=0, PROTOCOL_VIOLATION[info="a \\"quoted\\" word"]]
`;
  expect(printScript(scriptOf(text, { dialect: "nplab" }))).toBe(text);
});

test("every whole number of microseconds comes back as it was", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (time) => {
      expect(Math.trunc(Number(printSeconds(time)) * 1e6)).toBe(time);
    }),
  );
});

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const at = fc.constant(0);

const time: fc.Arbitrary<EventTime> = fc.oneof(
  fc.record({ form: fc.constantFrom("absolute", "relative"), start: u32 }),
  fc.record({ form: fc.constantFrom("absolute-range", "relative-range"), start: u32, end: u32 }),
  fc.constant({ form: "any" } as const),
);

const option: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.record({ kind: fc.constantFrom("nop", "eol", "sackOK") }),
  fc.record({ kind: fc.constantFrom("mss", "wscale"), value: u16 }),
  fc.record({
    kind: fc.constant("sack"),
    blocks: fc.array(fc.record({ left: u32, right: u32 }), { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("TS"), val: u32, ecr: u32, literalEcr: fc.constant(false) }),
  fc.record({
    kind: fc.constantFrom("FO", "FOEXP"),
    cookie: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("hex")),
  }),
);

const packet: fc.Arbitrary<Packet> = fc.record({
  ...{ kind: fc.constant("packet"), at, outer: fc.constant([]) },
  direction: fc.constantFrom("inbound", "outbound"),
  ip: fc.record({ ecn: fc.constantFrom("ect0", "ect1", "ce"), flowLabel: u16 }, { requiredKeys: [] }),
  content: fc.oneof(
    fc.record(
      {
        protocol: fc.constant("tcp" as const),
        flags: fc.constantFrom("S", "S.", ".", "FP.", "-", "SEWA.", "P.5"),
        seq: fc.record({ start: u32, end: u32, length: u16, form: fc.constant("relative" as const) }),
        ...{ ack: u32, win: u16, urg: u16 },
        options: fc.oneof(fc.constant(null), fc.array(option, { maxLength: 5 })),
      },
      { requiredKeys: ["protocol", "flags", "seq", "options"] },
    ),
    fc.record({ protocol: fc.constant("udp" as const), length: u16 }),
    fc.record(
      {
        protocol: fc.constant("icmp" as const),
        type: fc.constantFrom("unreachable", "echo_request", "type_5"),
        code: fc.constantFrom("port_unreachable", "code_7"),
        ...{ mtu: u16, id: u16 },
        echoed: fc.record({ protocol: fc.constantFrom("udp", "raw"), length: u16 }),
      },
      { requiredKeys: ["protocol", "type"] },
    ),
  ),
});

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3 },
    fc.record({ type: fc.constantFrom("ellipsis", "null"), at }),
    fc.record({ type: fc.constant("integer" as const), at, value: fc.integer() }),
    fc.record({ type: fc.constant("symbol" as const), at, name: fc.constantFrom("SOL_SOCKET", "A_1", "x") }),
    fc.record({
      type: fc.constant("list" as const),
      at,
      items: fc.array(tie("expression"), { maxLength: 3 }),
    }),
    fc.record({
      type: fc.constant("buffer" as const),
      at,
      base: tie("expression"),
      length: tie("expression"),
    }),
    fc.record({
      ...{ type: fc.constant("struct" as const), at },
      fields: fc.array(fc.record({ at, name: fc.constantFrom("fd", "onoff"), value: tie("expression") }), {
        ...{ minLength: 1, maxLength: 3 },
      }),
    }),
  ) as fc.Arbitrary<Expression>,
}));

const call: fc.Arbitrary<Call> = fc.record(
  {
    ...{ kind: fc.constant("call"), at, end: u32, name: fc.constantFrom("read", "socket") },
    args: fc.array(expression, { maxLength: 4 }),
    result: fc.record({ type: fc.constant("integer"), at, value: fc.integer() }),
    note: fc.constantFrom("one", "two words"),
  },
  { requiredKeys: ["kind", "at", "name", "args", "result"] },
);

const event: fc.Arbitrary<Event> = fc.record({ at, time, action: fc.oneof(packet, call) });

describe("reading what was printed", () => {
  test("gives the same tree, whatever the tree", () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 8 }), (events) => {
        const script: Script = { dialect: "google", options: [], events };
        expect(withoutPlaces(again(script))).toEqual(withoutPlaces(script));
      }),
      { numRuns: 200 },
    );
  });

  test("any text is read or refused, and never throws", () => {
    const words = [
      "0 ",
      "+1 ",
      "* ",
      "> ",
      "< ",
      "S. ",
      "1:1(0) ",
      "ack 1 ",
      "<mss 5> ",
      "f(",
      ") = 0 ",
      "[",
      "{",
      "`",
      '"',
    ];
    const noise = fc.oneof(
      fc.constantFrom(...words),
      fc.string({ maxLength: 4 }),
      fc.constantFrom("\n", "sctp: ", "DATA["),
    );
    fc.assert(
      fc.property(
        fc.array(noise, { maxLength: 30 }),
        fc.constantFrom("google", "nplab"),
        (parts, dialect) => {
          const parsed = parseScript(parts.join(""), { dialect });
          expect(parsed.script === undefined).toBe(parsed.errors.length > 0);
        },
      ),
      { numRuns: 500 },
    );
  });
});
