/** Doing `harbormaster up`: everything opened, and everything closed again. */
import { overlapsOf, overlapText, type PlannedServer } from "../../ports/insight/overlap.ts";
import type { Service } from "../../services/service.ts";
import type { ServiceName, ServiceWish } from "../arguments.ts";
import { type Control, serveControl } from "../control.ts";
import { InterruptedError } from "../failure.ts";
import type { LinkOptions } from "../link-options.ts";
import { planServer } from "../link-plan.ts";
import { publish } from "../listings.ts";
import { type Monitor, monitorOn } from "../monitor.ts";
import { startServices } from "../serve.ts";
import { portNames } from "../service-names.ts";
import { watchSignals } from "../signals.ts";
import { openStack, type Stack } from "../stack.ts";
import type { Terminal } from "../terminal.ts";

export interface UpOptions extends LinkOptions {
  readonly serve?: readonly ServiceWish[];
  readonly control?: string;
  readonly json?: true;
}

export async function up(terminal: Terminal, options: UpOptions): Promise<void> {
  const stack = await openStack({ ...options, plan: planServer(options) });
  const signals = watchSignals();
  const monitor = monitorOn(terminal, stack.host, options.json ? "json" : "text");
  let services: readonly Service[] = [];
  let control: Control | undefined;
  try {
    services = startServices(stack, options.serve ?? [], monitor.log);
    if (options.control !== undefined)
      control = await serveControl(options.control, () => publish(stack.host));
    monitor.ready(stack.interface, services);
    for (const warning of warningsOf(stack.host.ports, options.serve ?? [])) monitor.log("warning", warning);
    const signal = await signals.came;
    monitor.stopping(signal);
    if (signal === "SIGINT") throw new InterruptedError(signal);
  } finally {
    await takeDown(stack, services, control, monitor);
    signals.stop();
  }
}

/** Servers whose ports clients of this host may be given. */
function warningsOf(ports: Parameters<typeof overlapsOf>[0], wishes: readonly ServiceWish[]): string[] {
  const servers = wishes.flatMap(({ name, port }) =>
    protocolsOf(name).map((protocol): PlannedServer => {
      const registered = portNames().nameOf(port, protocol);
      const stranger = registered !== undefined && registered !== name;
      return {
        name: stranger ? `${name} (registered for ${registered})` : name,
        protocol,
        ports: [port, port],
      };
    }),
  );
  return overlapsOf(ports, servers).map((overlap) => overlapText(overlap));
}

function protocolsOf(name: ServiceName): readonly ("tcp" | "udp")[] {
  if (name === "tftp") return ["udp"];
  return name === "http" ? ["tcp"] : ["tcp", "udp"];
}

/** Everything that was opened, in the other order: what waits to be sent goes out before the link closes. */
async function takeDown(
  stack: Stack,
  services: readonly Service[],
  control: Control | undefined,
  monitor: Monitor,
): Promise<void> {
  monitor.stop();
  await control?.close();
  for (const service of services) service.close();
  stack.host.flush();
  await stack.close();
}
