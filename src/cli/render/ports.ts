/** How the port manager stands: a row a protocol. */
import type { PortStats } from "../../ports/stats.ts";
import type { Output } from "../terminal.ts";
import { tableText } from "./columns.ts";

const head = [
  "proto",
  "in use",
  "resting",
  "free",
  "most at once",
  "chosen",
  "refused",
  "wraps",
  "looked at",
] as const;

export function portsTable(stats: PortStats, output: Output): string {
  const rows = Object.entries(stats).map(([protocol, each]) => [
    protocol,
    String(each.inUse),
    String(each.held),
    String(each.free),
    String(each.highWater),
    String(each.allocations),
    String(each.exhaustions),
    String(each.wraps),
    String(each.candidates),
  ]);
  const right = head.map((_, column) => column).slice(1);
  return tableText({ head, rows, right }, output);
}
