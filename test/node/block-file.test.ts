import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { openBlockFile } from "../../src/node/block-file.ts";

const directory = mkdtempSync(join(tmpdir(), "hm-blocks-"));
const path = join(directory, "a");

afterAll(() => rmSync(directory, { recursive: true }));

test("what is written is on the disk after close, in order, though its memory was used again", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 40 }), async (lengths) => {
      const file = openBlockFile(path);
      const memory = new Uint8Array(100_000);
      const expected: Buffer[] = [];
      for (const [i, length] of lengths.entries()) {
        memory.fill(i + 1);
        expect(file.write(memory.subarray(0, length))).toBe(true);
        expected.push(Buffer.alloc(length, i + 1));
        if (i % 7 === 3) await new Promise(setImmediate);
      }
      await file.close();
      expect(readFileSync(path).equals(Buffer.concat(expected))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("beyond the limit whole blocks are left out and counted, until the disk has caught up", async () => {
  const file = openBlockFile(path, { limit: 1000 });
  expect(file.write(new Uint8Array(600))).toBe(true);
  expect(file.write(new Uint8Array(600))).toBe(false);
  expect(file.write(new Uint8Array(400))).toBe(true);
  expect(file.dropped).toBe(1);
  while (!file.write(new Uint8Array(1000))) await new Promise(setImmediate);
  await file.close();
  expect(readFileSync(path)).toHaveLength(2000);
});

test("small blocks reach the disk without a close", async () => {
  const file = openBlockFile(path);
  file.write(new Uint8Array(100));
  while (readFileSync(path).length < 100) await new Promise(setImmediate);
  await file.close();
});

test.skipIf(!existsSync("/dev/full"))("a failed write is told by the next one, or by close", async () => {
  const file = openBlockFile("/dev/full");
  file.write(new Uint8Array(100));
  await expect(file.close()).rejects.toMatchObject({ code: "ENOSPC" });
});

test("a path that cannot be opened is the caller's error, and a closed file takes nothing", async () => {
  expect(() => openBlockFile(join(directory, "no", "where"))).toThrow(
    expect.objectContaining({ code: "ENOENT" }),
  );
  const file = openBlockFile(path);
  await Promise.all([file.close(), file.close()]);
  expect(() => file.write(new Uint8Array(1))).toThrow(
    expect.objectContaining({ code: "ERR_STREAM_WRITE_AFTER_END" }),
  );
});
