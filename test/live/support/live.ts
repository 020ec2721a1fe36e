/** Suites that need something of the machine. */
import { describe, inject } from "vitest";
import type { Need } from "./setup.ts";

/** As `describe`, skipped with the reason in its name where the machine lacks one of `needs`. Namespaces need "root" and "ip". */
export function describeLive(name: string, needs: readonly Need[], suite: () => void): void {
  const lacks = inject("lacks");
  const reason = needs.map((need) => lacks[need]).find((text) => text !== undefined);
  if (reason === undefined) describe(name, suite);
  else describe.skip(`${name} [skipped: ${reason}]`, suite);
}
