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
].flatMap((preference) => ["-o", preference]);

const problem = [
  "_ws.malformed",
  ...["ip", "tcp", "udp", "icmp", "icmpv6", "sctp"].map((protocol) => `${protocol}.checksum.status == 0`),
].join(" || ");

/** Reads a capture (pcap or pcapng) and says what is wrong with it. @throws Error where tshark cannot read it */
export async function judgeCapture(file: string): Promise<CaptureReport> {
  const packets = await lines(file, "frame");
  return { packets: packets.length, problems: await lines(file, problem) };
}

/** The packets of a capture that a display filter lets through, one summary line each. */
export async function lines(file: string, filter: string): Promise<string[]> {
  const result = await run("tshark", ["-n", "-r", file, ...preferences, "-Y", filter], { limit: 120_000 });
  if (result.status !== 0) throw new Error(`tshark -r ${file} -Y '${filter}':\n${result.stderr}`);
  return result.stdout.split("\n").filter((line) => line !== "");
}

/** A field of each packet that a display filter lets through. */
export async function fields(file: string, filter: string, field: string): Promise<string[]> {
  const args = ["-n", "-r", file, ...preferences, "-Y", filter, "-T", "fields", "-e", field];
  const result = await run("tshark", args, { limit: 120_000 });
  if (result.status !== 0) throw new Error(`tshark -r ${file} -Y '${filter}':\n${result.stderr}`);
  return result.stdout.split("\n").filter((line) => line !== "");
}
