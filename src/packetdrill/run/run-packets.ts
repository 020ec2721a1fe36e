/** Packets of a script: sending them to the stack, and waiting for those it expects. */
import { tcpFlags } from "../../wire/tcp.ts";
import { printPacket } from "../language/print/packets.ts";
import type { Content, Echoed, Packet, Tcp } from "../language/script/packets.ts";
import type { Event, Microseconds } from "../language/script/script.ts";
import { continues, merge, payloadOf } from "../packets/aggregate.ts";
import { comparePacket } from "../packets/compare.ts";
import { type Envelope, reversed } from "../packets/envelope.ts";
import { emitPacket } from "../packets/packet-emit.ts";
import { parsePacket, type Seen } from "../packets/packet-parse.ts";
import { flagsOf, quotedToWire, toScript, toWire } from "../packets/tcp-numbers.ts";
import type { Connection } from "./connection.ts";
import { fail, unsupported } from "./failure.ts";
import type { RunState, Wait } from "./run-state.ts";
import { deadlineOf, judgePacket, type Schedule } from "./time.ts";

/** How long a packet that may come at any time is waited for. */
const patience: Microseconds = 600e6;

/** The packet goes to the stack, from the remote host. Before both ports are known it would reach nobody. */
export function sendPacket(state: RunState, packet: Packet): void {
  const connection = state.tracker.inbound(packet) ?? state.tracker.stranger();
  const { content } = packet;
  if (connection.endpoints.sourcePort === 0 && content.protocol !== "icmp" && packet.ports === undefined)
    return;
  const live = { ...packet, content: liveContent(state, content, connection) };
  const bytes = emitPacket(live, reversed(envelopeOf(state, connection)), { quoted: quoteFor(connection) });
  if (typeof bytes === "string") {
    const reason = bytes.replace(/^unsupported: /, "");
    if (reason === bytes) fail(reason);
    unsupported(reason);
  }
  state.device.inject(bytes);
}

function envelopeOf(state: RunState, connection: Connection): Envelope {
  return { family: state.options.ipVersion === "ipv6" ? 6 : 4, ...connection.endpoints };
}

/** What an ICMP error is about where the script does not say: the first packet of the connection. */
function quoteFor({ protocol, liveLocal }: Connection): Echoed {
  if (protocol === "udp") return { protocol: "udp", length: 0 };
  const seq = { start: liveLocal, end: liveLocal, length: 0, form: "relative" } as const;
  return { protocol: "tcp", seq };
}

function liveContent(state: RunState, content: Content, connection: Connection): Content {
  if (content.protocol === "icmp" && content.echoed?.protocol === "tcp") {
    return { ...content, echoed: { protocol: "tcp", seq: quotedToWire(content.echoed.seq, connection) } };
  }
  return content.protocol === "tcp" ? echoing(state, toWire(content, connection)) : content;
}

/** A segment with ACK echoes a timestamp the stack has sent, under the name the script has for it. */
function echoing(state: RunState, tcp: Tcp): Tcp {
  if (!Array.isArray(tcp.options) || (flagsOf(tcp) & tcpFlags.ACK) === 0) return tcp;
  const options = tcp.options.map((option) => {
    if (option.kind !== "TS" || option.literalEcr || option.ecr === null) return option;
    const ecr = state.timestamps.echo(option.ecr, state.options.tcpTsEcrScaled);
    if (ecr !== undefined) return { ...option, ecr };
    return fail(
      `unable to infer live TS ecr for script TS ecr ${option.ecr}; no matching outbound TS val came before`,
    );
  });
  return { ...tcp, options };
}

/** Waits for the packet and compares it with what comes. */
export function* receivePacket(
  state: RunState,
  event: Event,
  packet: Packet,
  schedule: Schedule,
): Generator<Wait, void> {
  state.tracker.expected(packet);
  const until = deadlineOf(schedule) ?? state.device.now() + patience;
  const found = yield* collect(state, packet, until);
  const mistake = judge(state, event, packet, schedule, found);
  if (mistake === undefined) return;
  const detail = {
    expected: printPacket(packet, state.script.dialect),
    actual: printSeen(state, found.seen, packet),
  };
  if (!state.options.nonFatal.packet) fail(mistake, detail);
  state.warnings.push(mistake);
}

interface Found {
  /** One packet, or several as one; its numbers are the script's. */
  readonly seen: Seen;
  /** With the numbers of the wire. */
  readonly live: Seen;
  readonly time: Microseconds;
}

/** The next packet, or in Google's dialect as many as make up the payload. */
function* collect(state: RunState, packet: Packet, until: Microseconds): Generator<Wait, Found> {
  const wanted = packet.content.protocol === "tcp" ? packet.content.seq.length : 0;
  const together = state.script.dialect === "google" && !state.options.strictSegments;
  const pieces: Seen[] = [];
  let live: Seen | undefined;
  let time = 0;
  let missing = wanted;
  do {
    const next = yield* nextOfSocket(state, packet, until);
    if (next === undefined) return timedOut(state, packet, pieces);
    const seen = translated(state, next.seen, packet);
    const before = pieces.at(-1);
    const stands = before === undefined ? undefined : continues(before, seen, missing);
    if (stands !== undefined) fail(stands, lines(state, packet, merge([...pieces, seen])));
    pieces.push(seen);
    ({ seen: live, time } = next);
    missing -= payloadOf(seen);
  } while (together && missing > 0);
  return { seen: merge(pieces), live, time };
}

