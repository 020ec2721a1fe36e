/** An object's expectation of a TCP segment: what it does not name is as it comes. */
import { printTcpOptions } from "../../packetdrill/language/print/packets.ts";
import type { IpAnnotations, Tcp, TcpOption } from "../../packetdrill/language/script/packets.ts";
import { comparePacket } from "../../packetdrill/packets/compare.ts";
import type { Seen } from "../../packetdrill/packets/packet-parse.ts";
import {
  annotations,
  anyPayload,
  comparePayload,
  isQuestion,
  literal,
  packetLike,
  payloadMistake,
  unanswered,
} from "./expectations.ts";
import { lineOf } from "./lines.ts";
import { bytesOf } from "./payload.ts";
import type { Expectation, ExpectedTcp, Wanted } from "./wanted.ts";

export function expectTcp(wanted: ExpectedTcp): Expectation {
  const ip = annotations(wanted);
  const payload = wanted.payload === undefined ? undefined : bytesOf(wanted.payload);
  const length = payload?.length ?? (isQuestion(wanted.length) ? undefined : wanted.length);
  return {
    protocol: "tcp",
    length,
    line: (seen) => `${tcpLine(wanted, length, ip, seen)}`,
    mistake: ({ seen, payload: came }) => {
      const live = seen.packet.content;
      if (live.protocol !== "tcp") return undefined;
      const expected = packetLike(seen, ip, wantedTcp(wanted, length, live));
      return (
        payloadMistake(expected.content, seen) ??
        comparePacket(expected, anyPayload(seen)) ??
        unanswered(tcpQuestions(wanted, live)) ??
        comparePayload(payload, came)
      );
    },
  };
}

function wantedTcp(wanted: ExpectedTcp, length: number | undefined, live: Tcp): Tcp {
  const start = literal(wanted.seq, live.seq.start);
  const bytes = length ?? live.seq.length;
  const { win: _, ...rest } = live;
  return {
    ...rest,
    flags: literal(wanted.flags, live.flags),
    seq: { start, end: (start + bytes) >>> 0, length: bytes, form: "relative" },
    ack: literal(wanted.ack, live.ack ?? 0),
    urg: literal(wanted.urg, live.urg ?? 0),
    ...(typeof wanted.win === "number" && { win: wanted.win }),
    options: isQuestion(wanted.options) ? null : (wanted.options ?? null),
  };
}

function tcpQuestions(wanted: ExpectedTcp, live: Tcp): readonly (readonly [string, unknown, unknown])[] {
  return [
    ["tcp_flags", wanted.flags, live.flags],
    ["tcp_seq", wanted.seq, live.seq.start],
    ["payload length", wanted.length, live.seq.length],
    ["tcp_ack_seq", wanted.ack, live.ack],
    ["tcp_window", wanted.win, live.win],
    ["tcp_urg_ptr", wanted.urg, live.urg],
    ["TCP options", wanted.options, live.options],
  ];
}

/** As a script would have it; `...` for what is open and not known. */
function tcpLine(
  wanted: ExpectedTcp,
  length: number | undefined,
  ip: IpAnnotations,
  seen: Seen | undefined,
): string {
  const live = seen?.packet.content;
  if (seen !== undefined && live?.protocol === "tcp") {
    const content = wantedTcp(wanted, length, live);
    return lineOf({ packet: packetLike(seen, ip, content) }, { ip });
  }
  const open = (value: unknown): string =>
    typeof value === "number" || typeof value === "string" ? String(value) : "...";
  const parts = [">", open(wanted.flags), `${open(wanted.seq)}(${open(length)})`];
  if (wanted.ack !== undefined) parts.push(`ack ${open(wanted.ack)}`);
  if (wanted.win !== undefined) parts.push(`win ${open(wanted.win)}`);
  if (wanted.urg !== undefined) parts.push(`urg ${open(wanted.urg)}`);
  parts.push(shownOptions(wanted.options));
  return parts.filter((part) => part !== "").join(" ");
}

function shownOptions(options: Wanted<readonly TcpOption[]> | undefined): string {
  return options === undefined || isQuestion(options) ? "<...>" : printTcpOptions(options, "google");
}
