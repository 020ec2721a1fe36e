import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeLatin1, encodeLatin1 } from "../../src/base/text.ts";
import { memoryFiles } from "../../src/services/file-source.ts";
import { agree } from "../../src/services/tftp/options.ts";
import { parseRequest } from "../../src/services/tftp/packet.ts";
import { TftpServer } from "../../src/services/tftp/server.ts";
import type { TransferResult } from "../../src/services/tftp/transfer.ts";
import { FakeNetwork } from "./support/fake-network.ts";
import { ask } from "./support/peer.ts";
import { TestTftpClient } from "./support/tftp-client.ts";

const server = "10.0.0.2";
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 13) & 0xff);
const contents = {
  empty: new Uint8Array(0),
  short: bytes(100),
  exact: bytes(1024),
  long: bytes(10_000),
  huge: bytes(70_000 * 8),
  "dir/text": encodeLatin1("one\ntwo\r\nthree\r"),
};

function setup(options: { transfers?: number; blockSize?: number } = {}) {
  const network = new FakeNetwork();
  const results: TransferResult[] = [];
  const service = new TftpServer(
    network.host(server),
    { address: "0.0.0.0", port: 69 },
    {
      files: memoryFiles(contents),
      log: (result) => results.push(result),
      ...options,
    },
  );
  const host = network.host("10.0.0.1");
  const fetch = (file: string, wanted: Record<string, string> = {}, mode = "octet") =>
    new TestTftpClient(host, { address: server, port: 69 }, file, wanted, mode);
  return { network, service, results, host, fetch };
}

describe("a transfer", () => {
  test.each(["empty", "short", "exact", "long"] as const)("of %s arrives intact [RFC 1350]", (file) => {
    const { network, fetch, results, service } = setup();
    const client = fetch(file);
    network.run();
    expect(client.done).toBe(true);
    expect(client.bytes).toEqual(contents[file]);
    expect(results).toMatchObject([{ end: "done", bytes: contents[file].length, retransmissions: 0 }]);
    expect(service.transfers).toBe(0);
  });

  test("answers from an ephemeral port of its own, another for each [RFC 1350 4]", () => {
    const { network, fetch, results } = setup();
    const clients = [fetch("long"), fetch("long"), fetch("short")];
    network.run();
    const ports = clients.map((client) => client.serverPort);
    expect(new Set(ports).size).toBe(3);
    expect(ports).not.toContain(69);
    expect(results.map((result) => result.localPort).sort()).toEqual(ports.sort());
  });

  test("of a file that fills its last block ends with an empty one [RFC 1350 6]", () => {
    const { network, fetch } = setup();
    const client = fetch("exact");
    network.run();
    expect(client.blocks).toBe(3);
  });

  test("counts its blocks on past 65,535", () => {
    const { network, fetch } = setup();
    const client = fetch("huge", { blksize: "8" });
    network.run();
    expect(client.done).toBe(true);
    expect(Buffer.from(client.bytes).equals(contents.huge)).toBe(true);
    expect(client.blocks).toBe(70_001);
  });

  test("in netascii gives CR LF for a line end and CR NUL for a CR, over any block boundary [RFC 1350 1]", () => {
    const { network, fetch } = setup();
    const client = fetch("dir/text", {}, "NetASCII");
    network.run();
    expect(decodeLatin1(client.bytes)).toBe("one\r\ntwo\r\0\r\nthree\r\0");
    const small = fetch("dir/text", { blksize: "8" }, "netascii");
    network.run();
    expect(small.bytes).toEqual(client.bytes);
  });
});

describe("options", () => {
  test("blksize, timeout and tsize are agreed in an OACK [RFC 2347, RFC 2348, RFC 2349]", () => {
    const { network, fetch } = setup();
    const client = fetch("long", { BlkSize: "1428", tsize: "0", timeout: "3", windowsize: "4" });
    network.run();
    expect(client.agreed).toEqual({ blksize: "1428", tsize: "10000", timeout: "3" });
    expect(client.blocks).toBe(8);
    expect(client.bytes).toEqual(contents.long);
  });

  test("a block size above the server's is answered with the server's [RFC 2348]", () => {
    const { network, fetch } = setup({ blockSize: 1024 });
    const client = fetch("long", { blksize: "65464" });
    network.run();
    expect(client.agreed).toEqual({ blksize: "1024" });
    expect(client.bytes).toEqual(contents.long);
  });

  test.each([
    ["blksize", "7"],
    ["blksize", "65465"],
    ["blksize", "-1"],
    ["blksize", ""],
    ["timeout", "0"],
    ["timeout", "256"],
    ["tsize", "x"],
    ["unheard-of", "1"],
  ])("%s=%s is left out [RFC 2347]", (name, value) => {
    expect(agree(new Map([[name, value]]), 100, 65_464).agreed.size).toBe(0);
  });

  test("tsize is left out where the size is not known before translation [RFC 2349]", () => {
    expect(agree(new Map([["tsize", "0"]]), undefined, 512).agreed.size).toBe(0);
  });
});

