/** A host on a real link, in real time: what `up`, `get` and `nc` stand on. */
import { setTimeout } from "node:timers/promises";
import type { Link } from "../link/link.ts";
import {
  kernelPortRange,
  openRaw,
  openTun,
  portRangeBeside,
  systemClock,
  systemRandom,
} from "../node/index.ts";
import type { ServiceHost } from "../services/service.ts";
import { Host } from "../stack/host.ts";
import type { Interface } from "../stack/interface/interface.ts";
import { openCapture } from "./capture.ts";
import { farewell } from "./farewell.ts";
import type { LinkPlan } from "./link-plan.ts";
import { type ProfileWish, profileOf } from "./profiles.ts";

export interface Stack {
  readonly host: Host;
  /** What services need of it. */
  readonly serviceHost: ServiceHost;
  readonly interface: Interface;
  /** Waits, though not for long, until connections that are being closed have said goodbye. */
  settle(): Promise<void>;
  /** Lets connections end that are being closed, closes the link and finishes the capture. Idempotent. */
  close(): Promise<void>;
}

export interface StackOptions extends ProfileWish {
  readonly plan: LinkPlan;
  readonly pcap?: string | undefined;
}

/** Milliseconds that a peer has to end its side of a connection. */
const patience = 1000;

/**
 * @throws LinkUnavailableError where the machine does not allow the link; RangeError, TypeError or SocketError for
 *   addresses that cannot be
 */
export async function openStack(options: StackOptions): Promise<Stack> {
  const { plan, pcap } = options;
  const clock = systemClock();
  const link = await openLink(plan);
  const capture =
    pcap === undefined ? undefined : openCapture(pcap, { clock, epoch: performance.timeOrigin });
  try {
    const host = new Host({
      clock,
      random: systemRandom(),
      name: "harbormaster",
      profile: profileOf(withRange(options)),
      // Beside the kernel, the loopback network is the kernel's: that is where its servers are.
      loopback: plan.kind === "raw" ? "none" : "own",
    });
    const attached = host.addInterface(capture?.watch(link) ?? link, { addresses: [...plan.addresses] });
    addDefaultRoutes(host, attached);
    return {
      host,
      serviceHost: { clock, socket: (domain, type, protocol) => host.socket(domain, type, protocol) },
      interface: attached,
      settle: () => settle(host),
      close: async () => {
        await farewell(host, patience);
        host.close();
        await capture?.close();
      },
    };
  } catch (error) {
    link.close();
    await capture?.close();
    throw error;
  }
}

/** States in which a connection still owes the peer something, or is owed its answer. */
const closing: ReadonlySet<string> = new Set(["FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK"]);
const settleStep = 10;
const settlePatience = 1000;

async function settle(host: Host): Promise<void> {
  for (let waited = 0; waited < settlePatience; waited += settleStep) {
    if (!host.snapshot().sockets.some(({ state }) => closing.has(state))) return;
    await setTimeout(settleStep);
  }
}

function openLink(plan: LinkPlan): Promise<Link> {
  if (plan.kind === "tun") return openTun({ name: plan.name, addresses: plan.peers });
  return openRaw({ addresses: plan.addresses.map((text) => text.split("/", 1)[0]!) });
}

/** Beside a kernel that has the same addresses, ports come from where the kernel takes none. */
function withRange(options: StackOptions): ProfileWish {
  const { plan, profile, algorithm, range } = options;
  if (range !== undefined || plan.kind === "tun") return { profile, algorithm, range };
  return { profile, algorithm, range: portRangeBeside(kernelPortRange()) };
}

/** Everything else is by way of the link too: the kernel at its other end may forward. */
function addDefaultRoutes(host: Host, attached: Interface): void {
  if (attached.addresses.some(({ family }) => family === 4))
    host.addRoute("0.0.0.0/0", { interface: attached });
  if (attached.addresses.some(({ family }) => family === 6)) host.addRoute("::/0", { interface: attached });
}
