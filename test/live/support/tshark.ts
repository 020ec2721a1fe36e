/** tshark as the judge of captures. */
import { run } from "./process.ts";

export interface CaptureReport {
  readonly packets: number;
  /** One line for each packet that is malformed or has a wrong checksum. */
  readonly problems: readonly string[];
}

/** tshark verifies none of these unless told so. */
const preferences = [
  "ip.check_checksum:TRUE",
  "tcp.check_checksum:TRUE",
  "udp.check_checksum:TRUE",
  // Its other values, as crc32c or TRUE, are taken without a word and mean "no".
  "sctp.checksum:Automatic",
  // Each packet is judged by itself; putting streams together takes ten times as long.
  "tcp.desegment_tcp_streams:FALSE",
].flatMap((preference) => ["-o", preference]);

/** Without its stream, a piece of random bytes out of the middle of a body is now and then taken for malformed HTTP. */
const silenced = ["--disable-protocol", "http"];

const statuses = ["ip", "tcp", "udp", "icmp", "icmpv6", "sctp"].map(
  (protocol) => `${protocol}.checksum.status`,
);
const problem = ["_ws.malformed", ...statuses.map((status) => `${status} == 0`)].join(" || ");

/** Reads a capture (pcap or pcapng) and says what is wrong with it. @throws Error where tshark cannot read it */
export async function judgeCapture(file: string): Promise<CaptureReport> {
  // A line a packet: what is malformed, and of each protocol the status of every header (0 bad, 1 good, 2 unverified).
  const wanted = ["_ws.malformed", ...statuses].flatMap((field) => ["-e", field]);
  const output = await tshark(file, ["-T", "fields", ...wanted]);
  const packets = output.split("\n").slice(0, -1);
  const bad = packets.some((line) => {
    const [malformed, ...found] = line.split("\t");
    return malformed !== "" || found.some((status) => status.split(",").includes("0"));
  });
  return { packets: packets.length, problems: bad ? await lines(file, problem) : [] };
}

/** The packets of a capture that a display filter lets through, one summary line each. */
export async function lines(file: string, filter: string): Promise<string[]> {
  return (await tshark(file, ["-Y", filter])).split("\n").filter((line) => line !== "");
}

/** A field of each packet that a display filter lets through. */
export async function fields(file: string, filter: string, field: string): Promise<string[]> {
  const output = await tshark(file, ["-Y", filter, "-T", "fields", "-e", field]);
  return output.split("\n").filter((line) => line !== "");
}

async function tshark(file: string, args: readonly string[]): Promise<string> {
  const result = await run("tshark", ["-n", "-r", file, ...preferences, ...silenced, ...args], {
    limit: 120_000,
  });
  if (result.status !== 0) throw new Error(`tshark ${args.join(" ")}:\n${result.stderr}`);
  return result.stdout;
}
