import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quotedToWire, toScript, toWire } from "../../src/packetdrill/packets/tcp-numbers.ts";
import { Timestamps } from "../../src/packetdrill/packets/timestamps.ts";
import { contentOf } from "./support/parse.ts";

const initial = { scriptLocal: 100, liveLocal: 0xfffffff0, remote: 7000 };
const tcp = (text: string, dialect: "google" | "nplab" = "google") => contentOf("tcp", text, dialect);

describe("numbers of the script on the wire", () => {
  test("a SYN has its own, and acknowledges what the stack's is called", () => {
    expect(toWire(tcp("< S 7000:7000(0) win 1"), initial)).toMatchObject({ seq: { start: 7000 } });
    expect(toWire(tcp("< S. 7000:7000(0) ack 101 win 1"), initial)).toMatchObject({
      ...{ seq: { start: 7000 }, ack: 0xfffffff1 },
    });
  });

  test("what follows counts from both initial numbers, around 2^32", () => {
    expect(toWire(tcp("< P. 1:101(100) ack 21 win 1 <nop,nop,sack 31:41>"), initial)).toMatchObject({
      ...{ seq: { start: 7001, end: 7101 }, ack: 5 },
      options: [{}, {}, { blocks: [{ left: 15, right: 25 }] }],
    });
  });

  test("without the flag, ack is the field as it is", () => {
    expect(toWire(tcp("< R 1:1(0) ack 9 win 0"), initial).ack).toBe(9);
  });

  test("a literal one is not touched", () => {
    expect(toWire(tcp("< . 5:5(0)! ack 1 win 1", "nplab"), initial)).toMatchObject({
      seq: { start: 5 },
      ack: 0xfffffff1,
    });
  });

  test("an ICMP error quotes what the stack has sent", () => {
    const { seq } = tcp("> . 1:1001(1000)");
    expect(quotedToWire(seq, initial)).toMatchObject({ start: 0xfffffff1, end: 985 });
  });
});

describe("numbers of the wire in the script", () => {
  test("a SYN is what the script called it", () => {
    expect(toScript(tcp("> S 4294967280:4294967280(0)"), initial)).toMatchObject({ seq: { start: 100 } });
    expect(toScript(tcp("> S. 4294967280:4294967280(0) ack 7001"), initial)).toMatchObject({
      ...{ seq: { start: 100 }, ack: 7001 },
    });
  });

  test("are the inverse of those of the script", () => {
    const u32 = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(u32, u32, fc.nat(1000), u32, u32, (start, ack, length, liveLocal, remote) => {
        const end = (start + length) >>> 0;
        const segment = tcp(`> . ${start}:${end}(${length}) ack ${ack} <nop,nop,sack ${start}:${end}>`);
        const script = { scriptLocal: 0, liveLocal, remote };
        const mirrored = { scriptLocal: 0, liveLocal: remote, remote: liveLocal };
        expect(toScript(toWire(segment, mirrored), script)).toEqual(segment);
      }),
    );
  });
});

describe("timestamps", () => {
  test("are echoed by the name the script gave them", () => {
    const times = new Timestamps();
    expect(times.echo(100, false)).toBeUndefined();
    times.record(100, 5000);
    times.record(101, 5007);
    times.record(101, 5009);
    expect([times.echo(100, false), times.echo(101, false), times.echo(102, false)]).toEqual([
      5000,
      5009,
      undefined,
    ]);
  });

  test("scaled, any is, counted from the first", () => {
    const times = new Timestamps();
    times.record(100, 0xffffffff);
    expect(times.echo(103, true)).toBe(2);
  });

  test("are off by ticks from the first one", () => {
    const times = new Timestamps();
    expect(times.error(100, 5, 1000)).toBe(0);
    times.record(100, 5000);
    expect(times.error(110, 5010, 1000)).toBe(0);
    expect(times.error(110, 5013, 1000)).toBe(3000);
    expect(times.error(110, 5007, 1000)).toBe(3000);
  });
});
