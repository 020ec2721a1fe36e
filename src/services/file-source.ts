/** Where servers get their files: given by the caller, so that a directory, a bundle or a test can be served alike. */

/** An open file. */
export interface FileContent {
  /** Bytes. */
  readonly size: number;
  /** Media type for HTTP, such as `text/html; charset=utf-8`; absent: application/octet-stream. */
  readonly type?: string | undefined;
  /** Fills `into` from `offset` on. @returns the bytes put there; fewer than asked for only at the end of the file. */
  read(offset: number, into: Uint8Array): number;
  /** Called once when the server is done with it. */
  close?(): void;
}

export interface FileSource {
  /**
   * The file at `path`: decoded text, segments parted by `/`, without a leading one; no `.`, `..` or empty segments and
   * no NUL. Empty is the root. @returns undefined where there is no such file.
   */
  open(path: string): FileContent | undefined;
}

/**
 * A path from the network made safe to hand to {@link FileSource.open}.
 * @returns undefined where it would climb above the root, or holds what no file name does.
 */
export function safePath(path: string): string | undefined {
  if (path.includes("\0") || path.includes("\\")) return undefined;
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") kept.push(segment);
    else if (kept.pop() === undefined) return undefined;
  }
  return kept.join("/");
}

/** Files held in memory, by path. */
export function memoryFiles(files: Readonly<Record<string, Uint8Array>>): FileSource {
  return {
    open: (path) => {
      if (!Object.hasOwn(files, path)) return undefined;
      const bytes = files[path]!;
      return {
        size: bytes.length,
        read: (offset, into) => {
          const part = bytes.subarray(offset, offset + into.length);
          into.set(part);
          return part.length;
        },
      };
    },
  };
}
