import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { directoryFiles } from "../../src/cli/directory.ts";
import { UsageError } from "../../src/cli/failure.ts";

const place = mkdtempSync(join(tmpdir(), "harbormaster-"));
afterAll(() => rmSync(place, { recursive: true }));

const root = join(place, "root");
mkdirSync(join(root, "sub"), { recursive: true });
writeFileSync(join(root, "a.txt"), "hello");
writeFileSync(join(root, "sub", "index.html"), "<p>");
writeFileSync(join(place, "secret"), "no");
symlinkSync("../secret", join(root, "out"));
symlinkSync("a.txt", join(root, "in"));

describe("a directory as a source of files", () => {
  const files = directoryFiles(root);

  function contentOf(path: string): string | undefined {
    const file = files.open(path);
    if (file === undefined) return undefined;
    const bytes = new Uint8Array(file.size);
    expect(file.read(0, bytes)).toBe(file.size);
    expect(file.read(file.size, new Uint8Array(1))).toBe(0);
    file.close?.();
    return Buffer.from(bytes).toString();
  }

  test("gives files, their types, and index.html for a directory", () => {
    expect(contentOf("a.txt")).toBe("hello");
    expect(contentOf("sub")).toBe("<p>");
    const file = files.open("sub");
    expect(file?.type).toBe("text/html; charset=utf-8");
    file?.close?.();
  });

  test("follows links inside it, and none that lead out", () => {
    expect(contentOf("in")).toBe("hello");
    expect(contentOf("out")).toBeUndefined();
  });

  test.each(["", "nothing", "../secret", "a.txt/b", "sub/../../secret", "x".repeat(5000)])(
    "has no file %j",
    (path) => {
      expect(contentOf(path)).toBeUndefined();
    },
  );

  test("must be a directory", () => {
    expect(() => directoryFiles(join(root, "a.txt"))).toThrow(UsageError);
    expect(() => directoryFiles(join(root, "nothing"))).toThrow(UsageError);
  });
});
