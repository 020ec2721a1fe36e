/** The files a Linux kernel starts with (Documentation/driver-api/early-userspace/buffer-format.rst): a cpio archive, "newc". */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

export interface Entry {
  readonly name: string;
  /** `0o40755` for a directory, `0o100755` for a program. */
  readonly mode: number;
  readonly data?: Uint8Array;
}

const directory = 0o40755;
const program = 0o100755;

export function cpio(entries: readonly Entry[]): Uint8Array {
  const parts = [...entries, { name: "TRAILER!!!", mode: 0 }].flatMap((entry, i) => member(entry, i + 1));
  return Buffer.concat(parts);
}

function member({ name, mode, data = new Uint8Array(0) }: Entry, inode: number): Uint8Array[] {
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length + 1, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}\0`;
  return [
    Buffer.from(head.padEnd(padded(head.length), "\0"), "latin1"),
    data,
    Buffer.alloc(padded(data.length) - data.length),
  ];
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** `init` as the first process, and kernel modules from `tree` with all they need; `/modules/order` lists them. */
export function guestFiles(init: string, tree: string, modules: readonly string[]): Uint8Array {
  const paths = inOrder(readFileSync(join(tree, "modules.dep"), "latin1"), modules);
  const order = paths.map((path) => `/modules/${basename(path)}\n`).join("");
  return cpio([
    { name: "init", mode: program, data: readFileSync(init) },
    { name: "modules", mode: directory },
    { name: "modules/order", mode: program, data: Buffer.from(order) },
    ...paths.map((path) => ({
      name: `modules/${basename(path)}`,
      mode: program,
      data: readFileSync(join(tree, path)),
    })),
  ]);
}

/** Paths of the modules, each after those it depends on, which modules.dep lists in reverse. */
function inOrder(dependencies: string, wanted: readonly string[]): string[] {
  const paths = new Set<string>();
  for (const name of wanted) {
    const line = dependencies.split("\n").find((each) => each.includes(`/${name}.ko:`));
    if (line === undefined) throw new Error(`no kernel module ${name}`);
    const [path = "", needed = ""] = line.split(":");
    for (const each of [...needed.trim().split(/\s+/).reverse(), path]) if (each !== "") paths.add(each);
  }
  return [...paths];
}
