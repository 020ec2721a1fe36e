/** What calls of a script to the kernel are made with, and what a call is before it is made. */
import type { CallName, SystemCalls } from "../../../node/system/calls.ts";
import type { CallContext } from "../../../packetdrill/calls/call-context.ts";
import { numberOf } from "../../../packetdrill/calls/values.ts";
import type { Expression } from "../../../packetdrill/language/script/script.ts";
import { fail } from "../../../packetdrill/run/failure.ts";
import type { Memory } from "./memory.ts";

/** A descriptor of the script by its label. */
export interface Live {
  readonly fd: number;
  /** AF_INET or AF_INET6 as numbers; 0 where it is no socket. */
  readonly family: number;
  /** SOCK_STREAM and others as numbers; 0 where it is no socket. */
  readonly type: number;
  readonly protocol: number;
}

export interface World {
  readonly calls: SystemCalls;
  readonly context: CallContext;
  readonly live: Map<number, Live>;
  /** Descriptors without a label any more. */
  readonly forgotten: Live[];
  /** Of this one call. */
  readonly memory: Memory;
  /** Folder of the script. */
  readonly folder: string;
  /** Microseconds since 1970 at which the script began. */
  readonly zero: number;
}

/** A call with all it takes. */
export interface Prepared {
  readonly name: CallName;
  readonly args: readonly number[];
  /** What it may wait for: nothing; what a descriptor has to be ready for; or something poll(2) does not tell. */
  readonly waits: "nothing" | "readable" | "writable" | "unknown";
  /** It must not block, whatever its descriptor is. */
  readonly dontWait?: boolean;
  /** How many bytes it writes. */
  readonly length?: number;
  /** Milliseconds of its own time limit, where it has one. */
  readonly timeout?: number;
  readonly descriptor?: true;
  /** Before it is made. */
  readonly before?: () => void;
  readonly verify?: (value: number) => string | undefined;
  readonly commit?: (value: number) => void;
}

/** @param label what the script calls the descriptor that comes of it. */
export type Handler = (args: readonly Expression[], world: World, label: number) => Prepared;

/** The number of an expression with Linux's constants. */
export function num(expression: Expression): number {
  return numberOf(expression, "Linux");
}

export function labelOf(expression: Expression): number {
  return num(expression);
}

export function liveOf(expression: Expression, { live }: World): Live {
  const label = labelOf(expression);
  return live.get(label) ?? fail(`unable to find fd with script fd ${label}`);
}

export function fdOf(expression: Expression, world: World): number {
  return liveOf(expression, world).fd;
}

/** Gives a live descriptor its label. */
export function addLive({ live }: World, label: number, one: Live): void {
  if (live.has(label)) fail(`duplicate fd ${label} in script`);
  live.set(label, one);
}

export const noSocket = { family: 0, type: 0, protocol: 0 } as const;
