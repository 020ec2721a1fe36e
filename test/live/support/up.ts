/** `harbormaster up` in a namespace: started, asked, ended. */
import { askControl } from "../../../src/cli/control.ts";
import type { Publication } from "../../../src/cli/listings.ts";
import type { SocketSnapshot } from "../../../src/stack/views/snapshot-sockets.ts";
import { startCli } from "./cli.ts";
import type { Namespace } from "./namespace.ts";
import type { Result } from "./process.ts";
import type { Shelf } from "./shelf.ts";

export interface Up {
  /** Path of its control socket, for `harbormaster ss --control`. */
  readonly control: string;
  /** Where its capture goes; complete once it has stopped. */
  readonly capture: string;
  /** What it has written so far. */
  readonly output: string;
  /** Resolves once its output matches. @throws Error with the output where it does not within 10 s */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  publication(): Promise<Publication>;
  /** Its TCP connections to and from `port`, listeners aside. */
  connections(port: number): Promise<readonly SocketSnapshot[]>;
  stop(signal: "SIGINT" | "SIGTERM"): Promise<Result>;
}

/** Resolves when everything is open. @throws Error with what it said where it is not */
export async function startUp(namespace: Namespace, shelf: Shelf, args: readonly string[]): Promise<Up> {
  const control = shelf.path("up.sock");
  const capture = shelf.path("up.pcapng");
  const all = ["up", ...args, "--control", control, "--pcap", capture];
  const running = startCli(namespace, all, { limit: 280_000 });
  await running.waitFor(/^ready: /m, 30_000);
  const publication = () => askControl(control) as Promise<Publication>;
  return {
    control,
    capture,
    get output() {
      return running.output;
    },
    waitFor: (pattern) => running.waitFor(pattern, 10_000),
    publication,
    connections: async (port) =>
      (await publication()).snapshot.sockets.filter(
        ({ protocol, local, remote }) => protocol === "tcp" && local.port === port && remote !== undefined,
      ),
    stop: (signal) => running.stop(signal),
  };
}
