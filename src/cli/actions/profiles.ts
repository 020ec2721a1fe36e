/** Doing `harbormaster profiles`. */
import { registry } from "../../ports/profiles/register/registry.ts";
import { portraitOf, rowOf } from "../portrait/portrait.ts";
import { portraitText, rowsText } from "../render/portrait.ts";
import type { Terminal } from "../terminal.ts";

export async function profiles(
  { out }: Terminal,
  name: string | undefined,
  { json }: { readonly json?: true },
): Promise<void> {
  const entry = registry.find(({ profile }) => profile.name === name);
  if (entry === undefined) {
    const rows = registry.map(rowOf);
    out.write(json ? `${JSON.stringify(rows, null, 2)}\n` : rowsText(rows, out));
    return;
  }
  const portrait = portraitOf(entry);
  out.write(json ? `${JSON.stringify(portrait, null, 2)}\n` : portraitText(portrait, out));
}
