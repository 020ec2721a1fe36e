import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openCaptureFile } from "../../src/node/capture-file.ts";
import { type PcapngCapture, parsePcapng } from "../../src/wire/capture/pcapng-reader.ts";

const directory = mkdtempSync(join(tmpdir(), "hm-capture-"));
const path = join(directory, "a.pcapng");

afterAll(() => rmSync(directory, { recursive: true }));

test("each link is an interface; packets keep bytes, time, direction and comment", async () => {
  const file = openCaptureFile(path, { epoch: 1_700_000_000_000 });
  const [pipe, lan] = (["ip", "ethernet"] as const).map((medium) =>
    file.sink({ name: `a ${medium}`, capabilities: { medium } as never }),
  );
  const bytes = Uint8Array.of(9, 1, 2, 3, 9);
  const packet = { bytes, start: 1, end: 4, link: "", comment: undefined };
  pipe!({ ...packet, instant: 1.5, direction: "out" });
  lan!({ ...packet, instant: 2, direction: "in", comment: "why" });
  bytes.fill(0);
  await file.close();
  expect(parsePcapng(readFileSync(path))).toMatchObject({
    interfaces: [
      { linkType: 101, name: "a ip" },
      { linkType: 1, name: "a ethernet" },
    ],
    packets: [
      { interface: 0, nanoseconds: 1_700_000_000_001_500_000n, direction: "outbound", comment: "" },
      { interface: 1, nanoseconds: 1_700_000_000_002_000_000n, direction: "inbound", comment: "why" },
    ],
  });
  const [first] = (parsePcapng(readFileSync(path)) as PcapngCapture).packets;
  expect([...first!.bytes.subarray(first!.start, first!.end)]).toEqual([1, 2, 3]);
});

test("packets the disk has no time for are left out and counted, never half", async () => {
  const file = openCaptureFile(path, { limit: 2000 });
  const sink = file.sink({ name: "x", capabilities: { medium: "ip" } as never });
  const packet = { bytes: new Uint8Array(700), start: 0, end: 700, link: "", comment: undefined };
  for (let i = 0; i < 5; i++) sink({ ...packet, instant: i, direction: "in" });
  expect(file.dropped).toBe(3);
  await file.close();
  expect(parsePcapng(readFileSync(path))).toMatchObject({ packets: [{ end: expect.any(Number) }, {}] });
});
