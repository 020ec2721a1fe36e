/** Lists of ports as ip_local_reserved_ports takes them: `80,443,8080-8090`, and nothing else in between. */
import type { PortRange } from "../../ports/range.ts";

/** The list as it stands. @returns undefined where the kernel answers EINVAL: blanks, gaps, ports beyond 65535. */
export function parseReservedPorts(text: string): PortRange[] | undefined {
  const list = text.replace(/\n$/, "");
  if (list === "") return [];
  const ranges: PortRange[] = [];
  // As the kernel does: one comma may end the list.
  for (const item of list.replace(/,$/, "").split(",")) {
    const range = parseRange(item);
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return ranges;
}

function parseRange(item: string): PortRange | undefined {
  const match = /^(\d+|0x[0-9a-f]+)(?:-(\d+|0x[0-9a-f]+))?$/i.exec(item);
  if (match === null) return undefined;
  const low = Number(match[1]);
  const high = Number(match[2] ?? match[1]);
  return low <= high && high <= 65535 ? [low, high] : undefined;
}
