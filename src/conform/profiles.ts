/** The profiles that suites ask for, by the names vectors use: those of the registry, and a few more. */
import type { Profile } from "../ports/profile.ts";
import { registry } from "../ports/profiles/register/registry.ts";

/** What suites call a system that the registry knows by another name. `any`: what holds for all of them is asked of one. */
const others: Readonly<Record<string, string>> = { any: "linux", rfc6335: "iana" };

const byName: ReadonlyMap<string, Profile> = new Map(registry.map(({ profile }) => [profile.name, profile]));

export function profileFor(model: string): Profile | undefined {
  return byName.get(model) ?? byName.get(others[model] ?? "");
}
