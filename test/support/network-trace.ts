/**
 * What a failing network test leaves behind: its capture as a file, and its last conversation as packetdrill lines in
 * the error. Nothing is recorded while all goes well: the same seed gives the same packets, so a failure is played again.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyBytes, u16 } from "../../src/base/bytes.ts";
import { Network, type NetworkOptions } from "../../src/stack/network.ts";
import { linkTypes } from "../../src/wire/capture/pcapng.ts";
import { type PcapngCapture, parsePcapng } from "../../src/wire/capture/pcapng-reader.ts";
import { LineFlows } from "../../src/wire/line/flows.ts";
import { packetLine } from "../../src/wire/line.ts";
import { etherTypes, parseEthernet } from "../../src/wire/link/ethernet.ts";

/** Where captures of failures go; not under version control. */
const directory = ".harbormaster";
/** Lines of the conversation that are shown: its end. */
const shownLines = 60;

/** Runs `body` in a network of its own, which is closed afterwards; see above for what happens when it throws. */
export function inNetwork<Result>(
  name: string,
  options: Omit<NetworkOptions, "capture">,
  body: (network: Network) => Result,
): Result {
  const network = new Network(options);
  try {
    return body(network);
  } catch (error) {
    throw traced(name, error, replay(options, body));
  } finally {
    network.close();
  }
}

function replay(options: NetworkOptions, body: (network: Network) => unknown): Uint8Array {
  const network = new Network({ ...options, capture: true });
  try {
    body(network);
  } catch {
    // It fails as it did: that is what is recorded.
  }
  return network.capture();
}

/** The error, with where the capture is and how it ended. */
export function traced(name: string, error: unknown, capture: Uint8Array): unknown {
  const file = writeCapture(name, capture);
  if (error instanceof Error) error.message += `\n\n${file}, ${lastConversation(capture)}`;
  return error;
}

/** @returns the file's name. */
export function writeCapture(name: string, capture: Uint8Array): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name.replace(/[^\w.-]+/g, "-")}.pcapng`);
  writeFileSync(file, capture);
  return file;
}

/** A packet of the capture, as far as lines and conversations need it. */
interface Seen {
  readonly interface: number;
  readonly seconds: number;
  readonly sign: "<" | ">";
  /** Of both directions the same. */
  readonly key: string;
  readonly hasPorts: boolean;
  readonly bytes: Uint8Array;
}

/** The conversation over ports that the capture ends with, as the one who began it saw it. */
export function lastConversation(capture: Uint8Array): string {
  const parsed = parsePcapng(capture);
  if (typeof parsed === "string") return `no capture: ${parsed}`;
  const seen = ipPackets(parsed);
  const last = seen.findLast(({ hasPorts }) => hasPorts) ?? seen.at(-1);
  if (last === undefined) return "no packets";
  const conversation = seen.filter(({ key }) => key === last.key);
  const view = conversation.find(({ sign }) => sign === ">") ?? last;
  const name = parsed.interfaces[view.interface]!.name;
  return [`the last conversation, at ${name}:`, ...linesOf(conversation, view.interface)].join("\n");
}

function linesOf(conversation: readonly Seen[], view: number): string[] {
  const flows = new LineFlows();
  const lines = conversation
    .filter((packet) => packet.interface === view)
    .map(({ seconds, sign, bytes }) => `${seconds} ${sign} ${packetLine(bytes, 0, bytes.length, flows)}`);
  const left = lines.length - shownLines;
  return left > 0 ? [`// ${left} packets before`, ...lines.slice(-shownLines)] : lines;
}

function ipPackets({ interfaces, packets }: PcapngCapture): Seen[] {
  return packets.flatMap((packet) => {
    const ethernet = interfaces[packet.interface]!.linkType === linkTypes.ethernet;
    const bytes = ethernet ? payloadOf(packet) : packet.bytes.slice(packet.start, packet.end);
    if (bytes === undefined) return [];
    const seconds = Number(packet.nanoseconds) / 1e9;
    const sign = packet.direction === "inbound" ? "<" : ">";
    return [{ interface: packet.interface, seconds, sign, ...conversationOf(bytes), bytes }];
  });
}

function payloadOf({ bytes, start, end }: { bytes: Uint8Array; start: number; end: number }) {
  const frame = parseEthernet(bytes, start, end);
  if (typeof frame === "string" || frame.type === etherTypes.arp) return undefined;
  return bytes.slice(frame.payloadStart, end);
}

/** Addresses and, where nothing stands before them, ports. */
function conversationOf(bytes: Uint8Array): Pick<Seen, "key" | "hasPorts"> {
  const v4 = bytes.length >= 20 && bytes[0]! >>> 4 === 4;
  const [from, to] = v4 ? [12, 16] : [8, 24];
  const size = v4 ? 4 : 16;
  const protocol = bytes[v4 ? 9 : 6] ?? 0;
  const portsAt = v4 ? (bytes[0]! & 15) * 4 : 40;
  const hasPorts = (protocol === 6 || protocol === 17) && bytes.length >= portsAt + 4;
  const ends = [endOf(bytes, from, size), endOf(bytes, to, size)];
  if (hasPorts) for (const i of [0, 1]) ends[i] += ` ${u16(bytes, portsAt + 2 * i)}`;
  return { key: `${protocol} ${ends.sort().join(" ")}`, hasPorts };
}

function endOf(bytes: Uint8Array, at: number, size: number): string {
  const address = new Uint8Array(size);
  copyBytes(bytes, Math.min(at, bytes.length), Math.min(at + size, bytes.length), address, 0);
  return address.join(".");
}
