/** What peers and sockets of one testbed share. */
import type { Microseconds } from "../packetdrill/language/script/script.ts";
import type { Remote } from "./remote.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";

export interface World {
  readonly timeline: Timeline;
  readonly trace: Trace;
  /** Does all that is due now, and hands what the stack has sent to its peers. */
  readonly settle: () => void;
  /** Lets time pass up to `until`, or until `ready`. */
  readonly pass: (until: Microseconds, ready: () => boolean) => void;
  /** The packet arrives at the stack from `remote`; `line` is how the test said it. */
  readonly inject: (remote: Remote, bytes: Uint8Array, line: string) => void;
  /** @throws ExpectationError */
  readonly fail: (mistake: string, expected: string, actual: string | undefined) => never;
}
