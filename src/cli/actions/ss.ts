/** Doing `harbormaster ss`: a publication fetched or made, and shown. */
import { askControl } from "../control.ts";
import { tell } from "../demo/story.ts";
import { openWorld } from "../demo/world.ts";
import { FailedError } from "../failure.ts";
import { isPublication, type Publication, publish, socketViews } from "../listings.ts";
import type { ProcName } from "../proc-names.ts";
import { inOrder, socketsTable } from "../render/sockets.ts";
import type { Terminal } from "../terminal.ts";

export interface SsOptions {
  readonly control?: string;
  readonly proc?: ProcName;
  readonly json?: true;
}

export async function ss({ out }: Terminal, { control, proc, json }: SsOptions): Promise<void> {
  const published = control === undefined ? await demoHost() : await runningHost(control);
  if (json) out.write(`${JSON.stringify(published.snapshot, null, 2)}\n`);
  else if (proc !== undefined) out.write(published.proc[proc]);
  else out.write(socketsTable(inOrder(socketViews(published.snapshot)), out));
}

async function runningHost(path: string): Promise<Publication> {
  const document = await askControl(path);
  if (!isPublication(document)) throw new FailedError(`what answers at ${path} is no harbormaster`);
  return document;
}

/** The demo's client, some of its connections closed: listeners aside, every kind of row is there. */
async function demoHost(): Promise<Publication> {
  const settings = { profile: "iana", algorithm: undefined, range: [49_152, 49_159], seed: "1" } as const;
  const world = openWorld({ ...settings, connections: 16 });
  try {
    const story = tell(world, { connections: 16 });
    story.next();
    story.next();
    return publish(world.host);
  } finally {
    await world.close();
  }
}
