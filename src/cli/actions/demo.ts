/** Doing `harbormaster demo`: the story told as text or as one document. */
import type { PortPair } from "../arguments.ts";
import type { DemoScene, DemoSettings, DemoSummary } from "../demo/record.ts";
import { tell } from "../demo/story.ts";
import { openWorld } from "../demo/world.ts";
import { demoScene, demoSummary, demoTitle } from "../render/demo.ts";
import type { Terminal } from "../terminal.ts";

export interface DemoOptions {
  readonly profile: string;
  readonly algorithm?: string;
  readonly range: PortPair;
  readonly seed: string;
  readonly connections?: number;
  readonly pcap?: string;
  readonly json?: true;
}

export async function demo({ out }: Terminal, options: DemoOptions): Promise<void> {
  const { range, json, connections = Math.min(2 * (range[1] - range[0] + 1), 24) } = options;
  const { profile, algorithm, seed } = options;
  const settings: DemoSettings = { profile, range, algorithm, seed, connections };
  const world = openWorld({ ...settings, pcap: options.pcap });
  try {
    if (!json) out.write(demoTitle(settings, out));
    const story = tell(world, settings);
    const scenes: DemoScene[] = [];
    let next = story.next();
    for (; next.done !== true; next = story.next()) {
      scenes.push(next.value);
      if (!json) out.write(demoScene(next.value, scenes.length, out));
    }
    const summary: DemoSummary = next.value;
    if (json) out.write(`${JSON.stringify({ settings, scenes, summary }, null, 2)}\n`);
    else out.write(demoSummary(summary, out));
  } finally {
    await world.close();
  }
}
