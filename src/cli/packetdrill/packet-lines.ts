/** What passed, as lines of a script: when, which way, and what, its numbers counted from the initial ones. */
import type { LoggedPacket } from "../../packetdrill/run/device.ts";
import { LineFlows } from "../../wire/line/flows.ts";
import { packetLine } from "../../wire/line.ts";

/** The last `count` packets, a line each. */
export function packetLines(packets: readonly LoggedPacket[], count: number): string[] {
  const flows = new LineFlows();
  const lines = packets.map(({ time, direction, bytes }) => {
    const mark = direction === "inbound" ? "<" : ">";
    return `${(time / 1e6).toFixed(6)} ${mark} ${packetLine(bytes, 0, bytes.length, flows)}`;
  });
  return lines.slice(-count);
}
