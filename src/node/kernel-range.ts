/** The ephemeral ports of this machine's kernel, and a range beside them for a stack that shares its addresses. */
import { readFileSync } from "node:fs";

/** The first and the last port. */
export type PortRange = readonly [first: number, last: number];

/** What Linux has unless it was set otherwise (Documentation/networking/ip-sysctl.rst). */
const linuxDefault: PortRange = [32768, 60999];
const firstUnprivileged = 1024;
const lastPort = 65535;

/** net.ipv4.ip_local_port_range; Linux's default where it cannot be read. */
export function kernelPortRange(): PortRange {
  try {
    return parsePortRange(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "latin1")) ?? linuxDefault;
  } catch {
    return linuxDefault;
  }
}

/** The two numbers of the sysctl file; undefined where it holds anything else. */
export function parsePortRange(text: string): PortRange | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s*$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  return first >= 1 && first <= last && last <= lastPort ? [first, last] : undefined;
}

/**
 * A range that does not meet the kernel's: the larger of what is above it and what is below, and above where that
 * holds at least 1,024 ports (61000 to 65535 on most machines).
 */
export function portRangeBeside([first, last]: PortRange): PortRange {
  const above = lastPort - last;
  const below = first - firstUnprivileged;
  if (above >= 1024 || (above >= below && above > 0)) return [last + 1, lastPort];
  if (below > 0) return [firstUnprivileged, first - 1];
  throw new RangeError(
    `net.ipv4.ip_local_port_range (${first} ${last}) leaves no unprivileged ports for a stack that shares addresses`,
  );
}
