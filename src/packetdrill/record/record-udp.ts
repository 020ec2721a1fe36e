/** Datagrams between two sockets as a script. */
import type { Recorded, Recording, Step } from "./record.ts";

export function recordDatagrams(recorded: readonly Recorded[]): Recording {
  const { time: start, outbound: active } = recorded[0]!;
  const steps: Step[] = [{ time: start, action: "socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3" }];
  // A socket that hears first has no peer yet; --is_anyip says where packets come from and go.
  if (!active) steps.push({ time: start, action: "bind(3, ..., ...) = 0" });
  steps.push({ time: start, action: "connect(3, ..., ...) = 0" });
  for (const { time, outbound, seen } of recorded) {
    const { content } = seen.packet;
    const length = content.protocol === "udp" ? content.length : 0;
    const call = `(3, ..., ${Math.max(length, 1)}) = ${length}`;
    if (outbound) steps.push({ time, action: `write(3, ..., ${length}) = ${length}` });
    steps.push({ time, action: { ...seen.packet, direction: outbound ? "outbound" : "inbound", ip: {} } });
    if (!outbound) steps.push({ time, action: `read${call}` });
  }
  return { dialect: "google", options: active ? [] : ["is_anyip"], steps };
}
