import { expect, test } from "vitest";
import { probeLinks } from "../../src/node/probe.ts";
import { describeLive } from "./support/live.ts";
import { createNamespace } from "./support/namespace.ts";

describeLive("probing a machine that has everything", ["root", "tun", "raw", "ip"], () => {
  test("finds it all usable, and leaves nothing behind", async () => {
    const namespace = await createNamespace();
    const probes = await namespace.inside(probeLinks);
    expect(probes).toMatchObject({ tun: { ok: true }, raw: { ok: true }, packet: { ok: true } });
    expect(namespace.ip("-o", "link").trim().split("\n")).toEqual([expect.stringMatching(/^1: lo:/)]);
    namespace.remove();
  });
});
