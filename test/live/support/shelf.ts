/** Files to fetch and captures to judge: a directory that goes when the tests are over. */
import { createCipheriv, createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Shelf {
  readonly directory: string;
  path(name: string): string;
  /** Makes a file of bytes that do not repeat, the same for each `length`. @returns its SHA-256 in hexadecimal */
  make(name: string, length: number): string;
  remove(): void;
}

export function openShelf(): Shelf {
  const directory = mkdtempSync(join(tmpdir(), "hm-live-"));
  const path = (name: string): string => join(directory, name);
  return {
    directory,
    path,
    make: (name, length) => {
      writeFileSync(path(name), noise(length));
      return sha256Of(path(name));
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Bytes that look like chance and are always the same. */
export function noise(length: number): Uint8Array {
  return createCipheriv("aes-128-ctr", new Uint8Array(16), new Uint8Array(16)).update(new Uint8Array(length));
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function sha256Of(path: string): string {
  return sha256(readFileSync(path));
}
