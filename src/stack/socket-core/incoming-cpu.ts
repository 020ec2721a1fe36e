/** SO_INCOMING_CPU of a connected socket tells which CPU handled what came for it last (sk_incoming_cpu_update, include/net/sock.h). */
import type { SocketCore } from "./core.ts";

export function noteIncomingCpu({ options, binding }: SocketCore, cpu: number): void {
  if (options.incomingCpu === cpu) return;
  options.incomingCpu = cpu;
  if (binding !== undefined) binding.incomingCpu = cpu;
}
