/**
 * A packetdrill script as plain data: what the grammar builds, what the checks, the printer and the runner read, and
 * what a program may as well write by hand. Names are the language's own.
 */
import type { Packet } from "./packets.ts";

/** google/packetdrill (TCP, UDP, ICMP), or nplab/packetdrill (its fork with SCTP and UDP-Lite). */
export type Dialect = "google" | "nplab";

/** Whose constants and struct sizes a script was written for. */
export type Platform = "Linux" | "FreeBSD";

/** Offset of a node's first character in the text of the script; 0 in a script that was never text. */
export type At = number;

/** Times in scripts are whole microseconds. */
export type Microseconds = number;

/** A value the script does not fix, written `...`: free when expected, zero or chosen for it when sent. */
export type Unchecked = null;

export interface Script {
  readonly dialect: Dialect;
  readonly options: readonly ScriptOption[];
  /** Run before the first event; the script fails when it fails. */
  readonly init?: Command;
  readonly events: readonly Event[];
  /** Run after the last event, also when an event failed. */
  readonly cleanup?: Command;
}

/** `--name` or `--name=value` at the top of a script. */
export interface ScriptOption {
  readonly at: At;
  readonly name: string;
  /** As a command line would have it: a quoted value without its quotes, a definition as `NAME=value`. */
  readonly value?: string;
}

export interface Event {
  readonly at: At;
  readonly time: EventTime;
  readonly action: Action;
}

/**
 * When an event is due. Absolute times count from the start of the script, relative ones from the event before;
 * `any` (`*`) is whenever it comes.
 */
export type EventTime =
  | { readonly form: "absolute" | "relative"; readonly start: Microseconds }
  | {
      readonly form: "absolute-range" | "relative-range";
      readonly start: Microseconds;
      readonly end: Microseconds;
    }
  | { readonly form: "any" };

export type Action = Packet | Call | Command | Code;

/** A shell command; its text goes to `sh -c` unchanged. */
export interface Command {
  readonly kind: "command";
  readonly at: At;
  readonly text: string;
}

/** A block of Python, kept as text: it is run when the script has ended. */
export interface Code {
  readonly kind: "code";
  readonly at: At;
  /** Where `text` begins. */
  readonly textAt: At;
  readonly text: string;
}

/** A system call with the result it must have. */
export interface Call {
  readonly kind: "call";
  readonly at: At;
  /** When a blocking call must return, in the form of its event's time. */
  readonly end?: Microseconds;
  readonly name: string;
  readonly args: readonly Expression[];
  readonly result: Expression;
  /** Name of the expected errno; absent: errno is not looked at. */
  readonly errno?: string;
  /** What stood in parentheses after the errno or the result; never checked. */
  readonly note?: string;
}

export type Expression =
  | { readonly type: "ellipsis"; readonly at: At }
  | { readonly type: "null"; readonly at: At }
  | { readonly type: "integer"; readonly at: At; readonly value: number }
  /** `text` is raw: escapes stand as written, and mean something only when the value is used. */
  | { readonly type: "string"; readonly at: At; readonly text: string }
  | { readonly type: "symbol"; readonly at: At; readonly name: string }
  | { readonly type: "or"; readonly at: At; readonly operands: readonly Expression[] }
  | { readonly type: "list"; readonly at: At; readonly items: readonly Expression[] }
  /** `htons(8080)`, `inet_addr("192.0.2.1")`. */
  | { readonly type: "conversion"; readonly at: At; readonly name: Conversion; readonly argument: Expression }
  /** `{..., 100}`: a buffer and its length. */
  | { readonly type: "buffer"; readonly at: At; readonly base: Expression; readonly length: Expression }
  | { readonly type: "struct"; readonly at: At; readonly fields: readonly Field[] };

export type Conversion = "htons" | "htonl" | "inet_addr" | "inet6_addr";

/** `name=value` in a struct literal; `msg_iov(2)=[...]` and its kin also carry a count. */
export interface Field {
  readonly at: At;
  readonly name: string;
  readonly count?: Expression;
  readonly value: Expression;
}
