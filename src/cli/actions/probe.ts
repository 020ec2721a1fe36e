/** Doing `harbormaster probe`. */
import { type LinkProbe, probeLinks } from "../../node/index.ts";
import type { Output, Terminal } from "../terminal.ts";

const names = {
  tun: "TUN interface (up, get, nc with --tun)",
  raw: "raw sockets (up, get, nc with --raw)",
  packet: "packet sockets (nothing needs them yet)",
} as const;

export async function probe({ out }: Terminal, { json }: { readonly json?: true }): Promise<void> {
  const probes = await probeLinks();
  if (json) out.write(`${JSON.stringify(probes, null, 2)}\n`);
  else
    for (const kind of ["tun", "raw", "packet"] as const)
      out.write(probeText(names[kind], probes[kind], out));
}

function probeText(name: string, { ok, reason, hint }: LinkProbe, { colours }: Output): string {
  const mark = ok ? colours.green("yes") : colours.red("no ");
  const advice = ok ? "" : `\n       ${colours.bold("to do:")} ${hint}`;
  return `${mark}  ${colours.bold(name)}\n       ${reason}${advice}\n`;
}
