/** tcpdump on an interface of a namespace: what really passed, whoever sent it. */
import type { Namespace } from "./namespace.ts";
import type { Running } from "./process.ts";

export interface Sniffer {
  /** Everything it has seen, a line a packet. */
  readonly running: Running;
  /** Ends the capture; the file is complete then. */
  stop(): Promise<void>;
}

/** Captures `device` into `file`, from when this resolves on: large buffers, whole packets. */
export async function sniff(namespace: Namespace, device: string, file: string): Promise<Sniffer> {
  const args = ["-n", "-U", "--immediate-mode", "-B", "65536", "-Z", "root", "-i", device, "-w", file];
  const running = namespace.start("tcpdump", args);
  await running.waitFor(/listening on/);
  return {
    running,
    stop: async () => {
      const { stderr } = await running.stop("SIGINT");
      const lost = /(\d+) packets? dropped by kernel/.exec(stderr)?.[1];
      if (lost !== "0") throw new Error(`tcpdump lost packets: ${stderr}`);
    },
  };
}
