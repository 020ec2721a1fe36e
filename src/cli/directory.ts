/** A directory as a source of files for the HTTP and TFTP servers. Nothing outside it is ever opened. */
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import type { FileContent, FileSource } from "../services/file-source.ts";
import { UsageError } from "./failure.ts";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  txt: "text/plain; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  jpg: "image/jpeg",
  pdf: "application/pdf",
};

/** What a request for a directory is answered with. */
const index = "index.html";

/** @throws UsageError where `path` is no directory. */
export function directoryFiles(path: string): FileSource {
  const root = rootOf(path);
  return { open: (wanted) => openInside(root, wanted) ?? openInside(root, join(wanted, index)) };
}

function rootOf(path: string): string {
  try {
    if (statSync(path).isDirectory()) return realpathSync(path);
  } catch {
    // said below
  }
  throw new UsageError(`not a directory that can be read: ${path}`);
}

/** The regular file at `wanted` under `root`; links that lead out of it are not followed. */
function openInside(root: string, wanted: string): FileContent | undefined {
  try {
    const real = realpathSync(join(root, wanted));
    if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    if (!statSync(real).isFile()) return undefined;
    return content(openSync(real, "r"), real);
  } catch {
    return undefined;
  }
}

function content(file: number, path: string): FileContent {
  const extension = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  return {
    size: fstatSync(file).size,
    type: Object.hasOwn(types, extension) ? types[extension] : undefined,
    read: (offset, into) => {
      try {
        return readSync(file, into, 0, into.length, offset);
      } catch {
        return 0;
      }
    },
    close: () => closeSync(file),
  };
}
