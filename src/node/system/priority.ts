/** Who runs first: sched(7). */
import type { SystemCalls } from "./calls.ts";

const policies = { ordinary: 0, realtime: 2 } as const;
/** Children are ordinary. */
const resetOnFork = 0x40000000;

/**
 * Lets this thread run before all ordinary ones, or be one again. Best effort: it needs CAP_SYS_NICE, and a real-time
 * limit above 0.
 */
export function schedule(calls: SystemCalls, policy: keyof typeof policies): void {
  const priority = new Uint8Array(4);
  priority[0] = policy === "realtime" ? 1 : 0;
  calls.invoke("sched_setscheduler", 0, policies[policy] | resetOnFork, calls.address(priority));
}
