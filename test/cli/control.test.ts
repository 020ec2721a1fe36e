import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { askControl, serveControl } from "../../src/cli/control.ts";

const place = mkdtempSync(join(tmpdir(), "harbormaster-"));
afterAll(() => rmSync(place, { recursive: true }));

test("a control socket answers with one document, to its owner only, and is gone when closed", async () => {
  const path = join(place, "control");
  let count = 0;
  const control = await serveControl(path, () => ({ count: ++count }));
  expect(statSync(path).mode & 0o077).toBe(0);
  expect(await askControl(path)).toEqual({ count: 1 });
  expect(await askControl(path)).toEqual({ count: 2 });
  await control.close();
  await expect(askControl(path)).rejects.toThrow("no answer at");
});

test("a path that cannot be listened at, and one where something else answers, are told", async () => {
  await expect(serveControl(join(place, "no/such/place"), () => 0)).rejects.toThrow("no control socket");
  const path = join(place, "other");
  const server = createServer((socket) => socket.end("hello")).listen(path);
  await expect(askControl(path)).rejects.toThrow("no harbormaster");
  server.close();
});
