import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { encodeLatin1 } from "../../src/base/text.ts";
import { download } from "../../src/cli/download.ts";
import { memoryFiles } from "../../src/services/file-source.ts";
import { httpServer } from "../../src/services/http/server.ts";
import { StreamServer } from "../../src/services/stream-server.ts";
import { FakeNetwork } from "../services/support/fake-network.ts";

const server = "10.0.0.2";
const file = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) & 0xff);

function setup() {
  const network = new FakeNetwork();
  return { network, host: network.host(server), client: network.host("10.0.0.1") };
}

const get = (port: number) => ({ remote: { address: server, port }, authority: "h", target: "/file" });

test("a download counts, hashes and times what a slow sink takes, and says which port it came to", async () => {
  const { network, host, client } = setup();
  httpServer(host, { address: "0.0.0.0", port: 80 }, { files: memoryFiles({ file }) });
  const parts: Uint8Array[] = [];
  const waiting: (() => void)[] = [];
  const moved: number[] = [];
  const running = download(client, {
    get: get(80),
    sink: {
      write: (bytes) => {
        parts.push(bytes.slice());
        return parts.length % 5 !== 0;
      },
      drained: (call) => waiting.push(call),
    },
    moved: (bytes) => moved.push(bytes),
  });
  network.run();
  expect(Buffer.concat(parts).length).toBeLessThan(file.length);
  while (waiting.length > 0) {
    waiting.shift()!();
    network.run();
  }
  const result = await running;
  expect(Buffer.concat(parts).equals(file)).toBe(true);
  expect(moved.at(-1)).toBe(file.length);
  expect(result).toMatchObject({
    status: 200,
    bytes: file.length,
    source: { address: "10.0.0.1", port: 49_152 },
    sha256: createHash("sha256").update(file).digest("hex"),
  });
  expect(result.milliseconds).toBeGreaterThanOrEqual(result.firstByte);
});

test("what goes wrong is told in words", async () => {
  const { network, host, client } = setup();
  const sink = { write: () => true, drained: () => {} };
  new StreamServer(host, { name: "odd", at: { address: "0.0.0.0", port: 81 } }, (stream) => {
    stream.write(encodeLatin1("220 mail ready\r\n\r\n"));
    return { data: () => {}, ended: () => stream.end() };
  });
  const odd = download(client, { get: get(81), sink });
  const refused = download(client, { get: get(82), sink });
  network.run();
  await expect(odd).rejects.toThrow("h: what it answers is not HTTP/1.1");
  await expect(refused).rejects.toThrow("connect ECONNREFUSED 10.0.0.2:82");
});

test("a sink that fails ends the download with its error, and the connection with a reset", async () => {
  const { network, host, client } = setup();
  const service = httpServer(host, { address: "0.0.0.0", port: 80 }, { files: memoryFiles({ file }) });
  const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  const write = (): boolean => {
    throw full;
  };
  const running = download(client, { get: get(80), sink: { write, drained: () => {} } });
  network.run();
  await expect(running).rejects.toBe(full);
  expect(service.connections).toBe(0);
});