function timedOut(state: RunState, packet: Packet, pieces: readonly Seen[]): never {
  if (pieces.length === 0) return fail("Timed out waiting for packet", lines(state, packet, undefined));
  const seen = merge(pieces);
  const mistake = comparePacket(packet, seen) ?? "Timed out waiting for packet";
  return fail(mistake, lines(state, packet, seen));
}

/** The next captured packet of the socket under test; all others are thrown away. */
function* nextOfSocket(
  state: RunState,
  packet: Packet,
  until: Microseconds,
): Generator<Wait, { seen: Seen; time: Microseconds } | undefined> {
  const { device, tracker } = state;
  for (;;) {
    const captured = device.captured.shift();
    if (captured === undefined) {
      if (state.failure !== undefined) return undefined;
      yield { until, ready: () => device.captured.length > 0 || state.failure !== undefined };
      if (device.captured.length === 0) return undefined;
      continue;
    }
    const seen = parsePacket(captured.bytes);
    if (typeof seen === "string") {
      if (/checksum|truncated|malformed|bad-/.test(seen)) fail(`the stack sent a malformed packet: ${seen}`);
      continue;
    }
    const icmp = seen.packet.content.protocol === "icmp";
    if (icmp && packet.content.protocol !== "icmp") continue;
    if (tracker.belongs(seen)) return { seen, time: captured.time };
  }
}

/** With the numbers the script counts in; a number the script takes literally stays. */
function translated(state: RunState, seen: Seen, expected: Packet): Seen {
  const { content } = seen.packet;
  const connection = state.tracker.current;
  if (content.protocol !== "tcp" || connection === undefined) return seen;
  const tcp = toScript(content, connection);
  const literal = expected.content.protocol === "tcp" && expected.content.seq.form === "literal";
  const numbered = literal ? { ...tcp, seq: content.seq } : tcp;
  return { ...seen, packet: { ...seen.packet, content: numbered } };
}

function judge(
  state: RunState,
  event: Event,
  packet: Packet,
  schedule: Schedule,
  found: Found,
): string | undefined {
  const { seen, live, time } = found;
  if (packet.content.protocol === "tcp" && seen.packet.content.protocol === "tcp") {
    const [wanted, got] = [packet.content.seq.length, seen.packet.content.seq.length];
    if (wanted !== got) return `live packet payload: expected ${wanted} bytes vs actual ${got} bytes`;
  }
  return (
    comparePacket(packet, seen) ??
    judgeFlowLabel(state, packet, seen) ??
    judgeTimestamp(state, packet, live, schedule) ??
    judgePacket(schedule, event, time)
  );
}

/** A label of the script stands for one of the wire, and another label for another one. */
function judgeFlowLabel(state: RunState, packet: Packet, seen: Seen): string | undefined {
  const script = packet.ip.flowLabel;
  if (script === undefined || seen.envelope.family === 4) return undefined;
  const live = seen.packet.ip.flowLabel ?? 0;
  const before = state.flowLabel;
  state.flowLabel = { script, live };
  if (live === 0) return "live packet field flow_label: expected: a label vs actual: 0";
  if (before === undefined || (before.script === script) === (before.live === live)) return undefined;
  const was = `it was 0x${before.live.toString(16)} and is 0x${live.toString(16)}`;
  return `live packet field flow_label: ${was}, which the script calls 0x${before.script.toString(16)} and 0x${script.toString(16)}`;
}

/** Keeps what the script calls the timestamp, and judges it where ticks are known. */
function judgeTimestamp(state: RunState, packet: Packet, live: Seen, schedule: Schedule): string | undefined {
  const script = timestampOf(packet);
  const value = timestampOf(live.packet);
  if (script === undefined || value === undefined) return undefined;
  const { tcpTsTickUsecs, toleranceUsecs, tolerancePercent } = state.options;
  const error = state.timestamps.error(script, value, tcpTsTickUsecs);
  const tolerance = Math.max(toleranceUsecs, (tolerancePercent / 100) * schedule.start);
  state.timestamps.record(script, value);
  if (tcpTsTickUsecs === 0 || error <= tolerance) return undefined;
  return `bad outbound TCP timestamp value, off by ${error} usec, tolerance ${Math.trunc(tolerance)}`;
}

function timestampOf({ content }: Packet): number | undefined {
  if (content.protocol !== "tcp" || !Array.isArray(content.options)) return undefined;
  for (const option of content.options) if (option.kind === "TS") return option.val ?? undefined;
  return undefined;
}

function lines(
  state: RunState,
  packet: Packet,
  seen: Seen | undefined,
): { expected: string; actual?: string } {
  const expected = printPacket(packet, state.script.dialect);
  return seen === undefined ? { expected } : { expected, actual: printSeen(state, seen, packet) };
}

/** What came, as far as the script would say it: annotations only where it has some. */
function printSeen(state: RunState, seen: Seen, expected: Packet): string {
  const ip = Object.fromEntries(
    Object.entries(seen.packet.ip).filter(
      ([name]) => name in expected.ip || (name === "tos" && "ecn" in expected.ip),
    ),
  );
  const { content } = seen.packet;
  const shown = content.protocol === "tcp" ? withoutWindow(content, expected) : content;
  return printPacket({ ...seen.packet, ip, content: shown }, state.script.dialect);
}

function withoutWindow(tcp: Tcp, { content }: Packet): Tcp {
  const { win: _, urg, ack, ...rest } = tcp;
  const window =
    content.protocol === "tcp" && content.win !== undefined && tcp.win !== undefined ? { win: tcp.win } : {};
  const acknowledged = (flagsOf(tcp) & tcpFlags.ACK) !== 0 && ack !== undefined ? { ack } : {};
  return { ...rest, ...acknowledged, ...window, ...(urg ? { urg } : {}) };
}
