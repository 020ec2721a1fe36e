/** The profiles that suites ask for, by the names vectors use. */
import type { Profile } from "../ports/profile.ts";
import { freebsd13 } from "../ports/profiles/freebsd.ts";
import { iana } from "../ports/profiles/iana.ts";
import { linux } from "../ports/profiles/linux.ts";

const profiles: Readonly<Record<string, Profile>> = { any: linux, linux, iana, "freebsd-13": freebsd13 };

/** Names that {@link profileFor} knows. */
export const modelNames: readonly string[] = Object.keys(profiles).filter((name) => name !== "any");

export function profileFor(model: string): Profile | undefined {
  return Object.hasOwn(profiles, model) ? profiles[model] : undefined;
}
