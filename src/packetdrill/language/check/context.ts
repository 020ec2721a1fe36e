/** What the checks know and how they report. */
import type { ScriptErrorKind } from "../errors.ts";
import type { IpFamily } from "../names/icmp-names.ts";
import type { At, Dialect, Platform } from "../script/script.ts";

export interface CheckSettings {
  readonly dialect: Dialect;
  /** Whose constants the script may name. */
  readonly platform: Platform;
  /** Of the packets of the run: names of ICMP types and codes differ. */
  readonly family: IpFamily;
}

export interface CheckContext extends CheckSettings {
  readonly report: (kind: ScriptErrorKind, at: At, message: string) => void;
}

/** Reports against the packet as a whole. */
export type ReportPacket = (message: string) => void;

/** Reports a number that does not fit its field; undefined fits, and so does what is not checked. */
export function range(
  what: string,
  value: number | null | undefined,
  least: number,
  most: number,
  report: ReportPacket,
): void {
  if (value === undefined || value === null) return;
  if (value < least || value > most) report(`${what} ${value} is out of range, it is ${least} to ${most}`);
}
