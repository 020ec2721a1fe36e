/** What a sysctl knob is: numbers with bounds, or one word of several; kept here, or by the part of the host that acts on it. */
import type { ErrnoName } from "../../base/errno.ts";
import type { PortSettings } from "../../ports/settings/port-settings.ts";
import type { RateLimits } from "../../protocols/ip/rate-limit.ts";

/** The parts of a host that keep some of its knobs themselves. */
export interface KnobKeepers {
  readonly ports: PortSettings;
  readonly icmp: RateLimits;
}

export interface Knob {
  /** As many numbers as the knob has. */
  readonly initial: readonly number[];
  readonly lowest: number;
  readonly highest: number;
  /** How the kernel reads it: a `uint` takes no minus sign, not even of a zero (proc_dou8vec_minmax). Default `int`. */
  readonly reading?: "uint";
  /** What is written before a bad number stays (proc_dointvec on the very array); else all is taken back. */
  readonly piecemeal?: true;
  /** Writing it is EACCES, to root too. */
  readonly readOnly?: true;
  /** A knob of words: the first is its default. */
  readonly words?: readonly string[];
  /** Numbers that somebody else keeps. */
  readonly kept?: KeptKnob;
  /** A list of ports that the port manager keeps. */
  readonly list?: ListKnob;
}

export interface KeptKnob {
  readonly get: (keepers: KnobKeepers) => readonly number[];
  readonly set: (keepers: KnobKeepers, values: readonly number[]) => void;
  /** What the numbers must not be to each other and to other knobs. */
  readonly refuses?: (keepers: KnobKeepers, values: readonly number[]) => boolean;
}

export interface ListKnob {
  readonly show: (ports: PortSettings) => string;
  readonly write: (ports: PortSettings, text: string) => ErrnoName | undefined;
}

const intMax = 2 ** 31 - 1;

/** An int the kernel stores as it comes. */
export function int(initial: number, lowest: number = -(2 ** 31), highest: number = intMax): Knob {
  return { initial: [initial], lowest, highest };
}

/** A knob of one byte. */
export function byte(initial: number, lowest = 0, highest = 255): Knob {
  return { initial: [initial], lowest, highest, reading: "uint" };
}

/** Seconds, which the kernel keeps in jiffies: of HZ 250, and what passes an int then is refused (proc_dointvec_jiffies). */
export function seconds(initial: number): Knob {
  const most = Math.floor(intMax / 250);
  return int(initial, -most, most);
}

/** The size of a table: which the kernel made when it started, and tells. */
export function tableSize(entries: number): Knob {
  return { ...int(entries), readOnly: true };
}

/** Sizes: minimum, default and maximum, each at least 1 and not compared. */
export function sizes(minimum: number, usual: number, maximum: number): Knob {
  return { initial: [minimum, usual, maximum], lowest: 1, highest: intMax, piecemeal: true };
}

export function words(...all: readonly string[]): Knob {
  return { initial: [], lowest: 0, highest: 0, words: all };
}

export function kept(count: 1 | 2, lowest: number, highest: number, how: KeptKnob): Knob {
  return { initial: count === 1 ? [0] : [0, 0], lowest, highest, kept: how };
}

/** An unsigned number that somebody else keeps. */
export function keptUint(lowest: number, highest: number, how: KeptKnob): Knob {
  return { ...kept(1, lowest, highest, how), reading: "uint" };
}

export function portList(list: ListKnob): Knob {
  return { initial: [], lowest: 0, highest: 0, list };
}
