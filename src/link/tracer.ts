/** A link that tells a tracer what passes, as the host sees it: 64 KiB segments whole, checksums as they are. */
import type { Clock } from "../base/time/clock.ts";
import type { TraceEvent } from "../base/trace.ts";
import type { Link } from "./link.ts";
import { TapLink } from "./tap.ts";

export interface TraceOptions {
  readonly clock: Clock;
  readonly tracer: (event: TraceEvent) => void;
  /** Name of the host. */
  readonly host?: string | undefined;
}

export function traced(inner: Link, { clock, tracer, host }: TraceOptions): Link {
  return new TapLink(inner, ({ bytes, start, end }, direction) =>
    tracer({ kind: "packet", at: clock.now(), host, direction, interface: inner.name, bytes, start, end }),
  );
}
