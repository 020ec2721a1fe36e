/** One setting of an operating system by its own name: how it is told and how it is written. */
import type { ErrnoName } from "../../../base/errno.ts";
import type { Profile } from "../../../ports/profile.ts";
import { formatPortList, parsePortList } from "../../../ports/range.ts";
import type { PortSettings } from "../../../ports/settings/port-settings.ts";
import type { PortRules } from "../../../ports/settings/protocol-settings.ts";

export interface Setting {
  get(): string;
  /** The errno of a refusal. Left out: it cannot be written. */
  set?(text: string): ErrnoName | undefined;
}

export type SettingTable = Readonly<Record<string, Setting>>;

/** What a table is made for. */
export interface SettingKeeper {
  readonly ports: PortSettings;
  readonly profile: Profile;
}

/** A number that the system keeps to itself. */
export function fixed(value: number): Setting {
  return { get: () => String(value) };
}

/** Decimal, and nothing else. */
export function wholeNumber(text: string): number | undefined {
  return /^\s*-?\d{1,10}\s*$/.test(text) ? Number(text) : undefined;
}

/** What a system makes of a number that does not suit: the nearest that does, or EINVAL. */
export type Misfit = "nearest" | "refused";

export interface Ends {
  readonly first: Setting;
  readonly last: Setting;
}

/**
 * The ends of the ephemeral range as two settings of their own. Written in either order: as in_pcb_lport does, the lower is the first,
 * whichever it was.
 */
export function rangeEnds(ports: Pick<PortRules, "range">, lowest: number, misfit: Misfit): Ends {
  let written: readonly [number, number] = ports.range;
  const ends = (): readonly [number, number] => {
    const [low, high] = ports.range;
    if (Math.min(...written) !== low || Math.max(...written) !== high) written = ports.range; // set by another name
    return written;
  };
  const end = (which: 0 | 1): Setting => ({
    get: () => String(ends()[which]),
    set: (text) => {
      const port = wholeNumber(text);
      if (port === undefined) return "EINVAL";
      const suiting = Math.min(Math.max(port, lowest), 65535);
      if (misfit === "refused" && suiting !== port) return "EINVAL";
      const [first, last] = ends();
      const next: readonly [number, number] = which === 0 ? [suiting, last] : [first, suiting];
      if (misfit === "refused" && next[0] > next[1]) return "EINVAL";
      ports.range = [Math.min(...next), Math.max(...next)];
      written = next;
      return undefined;
    },
  });
  return { first: end(0), last: end(1) };
}

/** The first port that needs no privilege, told as `told` and written back by `port`. */
export function privilegeEnd(
  ports: Pick<PortRules, "unprivilegedStart">,
  { below }: { readonly below: 0 | 1 },
  lowest: number,
  highest: number,
): Setting {
  return {
    get: () => String(ports.unprivilegedStart - below),
    set: (text) => {
      const port = wholeNumber(text);
      if (port === undefined || port < lowest || port > highest) return "EINVAL";
      ports.unprivilegedStart = port + below;
      return undefined;
    },
  };
}

/** A list of ports that are never chosen, `587,749-751`; empty text is none. */
export function portsNeverChosen(ports: Pick<PortRules, "neverChosen">): Setting {
  return {
    get: () => formatPortList(ports.neverChosen),
    set: (text) => {
      const list = parsePortList(text);
      if (list === undefined) return "EINVAL";
      ports.neverChosen = list;
      return undefined;
    },
  };
}