describe("loss", () => {
  test("a lost block and a lost ACK are made good by the timer [RFC 1123 4.2.3.2]", () => {
    const { network, fetch, results } = setup();
    let count = 0;
    network.drops = () => ++count % 7 === 0;
    const client = fetch("long");
    network.advance(120_000);
    expect(client.bytes).toEqual(contents.long);
    expect(results[0]!.retransmissions).toBeGreaterThan(0);
  });

  test("a block that was too long for the way, as ICMP says, is sent again at once [RFC 1191 6.5]", () => {
    const { network, fetch, results } = setup();
    let refused = 0;
    network.drops = (data, from) => {
      if (data.length < 516 || refused++ > 0) return false;
      network.sockets.get(`udp ${from.address}:${from.port}`)!.fail("EMSGSIZE");
      return true;
    };
    const client = fetch("long");
    network.run();
    expect(client.bytes).toEqual(contents.long);
    expect(results).toMatchObject([{ end: "done", retransmissions: 1 }]);
  });

  test("a duplicate ACK sends nothing: no Sorcerer's Apprentice [RFC 1123 4.2.3.1]", () => {
    const { network, fetch } = setup();
    const client = fetch("long");
    client.acksPerBlock = 2;
    network.advance(60_000);
    expect(client.done).toBe(true);
    const data = network.datagrams.filter(({ from, bytes: b }) => from.address === server && b[1] === 3);
    expect(data.length).toBe(20);
  });

  test("a silent client is given up after six tries, each twice as far apart", () => {
    const { network, fetch, results, service } = setup();
    const client = fetch("long");
    client.acksPerBlock = 0;
    network.run();
    const sent = () => network.datagrams.filter(({ from }) => from.address === server).length;
    expect(sent()).toBe(1);
    network.advance(1000);
    expect(sent()).toBe(2);
    network.advance(1999);
    expect(sent()).toBe(2);
    network.advance(1);
    expect(sent()).toBe(3);
    network.advance(60_000);
    expect(sent()).toBe(6);
    expect(results).toMatchObject([{ end: "timeout" }]);
    expect(service.transfers).toBe(0);
  });

  test("a client that asked for its own timeout gets it, without doubling [RFC 2349]", () => {
    const { network, fetch } = setup();
    const client = fetch("long", { timeout: "2" });
    client.acksPerBlock = 0;
    network.advance(5999);
    expect(network.datagrams.filter(({ from }) => from.address === server).length).toBe(3);
  });

  test("a request sent twice starts one transfer", () => {
    const { network, fetch, service } = setup();
    const client = fetch("long");
    client.ask();
    network.run();
    expect(service.counters.served).toBe(1);
    expect(client.bytes).toEqual(contents.long);
  });

  test("a client that gave up and asks again from the same port is served again", () => {
    const { network, fetch, service } = setup();
    const client = fetch("long");
    client.stopAfter = 3;
    network.advance(1500);
    client.restart();
    network.advance(30_000);
    expect(client.bytes).toEqual(contents.long);
    expect(service.counters.served).toBe(2);
    expect(service.transfers).toBe(0);
  });

  test("a client that has gone, as ICMP says, ends its transfer at once", () => {
    const { network, fetch, results } = setup();
    const client = fetch("long");
    client.acksPerBlock = 0;
    network.run();
    client.close();
    network.advance(1000);
    expect(results).toMatchObject([{ end: "unreachable" }]);
  });
});

describe("what is refused", () => {
  test.each([
    ["a file that is not there", "nothing", "octet", 1, 1],
    ["a path that climbs out", "../../etc/passwd", "octet", 1, 1],
    ["mail mode", "short", "mail", 1, 4],
    ["writing", "short", "octet", 2, 2],
  ])("%s gets its ERROR, and from an ephemeral port [RFC 1350 5]", (_, file, mode, opcode, code) => {
    const { network, host, service } = setup();
    const request = encodeLatin1(`\0${String.fromCharCode(opcode)}${file}\0${mode}\0`);
    const reply = ask(network, host, { address: server, port: 69 }, request)!;
    expect([...reply.subarray(0, 4)]).toEqual([0, 5, 0, code]);
    expect(reply.at(-1)).toBe(0);
    expect(network.datagrams.at(-1)!.from.port).not.toBe(69);
    expect(service.transfers).toBe(0);
    expect(network.sockets.size).toBe(1);
  });

  test("more transfers than the limit are told to come back", () => {
    const { network, fetch } = setup({ transfers: 1 });
    const first = fetch("long");
    first.acksPerBlock = 0;
    network.run();
    const second = fetch("short");
    network.run();
    expect(second.error).toEqual({ code: 0, message: "too many transfers, try again later" });
  });

  test("an ERROR, and anything that is no request, is never answered", () => {
    const { network, host } = setup();
    for (const text of [
      "\0\x05\0\0x\0",
      "\0\x03\0\x01data",
      "",
      "\0",
      "\0\x01file",
      "\0\x01file\0octet",
      "\0\x01\0octet\0",
    ])
      expect(ask(network, host, { address: server, port: 69 }, encodeLatin1(text))).toBeUndefined();
  });

  test("an ERROR from the client ends the transfer without an answer", () => {
    const { network, fetch, results } = setup();
    const client = fetch("long");
    client.failAt = 3;
    network.run();
    expect(results).toMatchObject([{ end: "refused-by-peer", blocks: 3 }]);
  });

  test("random datagrams never throw, and a request is read as it was written", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (random, asRequest) => {
        const { network, host, service } = setup();
        const datagram = asRequest ? Uint8Array.of(0, 1, ...random, 0) : random;
        ask(network, host, { address: server, port: 69 }, datagram);
        network.advance(100_000);
        expect(service.transfers).toBe(0);
      }),
    );
    expect(parseRequest(encodeLatin1("\0\x01a/b\0OCTET\0TSIZE\x000\0tsize\x001\0"))).toEqual({
      operation: "read",
      file: "a/b",
      mode: "octet",
      options: new Map([["tsize", "0"]]),
    });
  });

  test("closing the server tells its clients and frees every port", () => {
    const { network, fetch, service, results } = setup();
    const client = fetch("long");
    client.acksPerBlock = 0;
    network.run();
    service.close();
    network.run();
    expect(client.error?.message).toBe("server is shutting down");
    expect(results).toMatchObject([{ end: "aborted" }]);
    expect([...network.sockets.keys()]).toEqual(["udp 10.0.0.1:49152"]);
  });
});
