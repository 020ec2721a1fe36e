/** A binds and gets as far as `state`; what does B get? */
import type { BindRequest } from "../../../src/ports/binding.ts";
import type { Profile } from "../../../src/ports/profile.ts";
import { outcome, path, request, testHost } from "../support/host.ts";

export type TestSocket = readonly [at: string, options?: Partial<BindRequest>];
export type TestState = "bound" | "listening" | "connected" | "held";

/** B's port, or the errno of its bind(2), or `listen: ` and that of its listen(2) where `second` is to listen. */
export function answer(
  profile: Profile,
  state: TestState,
  [first, firstOptions]: TestSocket,
  [second, secondOptions]: TestSocket,
  then?: "listens",
): number | string {
  const { manager } = testHost(profile);
  const binding = manager.reserve("A", request(first, firstOptions));
  if (state === "listening") manager.listen(binding);
  if (state === "connected" || state === "held")
    manager.connect(binding, path("192.0.2.1", "198.51.100.1:80"));
  if (state === "held") manager.hold(binding, "A", 60_000);
  const bound = manager.tryReserve("B", request(second, secondOptions));
  if (typeof bound === "string" || then === undefined)
    return outcome(() =>
      typeof bound === "string" ? manager.reserve("B", request(second, secondOptions)) : bound,
    );
  const refusal = manager.tryListen(bound);
  return refusal === undefined ? bound.port : `listen: ${refusal}`;
}
