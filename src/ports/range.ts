/** Ranges and lists of ports: what may be chosen, and what must not be. */
import { PortBitmap } from "./table/bitmap.ts";

/** First and last port, both included. */
export type PortRange = readonly [number, number];

/** The ports there are (RFC 6335, section 6). */
export const lastPort = 65535;

/** @throws RangeError unless `low <= high`, both 1 to 65535. */
export function checkRange([low, high]: PortRange): void {
  if (!isPort(low) || !isPort(high) || low === 0 || low > high)
    throw new RangeError(`not a port range: ${low} to ${high}`);
}

/** @throws RangeError unless each is `low <= high`, both 0 to 65535. */
export function checkPortList(ranges: readonly PortRange[]): void {
  for (const [low, high] of ranges)
    if (!isPort(low) || !isPort(high) || low > high) throw new RangeError(`not ports: ${low}-${high}`);
}

/** 0 to 65535, where 0 asks for a choice. */
export function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= lastPort;
}

/** The ports of the ranges; undefined where there are none. */
export function portSet(ranges: readonly PortRange[] | undefined): PortBitmap | undefined {
  const set = new PortBitmap();
  for (const [low, high] of ranges ?? []) for (let port = low; port <= high; port++) set.add(port);
  return set.size === 0 ? undefined : set;
}

export function sizeOf([low, high]: PortRange): number {
  return high - low + 1;
}

/**
 * A socket's own range inside the host's (IP_LOCAL_PORT_RANGE): each half counts only where it lies in what the other
 * half and the host have left; 0 is no wish. As Linux does: inet_sk_get_local_port_range, net/ipv4/inet_connection_sock.c.
 */
export function narrowRange([low, high]: PortRange, [wishedLow, wishedHigh]: PortRange): PortRange {
  const first = low <= wishedLow && wishedLow <= high ? wishedLow : low;
  const last = first <= wishedHigh && wishedHigh <= high ? wishedHigh : high;
  return [first, last];
}

/** `40003,40010-40011`, as ip_local_reserved_ports has it; undefined where it is no such list. Empty text is no port. */
export function parsePortList(text: string): readonly PortRange[] | undefined {
  const ranges: PortRange[] = [];
  for (const part of text.split(",")) {
    const words = part.trim();
    if (words === "") continue;
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(words);
    if (match === null) return undefined;
    const low = Number(match[1]);
    const high = Number(match[2] ?? match[1]);
    if (high > lastPort || low > high) return undefined;
    ranges.push([low, high]);
  }
  return joined(ranges);
}

/** The list as the kernel prints it: ascending, neighbours joined. */
export function formatPortList(ranges: readonly PortRange[]): string {
  return joined(ranges)
    .map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`))
    .join(",");
}

function joined(ranges: readonly PortRange[]): PortRange[] {
  const result: [number, number][] = [];
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else result.push([low, high]);
  }
  return result;
}
