import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeLatin1, encodeLatin1 } from "../../src/base/text.ts";
import { memoryFiles } from "../../src/services/file-source.ts";
import { type HttpResponse, httpGet } from "../../src/services/http/get.ts";
import { httpServer } from "../../src/services/http/server.ts";
import { StreamServer } from "../../src/services/stream-server.ts";
import { FakeNetwork } from "./support/fake-network.ts";

const server = "10.0.0.2";

interface Outcome {
  response: HttpResponse | undefined;
  body: string;
  end: string | undefined;
  request: string;
  localPort: number;
}

/** Fetches from a server that says `pieces`, each by itself, and then ends. */
function fetchFrom(pieces: readonly string[], reset = false): Outcome {
  const network = new FakeNetwork();
  const outcome: Outcome = { response: undefined, body: "", end: undefined, request: "", localPort: 0 };
  const service = new StreamServer(
    network.host(server),
    { name: "fake", at: { address: "0.0.0.0", port: 80 } },
    (stream) => ({
      data: (bytes) => {
        outcome.request += decodeLatin1(bytes);
        if (!outcome.request.endsWith("\r\n\r\n")) return;
        for (const piece of pieces) stream.write(encodeLatin1(piece));
        if (!reset) stream.end();
      },
      ended: () => stream.end(),
    }),
  );
  httpGet(
    network.host("10.0.0.1"),
    { remote: { address: server, port: 80 }, authority: "example.org", target: "/file?x=1" },
    {
      connected: (local) => {
        outcome.localPort = local.port;
      },
      head: (response) => {
        outcome.response = response;
      },
      data: (bytes) => {
        outcome.body += decodeLatin1(bytes);
      },
      done: () => {
        expect(outcome.end).toBeUndefined();
        outcome.end = "done";
      },
      failed: (reason) => {
        expect(outcome.end).toBeUndefined();
        outcome.end = typeof reason === "string" ? reason : reason.code;
      },
    },
  );
  network.run();
  if (reset) service.close();
  network.run();
  return outcome;
}

describe("a GET", () => {
  test("asks with what HTTP/1.1 wants, from an ephemeral port [RFC 9112 3.2]", () => {
    const { request, localPort } = fetchFrom(["HTTP/1.1 204 No Content\r\n\r\n"]);
    expect(request).toMatch(/^GET \/file\?x=1 HTTP\/1\.1\r\nHost: example\.org\r\n/);
    expect(request).toContain("\r\nConnection: close\r\n");
    expect(localPort).toBeGreaterThanOrEqual(49_152);
  });

  test("reads a body of the length announced, and no further [RFC 9112 6.2]", () => {
    const outcome = fetchFrom(["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more"]);
    expect(outcome).toMatchObject({ body: "hello", end: "done", response: { status: 200, length: 5 } });
  });

  test("reads a body that ends with the connection [RFC 9112 6.3]", () => {
    expect(fetchFrom(["HTTP/1.0 200\r\n\r\n", "all ", "of it"])).toMatchObject({
      body: "all of it",
      end: "done",
    });
  });

  test("decodes chunks, their extensions and trailers passed over [RFC 9112 7.1]", () => {
    const chunked = "4;x=y\r\nWiki\r\n6\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: 1\r\n\r\n";
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(fetchFrom([head, chunked])).toMatchObject({ body: "Wikipedia in \r\n\r\nchunks.", end: "done" });
    expect(fetchFrom([...head, ...chunked])).toMatchObject({
      body: "Wikipedia in \r\n\r\nchunks.",
      end: "done",
    });
  });

  test("passes over interim responses [RFC 9110 15.2]", () => {
    const outcome = fetchFrom([
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    ]);
    expect(outcome).toMatchObject({
      body: "no",
      end: "done",
      response: { status: 404, reason: "Not Found" },
    });
  });

  test("does not follow redirects", () => {
    const outcome = fetchFrom(["HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n"]);
    expect(outcome.response?.fields.get("location")).toBe("/else");
    expect(outcome.end).toBe("done");
  });

  test.each([
    ["nothing at all", "", "no-response"],
    ["half a head", "HTTP/1.1 200 OK\r\nX", "malformed-response"],
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "malformed-response"],
    ["an upgrade nobody asked for", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "malformed-response"],
    ["a body too short", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "truncated-body"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "malformed-length"],
    [
      "a coding of its own",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "unknown-transfer-coding",
    ],
    [
      "a chunk without size",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      "malformed-chunk",
    ],
    ["chunks cut off", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "truncated-body"],
    [
      "endless trailers",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${"a: b\r\n".repeat(10_000)}`,
      "malformed-chunk",
    ],
    ["an endless head", `HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(20_000)}`, "head-too-large"],
    ["endless interim responses", "HTTP/1.1 100 Continue\r\n\r\n".repeat(50), "malformed-response"],
  ])("given %s fails once, with its reason", (_, answer, reason) => {
    expect(fetchFrom([answer]).end).toBe(reason);
  });

  test("that is reset says so", () => {
    expect(fetchFrom(["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"], true).end).toBe("ECONNRESET");
  });

  test("to a port where nobody listens is refused", () => {
    const network = new FakeNetwork();
    let failure: unknown;
    const options = { remote: { address: server, port: 81 }, authority: "h", target: "/" };
    const fail = () => expect.unreachable();
    httpGet(network.host("10.0.0.1"), options, {
      head: fail,
      data: fail,
      done: fail,
      failed: (reason) => (failure = reason),
    });
    network.run();
    expect(failure).toMatchObject({ code: "ECONNREFUSED", message: "connect ECONNREFUSED 10.0.0.2:81" });
  });

  test("whatever the server says, in whatever pieces, ends exactly once", () => {
    const part = fc.oneof(
      fc.constantFrom(
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100 C\r\n",
        "\r\n",
        "Transfer-Encoding: chunked\r\n",
        "5\r\nhello\r\n",
        "0\r\n\r\n",
        "Content-Length: 3\r\n",
      ),
      fc.string({ unit: "binary-ascii" }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        expect(fetchFrom(parts).end).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  test("from our own server, larger than every buffer, the sink pausing now and then", () => {
    const network = new FakeNetwork();
    const big = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) & 0xff);
    httpServer(network.host(server), { address: "0.0.0.0", port: 80 }, { files: memoryFiles({ big }) });
    const parts: Uint8Array[] = [];
    let done = false;
    const get = httpGet(
      network.host("10.0.0.1"),
      { remote: { address: server, port: 80 }, authority: "h", target: "/big" },
      {
        head: () => {},
        data: (bytes) => {
          parts.push(bytes.slice());
          if (parts.length % 10 === 0) get.pause();
        },
        done: () => {
          done = true;
        },
        failed: () => expect.unreachable(),
      },
    );
    for (let i = 0; i < 100 && !done; i++) {
      network.run();
      get.resume();
    }
    expect(Buffer.concat(parts).equals(big)).toBe(true);
  });
});
