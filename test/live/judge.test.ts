import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import type { Packet } from "../../src/base/packet.ts";
import { openCaptureFile } from "../../src/node/capture-file.ts";
import { udpPacket } from "../node/packets.ts";
import { describeLive } from "./support/live.ts";
import { judgeCapture } from "./support/tshark.ts";

describeLive("the judge of captures", ["tshark"], () => {
  async function judged(...packets: Packet[]) {
    const directory = mkdtempSync(join(tmpdir(), "hm-judge-"));
    const file = openCaptureFile(join(directory, "a.pcapng"));
    const sink = file.sink({ name: "x", capabilities: { medium: "ip" } as never });
    for (const packet of packets)
      sink({ ...packet, instant: 0, direction: "in", link: "x", comment: undefined });
    await file.close();
    const report = await judgeCapture(join(directory, "a.pcapng"));
    rmSync(directory, { recursive: true });
    return report;
  }

  const flows = (["192.0.2.1", "2001:db8::1"] as const).map((text) => ({
    from: { address: address(text), port: 7777 },
    to: { address: address(text), port: 7778 },
  }));
  const whole = () => flows.map((flow) => udpPacket(flow, new Uint8Array(100), "none"));

  test("lets good packets pass", async () => {
    expect(await judged(...whole())).toEqual({ packets: 2, problems: [] });
  });

  test("sees one wrong bit in a header or a payload, and a packet cut short", async () => {
    for (const at of [12, 30, 60]) {
      const packets = whole();
      packets[0]!.bytes[packets[0]!.start + at]! ^= 1;
      expect((await judged(...packets)).problems).toHaveLength(1);
    }
    const [, six] = whole();
    six!.bytes[six!.end - 1]! ^= 1;
    expect((await judged(six!)).problems).toHaveLength(1);
    const [four] = whole();
    four!.end = four!.start + 22;
    expect((await judged(four!)).problems).toHaveLength(1);
  });
});
