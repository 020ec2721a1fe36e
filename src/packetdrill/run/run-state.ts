/** A run as it goes on: what its parts share. */
import type { CallContext } from "../calls/call-context.ts";
import type { CodeBlock } from "../code/code-eval.ts";
import type { RunOptions } from "../language/options.ts";
import type { Event, Microseconds, Script } from "../language/script/script.ts";
import type { Timestamps } from "../packets/timestamps.ts";
import type { Device } from "./device.ts";
import type { RunFailure } from "./failure.ts";
import type { Previous } from "./time.ts";
import type { Tracker } from "./tracker.ts";

/** The interpreter pauses until `ready`, or until the clock shows `until` and has done what is due then. */
export interface Wait {
  readonly until: Microseconds;
  readonly ready: () => boolean;
}

export interface RunState {
  readonly script: Script;
  readonly options: RunOptions;
  readonly device: Device;
  readonly tracker: Tracker;
  readonly timestamps: Timestamps;
  readonly calls: CallContext;
  readonly blocks: CodeBlock[];
  /** Events of the blocks. */
  readonly blockEvents: Event[];
  readonly warnings: string[];
  previous: Previous | undefined;
  /** Tries again whatever call blocks. */
  poke: () => void;
  /** A blocking call is under way. */
  blocked: boolean;
  /** A blocking call ended otherwise than the script says. */
  failure: { readonly failure: RunFailure; readonly event: Event } | undefined;
  /** The last flow label seen, by what the script called it. */
  flowLabel: { readonly script: number; readonly live: number } | undefined;
}
