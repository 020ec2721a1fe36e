/** The constants scripts name, and what they are worth on each platform. */
import type { Platform } from "../script/script.ts";
import { freebsdSymbols } from "./symbols-freebsd.ts";
import { linuxSymbols } from "./symbols-linux.ts";

const tables: Readonly<Record<Platform, ReadonlyMap<string, number>>> = {
  Linux: readTable(linuxSymbols),
  FreeBSD: readTable(freebsdSymbols),
};

/** The number of a constant; undefined when the platform has none of that name. */
export function symbolValue(platform: Platform, name: string): number | undefined {
  return tables[platform].get(name);
}

/**
 * The names of a number among those that begin with `prefix`, such as the socket option 2 among `SO_`.
 * Several when the platform has synonyms.
 */
export function symbolsOf(platform: Platform, prefix: string, value: number): string[] {
  return [...tables[platform]]
    .filter(([name, number]) => number === value && name.startsWith(prefix))
    .map(([name]) => name);
}

function readTable(lines: readonly string[]): ReadonlyMap<string, number> {
  const table = new Map<string, number>();
  for (const line of lines) {
    for (const entry of line.split(" ")) {
      const equals = entry.indexOf("=");
      table.set(entry.slice(0, equals), Number(entry.slice(equals + 1)));
    }
  }
  return table;
}
