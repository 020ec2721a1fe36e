/** Lists of ports as ip_local_reserved_ports takes them: `80,443,8080-8090` (proc_do_large_bitmap, kernel/sysctl.c). */
import type { PortRange } from "../../ports/range.ts";

/**
 * The list as it stands. Newlines separate as commas do, and may stand at the beginning and after any port. @returns undefined where
 * the kernel answers EINVAL: blanks, gaps, ports beyond 65535.
 */
export function parseReservedPorts(text: string): PortRange[] | undefined {
  const ranges: PortRange[] = [];
  let rest = text.replace(/^\n+/, "");
  while (rest !== "") {
    const item = /^[^,\n]*/.exec(rest)![0];
    const range = parseRange(item);
    if (range === undefined) return undefined;
    ranges.push(range);
    rest = rest.slice(item.length + 1).replace(/^\n+/, "");
  }
  return ranges;
}

function parseRange(item: string): PortRange | undefined {
  const [first = "", last = first, ...more] = item.split("-");
  const [low, high] = [parsePort(first), parsePort(last)];
  if (low === undefined || high === undefined || more.length > 0) return undefined;
  return low <= high && high <= 65535 ? [low, high] : undefined;
}

/** In C notation. */
function parsePort(word: string): number | undefined {
  if (word.length > 20 || !/^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(word)) return undefined;
  return /^0[0-7]/.test(word) ? Number.parseInt(word, 8) : Number(word);
}
