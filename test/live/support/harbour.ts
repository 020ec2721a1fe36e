/** The world of a live suite: a namespace, whose only way out is a TUN to `harbormaster up` with every service. */
import { createNamespace, type Namespace } from "./namespace.ts";
import { openShelf, type Shelf } from "./shelf.ts";
import { startUp, type Up } from "./up.ts";

export const families = ["v4", "v6"] as const;
export type FamilyName = (typeof families)[number];

/** The kernel's addresses on the TUN, and ours. */
export const kernel = { v4: "10.9.0.1", v6: "fd00:9::1" } as const;
export const ours = { v4: "10.9.0.2", v6: "fd00:9::2" } as const;

/** Options that make us a neighbour of the kernel on the TUN `hm0`. */
export const onTun = [
  ...["--tun", "hm0", "--peer", `${kernel.v4}/24`, "--peer", `${kernel.v6}/64`],
  ...["--address", `${ours.v4}/24`, "--address", `${ours.v6}/64`],
] as const;

/** A file of ours by HTTP. */
export function urlOf(host: string, path: string, port = 80): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}/${path}`;
}

export interface Harbour {
  readonly namespace: Namespace;
  /** Served by HTTP and TFTP; the working directory of {@link Harbour.shell}. */
  readonly shelf: Shelf;
  readonly up: Up;
  /** Runs a line of shell in the namespace. @throws Error with what it said where it fails */
  shell(command: string): Promise<string>;
  close(): void;
}

/** Opens it. The kernel's own addresses have no network: all its packets follow the default route. */
export async function openHarbour(): Promise<Harbour> {
  const namespace = await createNamespace();
  const shelf = openShelf();
  const close = (): void => {
    namespace.remove();
    shelf.remove();
  };
  try {
    const up = await startUp(namespace, shelf, [
      ...["--tun", "hm0", "--peer", `${kernel.v4}/32`, "--peer", `${kernel.v6}/128`],
      ...["--address", `${ours.v4}/24`, "--address", `${ours.v6}/64`],
      ...["--serve", `echo,discard,chargen,daytime,http=${shelf.directory},tftp=${shelf.directory}`],
    ]);
    for (const family of ["-4", "-6"]) namespace.ip(family, "route", "add", "default", "dev", "hm0");
    const shell = (command: string): Promise<string> =>
      namespace.succeed("sh", ["-c", command], { cwd: shelf.directory, limit: 60_000 });
    return { namespace, shelf, up, shell, close };
  } catch (error) {
    close();
    throw error;
  }
}
