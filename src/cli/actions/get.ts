/** Doing `harbormaster get`: fetches one after the other, each over a connection of its own. */
import { closeSync, openSync, writeSync } from "node:fs";
import { familyOf, formatAddress } from "../../base/address.ts";
import type { HttpGet } from "../../services/http/get.ts";
import type { HttpUrl } from "../arguments.ts";
import { type Download, download, type Sink } from "../download.ts";
import { FailedError, InterruptedError, UsageError } from "../failure.ts";
import { resolve } from "../kernel-source.ts";
import type { LinkOptions } from "../link-options.ts";
import { planClient } from "../link-plan.ts";
import { type Progress, progressOn } from "../progress.ts";
import { bytesText, printable, rateText, spanText } from "../render/quantities.ts";
import { watchSignals } from "../signals.ts";
import { openStack, type Stack } from "../stack.ts";
import type { Output, Terminal } from "../terminal.ts";

export interface GetOptions extends LinkOptions {
  readonly output?: string;
  readonly localPort?: number;
  readonly count: number;
  readonly json?: true;
}

export async function get(terminal: Terminal, url: HttpUrl, options: GetOptions): Promise<void> {
  if (options.json && options.output === "-")
    throw new UsageError("--json and the body cannot both go to stdout.");
  const families = [...new Set((options.address ?? []).map(({ address }) => familyOf(address)))];
  const remote = await resolve(url.host, families);
  const plan = await planClient(options, remote);
  const stack = await openStack({ ...options, plan });
  try {
    const fetches = await fetchAll(terminal, stack, url, formatAddress(remote), options);
    await stack.settle();
    if (options.json) terminal.out.write(`${JSON.stringify({ url: urlText(url), fetches }, null, 2)}\n`);
    const bad = fetches.find(({ status }) => status < 200 || status > 299);
    if (bad !== undefined)
      throw new FailedError(`${url.authority} answered ${bad.status} ${printable(bad.reason)}`);
  } finally {
    await stack.close();
  }
}

async function fetchAll(
  terminal: Terminal,
  { serviceHost }: Stack,
  url: HttpUrl,
  address: string,
  options: GetOptions,
): Promise<Download[]> {
  const signals = watchSignals();
  const fetches: Download[] = [];
  let running: HttpGet | undefined;
  const interrupted = signals.came.then((signal) => {
    running?.abort();
    throw new InterruptedError(signal);
  });
  interrupted.catch(() => {});
  try {
    for (let i = 0; i < options.count; i++) {
      const output = openSink(i === 0 ? options.output : undefined, terminal.out);
      const bar = progressOn(terminal.err, "get");
      const fetching = download(serviceHost, {
        get: {
          remote: { address, port: url.port },
          localPort: options.localPort,
          label: "get",
          authority: url.authority,
          target: url.target,
        },
        sink: output.sink,
        ...barEvents(bar),
        started: (get) => {
          running = get;
        },
      });
      try {
        const fetched = await Promise.race([fetching, interrupted]);
        fetches.push(fetched);
      } finally {
        bar.stop();
        output.close();
      }
      if (!options.json) reportDownload(terminal, fetches.at(-1)!, options);
    }
    return fetches;
  } finally {
    signals.stop();
  }
}

function barEvents(bar: Progress): { begun: Progress["start"]; moved: Progress["update"] } {
  return { begun: (total) => bar.start(total), moved: (bytes, elapsed) => bar.update(bytes, elapsed) };
}

/** Where the body goes. A file takes it at once. */
function openSink(path: string | undefined, out: Output): { sink: Sink; close(): void } {
  if (path === undefined) return { sink: { write: () => true, drained: () => {} }, close: () => {} };
  if (path === "-")
    return { sink: { write: (bytes) => out.writeBytes(bytes), drained: out.drained }, close: () => {} };
  const file = openSync(path, "w");
  const write = (bytes: Uint8Array): boolean => {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    return true;
  };
  return { sink: { write, drained: () => {} }, close: () => closeSync(file) };
}

/** A line a fetch: on stdout, unless the body is there. */
function reportDownload({ out, err }: Terminal, fetched: Download, { output }: GetOptions): void {
  const to = output === "-" ? err : out;
  const { bold, green, red, dim } = to.colours;
  const { status, source, bytes, milliseconds, sha256 } = fetched;
  const code = status >= 200 && status < 300 ? green(status) : red(status);
  const port = bold(String(source.port));
  const rate = `${bytesText(bytes)} in ${spanText(milliseconds)}, ${rateText(bytes, milliseconds)}`;
  to.write(`${code}  from ${source.address} port ${port}  ${rate}  ${dim(`sha256 ${sha256}`)}\n`);
}

function urlText({ authority, target }: HttpUrl): string {
  return `http://${authority}${target}`;
}
