/** No selection: the stack leaves ports to its caller, and refuses port 0 (smoltcp: Unaddressable). */
import type { Walk } from "../selection.ts";

export function callerChooses(): Walk {
  return { kind: "walk", name: "caller-chooses", propose: () => false };
}
