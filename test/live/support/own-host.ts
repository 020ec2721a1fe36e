/** A host of ours in this process, on a TUN of a namespace, with its capture. */
import { captured } from "../../../src/link/capture.ts";
import { openCaptureFile, openTun, systemClock, systemRandom } from "../../../src/node/index.ts";
import type { ServiceHost } from "../../../src/services/service.ts";
import { Host } from "../../../src/stack/host.ts";
import { kernel, ours } from "./harbour.ts";
import type { Namespace } from "./namespace.ts";

export interface OwnHost {
  readonly host: Host;
  readonly serviceHost: ServiceHost;
  /** Closes it, and completes the capture. */
  close(): Promise<void>;
}

export async function openOwnHost(namespace: Namespace, capture: string): Promise<OwnHost> {
  const clock = systemClock();
  const tun = await namespace.inside(() =>
    openTun({ name: "hm0", addresses: [`${kernel.v4}/24`, `${kernel.v6}/64`] }),
  );
  const file = openCaptureFile(capture);
  const host = new Host({ clock, random: systemRandom() });
  const by = host.addInterface(captured(tun, { clock, sink: file.sink(tun) }), {
    addresses: [`${ours.v4}/24`, `${ours.v6}/64`],
  });
  for (const everywhere of ["0.0.0.0/0", "::/0"]) host.addRoute(everywhere, { interface: by });
  return {
    host,
    serviceHost: { clock, socket: (domain, type, protocol) => host.socket(domain, type, protocol) },
    close: async () => {
      host.close();
      await file.close();
    },
  };
}
