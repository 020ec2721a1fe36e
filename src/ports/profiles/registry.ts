/** Every profile by its name, with what is known of it: the table behind `--profile` and of the documents. */
import type { Profile } from "../profile.ts";
import { bsd } from "./bsd.ts";
import { iana } from "./iana.ts";
import { linux } from "./linux.ts";

export interface ProfileEntry {
  readonly profile: Profile;
  /** The systems it stands for, as their makers write them. */
  readonly title: string;
  /** Measured on a running system, read in its source, or only said by its documents. */
  readonly evidence: "measured" | "source" | "documented";
  /** Where its values are from: file and function, section or page. */
  readonly source: string;
}

export const registry: readonly ProfileEntry[] = [
  {
    profile: linux,
    title: "Linux 6.18",
    evidence: "measured",
    source: "net/ipv4/inet_hashtables.c, inet_connection_sock.c, udp.c; net/sctp/socket.c",
  },
  { profile: iana, title: "IANA", evidence: "documented", source: "RFC 6335, section 6" },
  { profile: bsd, title: "FreeBSD 13", evidence: "source", source: "sys/netinet/in_pcb.c" },
];

const byName: ReadonlyMap<string, ProfileEntry> = new Map(
  registry.map((entry) => [entry.profile.name, entry]),
);

/** @throws RangeError where there is no such profile */
export function profileNamed(name: string): Profile {
  const entry = byName.get(name);
  if (entry === undefined)
    throw new RangeError(`no profile "${name}": there are ${[...byName.keys()].join(", ")}`);
  return entry.profile;
}
