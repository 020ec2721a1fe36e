/** Expectations in one form: a packet of a script here, and what those made of objects share. */
import { printPacket } from "../../packetdrill/language/print/packets.ts";
import type { Content, IpAnnotations, Packet } from "../../packetdrill/language/script/packets.ts";
import { comparePacket } from "../../packetdrill/packets/compare.ts";
import type { Seen } from "../../packetdrill/packets/packet-parse.ts";
import { dialectOf } from "./lines.ts";
import type { Expectation, Wanted } from "./wanted.ts";

/** A packet of a script, as the real tools compare it; but that its payload may be anything. */
export function expectPacket(packet: Packet): Expectation {
  const { content } = packet;
  return {
    protocol: content.protocol,
    length: content.protocol === "tcp" ? content.seq.length : undefined,
    line: () => printPacket(packet, dialectOf(packet)),
    mistake: ({ seen }) => payloadMistake(content, seen) ?? comparePacket(packet, anyPayload(seen)),
    packet,
  };
}

export function payloadMistake(expected: Content, { packet: { content } }: Seen): string | undefined {
  if (expected.protocol !== "tcp" || content.protocol !== "tcp") return undefined;
  const [wanted, got] = [expected.seq.length, content.seq.length];
  return wanted === got ? undefined : `live packet payload: expected ${wanted} bytes vs actual ${got} bytes`;
}

/** Real tools want zeros; programs in tests send what they like. */
export function anyPayload(seen: Seen): Seen {
  return seen.flaw?.startsWith("payload") ? { ...seen, flaw: undefined } : seen;
}

/** What an object says beside the fields of its protocol: those of the IP header. */
export function annotations(wanted: IpAnnotations): IpAnnotations {
  const names = ["ecn", "tos", "dscp", "ttl", "flowLabel"] as const;
  return Object.fromEntries(
    names.filter((name) => wanted[name] !== undefined).map((name) => [name, wanted[name]]),
  );
}

/** The value itself, or what came where there is only a question or nothing. */
export function literal<Value>(wanted: Wanted<Value> | undefined, came: Value): Value {
  return wanted === undefined || typeof wanted === "function" ? came : wanted;
}

export function isQuestion<Value>(wanted: Wanted<Value> | undefined): wanted is (value: Value) => boolean {
  return typeof wanted === "function";
}

/** The first question with no for an answer. */
export function unanswered(
  questions: readonly (readonly [name: string, wanted: unknown, came: unknown])[],
): string | undefined {
  for (const [name, wanted, came] of questions) {
    if (!isQuestion(wanted as Wanted<unknown>)) continue;
    const ask = wanted as (value: unknown) => boolean;
    if (!ask(came)) return `${name}: ${JSON.stringify(came)} is not as asked for, ${sourceOf(ask)}`;
  }
  return undefined;
}

function sourceOf(ask: (value: unknown) => boolean): string {
  const text = String(ask).replace(/\s+/g, " ");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

export function comparePayload(wanted: Uint8Array | undefined, came: Uint8Array): string | undefined {
  if (wanted === undefined) return undefined;
  for (let at = 0; at < Math.max(wanted.length, came.length); at++) {
    if (wanted[at] === came[at]) continue;
    return `payload byte ${at}: expected ${shownByte(wanted[at])} vs actual ${shownByte(came[at])}`;
  }
  return undefined;
}

function shownByte(byte: number | undefined): string {
  return byte === undefined ? "none" : `0x${byte.toString(16).padStart(2, "0")}`;
}

/** The packet that came, but for what is expected. */
export function packetLike({ packet }: Seen, ip: IpAnnotations, content: Content): Packet {
  return { ...packet, ip, content };
}
