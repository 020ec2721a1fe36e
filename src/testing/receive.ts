/** Waiting for what is expected, taking as many packets as make it up, and judging it. */

import type { Packet, TcpOptions } from "../packetdrill/language/script/packets.ts";
import type { EventTime, Microseconds } from "../packetdrill/language/script/script.ts";
import { continues, merge, payloadOf } from "../packetdrill/packets/aggregate.ts";
import { flagsOf } from "../packetdrill/packets/tcp-numbers.ts";
import { tcpFlags } from "../wire/tcp.ts";
import { lineOf } from "./packets/lines.ts";
import { type Arrived, payloadBytes } from "./packets/seen.ts";
import type { Expectation } from "./packets/wanted.ts";
import { inScriptNumbers, type Pending, type Remote } from "./remote.ts";
import type { World } from "./world.ts";

/** What came, and its line. @throws ExpectationError */
export function receive(
  world: World,
  remote: Remote,
  time: EventTime,
  expectation: Expectation,
): [Arrived, string] {
  const { timeline } = world;
  const schedule = timeline.schedule(time, "outbound");
  const deadline = timeline.deadline(schedule);
  const pieces: Pending[] = [];
  let missing = expectation.length ?? 0;
  do {
    const piece = next(world, remote, expectation, deadline);
    if (piece === undefined) break;
    if (pieces.length === 0) nameNumbers(piece, expectation.packet);
    const stands = standsAgainst(pieces.at(-1), piece, missing);
    pieces.push(piece);
    if (stands !== undefined) return failWith(world, expectation, pieces, stands);
    missing -= payloadOf(piece.seen);
  } while (missing > 0);
  if (pieces.length === 0) return failWith(world, expectation, pieces, "Timed out waiting for packet");
  const arrived = joined(pieces);
  const mistake =
    expectation.mistake(arrived) ??
    (missing > 0 ? "Timed out waiting for the rest of it" : undefined) ??
    timeline.judge(schedule, time, arrived.time);
  if (mistake !== undefined) return failWith(world, expectation, pieces, mistake);
  keepTimestamp(remote, expectation.packet, pieces.at(-1)!);
  const line = lineOf(arrived.seen, { ip: expectation.packet?.ip ?? {} });
  world.trace.came(
    expectation.packet === undefined ? line : expectation.line(arrived.seen),
    arrived.time,
    timeline.now(),
  );
  return [arrived, line];
}

function next(
  world: World,
  remote: Remote,
  { protocol }: Expectation,
  until: Microseconds,
): Pending | undefined {
  world.settle();
  const waiting = (): Pending | undefined => remote.waiting(protocol);
  world.pass(until, () => waiting() !== undefined);
  const pending = waiting();
  if (pending !== undefined) remote.take(pending);
  return pending;
}

/** What speaks against a piece that goes on from those before it. */
function standsAgainst(before: Pending | undefined, piece: Pending, missing: number): string | undefined {
  if (before === undefined) return undefined;
  return continues(inScriptNumbers(before), inScriptNumbers(piece), missing);
}

/** A SYN of a script fixes what the test calls the stack's initial number. */
function nameNumbers({ seen, numbers }: Pending, expected: Packet | undefined): void {
  const content = expected?.content;
  const live = seen.packet.content;
  if (content?.protocol !== "tcp" || live.protocol !== "tcp") return;
  if ((flagsOf(content) & flagsOf(live) & tcpFlags.SYN) !== 0) numbers.scriptLocal = content.seq.start;
}

function joined(pieces: readonly Pending[]): Arrived {
  const last = pieces.at(-1)!;
  const payloads = pieces.map(({ seen, bytes }) => payloadBytes(seen, bytes, bytes.length));
  const seen = merge(pieces.map(inScriptNumbers));
  return { seen, bytes: last.bytes, time: last.time, payload: concatenated(payloads) };
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What the test calls a timestamp of the stack, so that it may be echoed by that name. */
function keepTimestamp(remote: Remote, expected: Packet | undefined, { seen }: Pending): void {
  const named = timestampOf(expected);
  const live = timestampOf(seen.packet);
  if (named !== undefined && live !== undefined) remote.timestamps.record(named, live);
}

function timestampOf(packet: Packet | undefined): number | undefined {
  if (packet?.content.protocol !== "tcp") return undefined;
  const options: TcpOptions = packet.content.options;
  if (options === null || typeof options === "string") return undefined;
  for (const option of options) if (option.kind === "TS") return option.val ?? undefined;
  return undefined;
}

function failWith(
  world: World,
  expectation: Expectation,
  pieces: readonly Pending[],
  mistake: string,
): never {
  const seen = pieces.length === 0 ? undefined : merge(pieces.map(inScriptNumbers));
  const expected = expectation.line(seen);
  const window = / win \d/.test(expected) ? "shown" : "left-out";
  const ip = expectation.packet?.ip ?? {};
  world.fail(mistake, expected, seen && lineOf(seen, { ip, window }));
}
