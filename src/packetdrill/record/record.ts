/**
 * A script from a capture: one conversation of TCP, UDP or SCTP, one side of it the stack under test. It is a skeleton:
 * packets are as they were, calls are such as could have caused them, and what a script should not fix is left open.
 */
import { type Address, formatAddress, parseAddress, sameAddress } from "../../base/address.ts";
import { parseScript } from "../language/grammar/parse.ts";
import { printEvent } from "../language/print/print.ts";
import type { Dialect, Event, EventTime, Microseconds } from "../language/script/script.ts";
import { parsePacket, type Seen } from "../packets/packet-parse.ts";
import type { RecordedPacket } from "./capture-file.ts";
import { recordAssociation } from "./record-sctp.ts";
import { recordConnection } from "./record-tcp.ts";
import { recordDatagrams } from "./record-udp.ts";

export interface RecordSettings {
  /** The side that is the stack under test. Left out, it is the one that was called: the packets of the caller go in. */
  readonly local?: string;
  /** Which conversation of the capture, from 0 in the order they begin. */
  readonly conversation?: number;
}

/** A packet of the conversation. */
export interface Recorded {
  readonly time: Microseconds;
  readonly outbound: boolean;
  readonly seen: Seen;
}

/** What a protocol makes of its conversation. */
export interface Recording {
  readonly dialect: Dialect;
  readonly options: readonly string[];
  /** Lines of the script without their times: those of one moment together. */
  readonly steps: readonly Step[];
}

export interface Step {
  readonly time: Microseconds;
  /** A call as text, or the action of an event. */
  readonly action: string | Event["action"];
}

/** The script, or why there is none. */
export function recordScript(
  packets: readonly RecordedPacket[],
  settings: RecordSettings = {},
): { text: string } | string {
  const conversations = conversationsOf(packets);
  const chosen = conversations[settings.conversation ?? 0];
  if (chosen === undefined) {
    const count = conversations.length;
    return count === 0
      ? "no conversation of TCP, UDP or SCTP is in this capture"
      : `it has ${count} conversations`;
  }
  const local = localSide(chosen, settings.local);
  if (typeof local === "string") return local;
  const recorded = chosen.map(({ time, seen }): Recorded => ({ time, seen, outbound: isFrom(seen, local) }));
  const recording = recordingOf(recorded);
  if (typeof recording === "string") return recording;
  const others = packets.length - chosen.length;
  return { text: scriptText(recording, chosen[0]!.seen, others) };
}

interface Found {
  readonly time: Microseconds;
  readonly seen: Seen;
}

const recordable: ReadonlySet<string> = new Set(["tcp", "udp", "sctp"]);

/** Packets by the pair of endpoints they go between. */
function conversationsOf(packets: readonly RecordedPacket[]): Found[][] {
  const conversations = new Map<string, Found[]>();
  for (const { time, bytes } of packets) {
    const seen = parsePacket(bytes);
    if (typeof seen === "string" || !recordable.has(seen.packet.content.protocol)) continue;
    const key = keyOf(seen);
    const known = conversations.get(key);
    if (known === undefined) conversations.set(key, [{ time, seen }]);
    else known.push({ time, seen });
  }
  return [...conversations.values()];
}

function keyOf({ envelope, packet }: Seen): string {
  const { source, sourcePort, destination, destinationPort } = envelope;
  const ends = [`${formatAddress(source)} ${sourcePort}`, `${formatAddress(destination)} ${destinationPort}`];
  return [packet.content.protocol, ...ends.sort()].join(" ");
}

interface Side {
  readonly address: Address;
  readonly port: number;
}

function localSide([first]: readonly Found[], wanted: string | undefined): Side | string {
  const { source, sourcePort, destination, destinationPort } = first!.seen.envelope;
  const sides: readonly Side[] = [
    { address: destination, port: destinationPort },
    { address: source, port: sourcePort },
  ];
  if (wanted === undefined) return sides[first!.seen.packet.content.protocol === "udp" ? 1 : 0]!;
  const address = parseAddress(wanted);
  if (address === undefined) return `${wanted} is no address`;
  return (
    sides.find((side) => sameAddress(side.address, address)) ?? `${wanted} takes no part in this conversation`
  );
}

function isFrom({ envelope }: Seen, side: Side): boolean {
  return sameAddress(envelope.source, side.address) && envelope.sourcePort === side.port;
}

function recordingOf(recorded: readonly Recorded[]): Recording | string {
  switch (recorded[0]!.seen.packet.content.protocol) {
    case "tcp":
      return recordConnection(recorded);
    case "udp":
      return recordDatagrams(recorded);
    default:
      return recordAssociation(recorded);
  }
}

function scriptText({ dialect, options, steps }: Recording, first: Seen, others: number): string {
  const { source, sourcePort, destination, destinationPort } = first.envelope;
  const ends = `${formatAddress(source)} port ${sourcePort} and ${formatAddress(destination)} port ${destinationPort}`;
  const lines = [`// Recorded between ${ends}.`];
  if (others > 0) lines.push(`// ${others} other ${others === 1 ? "packet was" : "packets were"} left out.`);
  lines.push(...options.map((option) => `--${option}`));
  let before: Microseconds | undefined;
  for (const { time, action } of steps) {
    const at: EventTime = {
      form: before === undefined ? "absolute" : "relative",
      start: time - (before ?? time),
    };
    before = time;
    lines.push(printEvent({ at: 0, time: at, action: actionOf(action, dialect) }, dialect));
  }
  return `${lines.join("\n")}\n`;
}

function actionOf(action: Step["action"], dialect: Dialect): Event["action"] {
  if (typeof action !== "string") return action;
  return parseScript(`0 ${action}\n`, { dialect }).events[0]!.action;
}
