import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeLatin1 } from "../../src/base/text.ts";
import { type FileSource, memoryFiles } from "../../src/services/file-source.ts";
import { type HttpLogEntry, httpServer } from "../../src/services/http/server.ts";
import { FakeNetwork } from "./support/fake-network.ts";
import { connectPeer } from "./support/peer.ts";

const server = "10.0.0.2";
const big = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) & 0xff);
const files = memoryFiles({
  "hello.txt": encodeLatin1("Hello, harbour!\n"),
  "a b/c": encodeLatin1("spaced"),
  big,
  empty: new Uint8Array(0),
});

function setup(source: FileSource = files) {
  const network = new FakeNetwork();
  const log: HttpLogEntry[] = [];
  const service = httpServer(
    network.host(server),
    { address: "0.0.0.0", port: 80 },
    {
      files: source,
      date: () => "Sun, 06 Nov 1994 08:49:37 GMT",
      log: (entry) => log.push(entry),
    },
  );
  const client = network.host("10.0.0.1");
  return { network, service, log, connect: () => connectPeer(network, client, server, 80) };
}

/** Sends `request` on a new connection and gives all that came back. */
function exchange(request: string, source?: FileSource) {
  const { connect } = setup(source);
  const peer = connect();
  peer.say(request);
  return peer;
}

const get = (target: string, ...fields: string[]) =>
  `GET ${target} HTTP/1.1\r\n${["Host: h", ...fields].join("\r\n")}\r\n\r\n`;

describe("a file", () => {
  test("is served whole with its length [RFC 9110 8.6]", () => {
    const { text } = exchange(get("/hello.txt"));
    expect(text).toBe(
      [
        "HTTP/1.1 200 OK",
        "Server: harbormaster",
        "Date: Sun, 06 Nov 1994 08:49:37 GMT",
        "Content-Type: application/octet-stream",
        "Content-Length: 16",
        "Accept-Ranges: bytes",
        "",
        "Hello, harbour!\n",
      ].join("\r\n"),
    );
  });

  test("larger than every buffer arrives intact", () => {
    const peer = exchange(get("/big", "Connection: close"));
    const body = peer.received.subarray(peer.text.indexOf("\r\n\r\n") + 4);
    expect(Buffer.from(body).equals(big)).toBe(true);
    expect(peer.ended).toBe(true);
  });

  test("is asked about with HEAD, which sends no body [RFC 9110 9.3.2]", () => {
    const { text } = exchange("HEAD /big HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n(.+\r\n)*Content-Length: 300000\r\n(.+\r\n)*\r\n$/);
  });

  test("may be empty", () => {
    expect(exchange(get("/empty")).text).toMatch(/Content-Length: 0\r\n(.+\r\n)*\r\n$/);
  });

  test.each([
    ["/a%20b/c", 200],
    ["/a%20b/./x/../c?query=1", 200],
    ["http://example.org/hello.txt", 200],
    ["http://example.org", 404],
    ["/nothing", 404],
    ["/__proto__", 404],
    ["/toString", 404],
    ["/../etc/passwd", 400],
    ["/%2e%2e/etc/passwd", 400],
    ["/..%2fetc%2fpasswd", 400],
    ["/a%00b", 400],
    ["/a%zz", 400],
    ["/%ff", 400],
    ["hello.txt", 400],
    ["*", 400],
  ])("target %s is answered %i", (target, status) => {
    expect(exchange(get(target)).text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("that shrinks while it is sent ends the connection with a reset, not with a short body", () => {
    let reads = 0;
    const shrinking: FileSource = {
      open: () => ({ size: 100_000, read: (_, into) => (reads++ === 0 ? Math.min(into.length, 1000) : 0) }),
    };
    const peer = exchange(get("/x"), shrinking);
    expect(peer.error).toBe("ECONNRESET");
  });

  test("is closed once, however its connection ends", () => {
    let closes = 0;
    const source: FileSource = {
      open: () => ({ size: 1_000_000, read: (_, into) => into.length, close: () => closes++ }),
    };
    const { connect, network } = setup(source);
    const peer = connect();
    peer.stream.pause();
    peer.say(get("/x"));
    expect(closes).toBe(0);
    peer.stream.destroy();
    network.run();
    expect(closes).toBe(1);
  });
});

describe("a byte range", () => {
  test.each([
    ["bytes=0-4", 206, "bytes 0-4/16", "Hello"],
    ["bytes=7-", 206, "bytes 7-15/16", "harbour!\n"],
    ["bytes=-2", 206, "bytes 14-15/16", "!\n"],
    ["bytes=0-999", 206, "bytes 0-15/16", "Hello, harbour!\n"],
    ["bytes=16-", 416, "bytes */16", "416 Range Not Satisfiable\n"],
    ["bytes=-0", 416, "bytes */16", "416 Range Not Satisfiable\n"],
  ])("%s gives %i and %s [RFC 9110 14.2]", (range, status, contentRange, body) => {
    const { text } = exchange(get("/hello.txt", `Range: ${range}`));
    expect(text).toContain(`HTTP/1.1 ${status} `);
    expect(text).toContain(`\r\nContent-Range: ${contentRange}\r\n`);
    expect(text.split("\r\n\r\n")[1]).toBe(body);
  });

  test.each(["bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=x-y"])(
    "%s is ignored [RFC 9110 14.2]",
    (range) => {
      expect(exchange(get("/hello.txt", `Range: ${range}`)).text).toContain("HTTP/1.1 200 OK");
    },
  );

  test("with If-Range is ignored, for there are no validators [RFC 9110 13.1.5]", () => {
    const { text } = exchange(get("/hello.txt", "Range: bytes=0-1", 'If-Range: "x"'));
    expect(text).toContain("HTTP/1.1 200 OK");
  });
});

describe("a connection", () => {
  test("serves one request after the other, sent together or byte by byte [RFC 9112 9.3]", () => {
    const { connect } = setup();
    const peer = connect();
    peer.say(get("/hello.txt") + get("/empty"));
    for (const character of get("/hello.txt")) peer.say(character);
    expect(peer.text.match(/HTTP\/1\.1 200 OK/g)?.length).toBe(3);
    expect(peer.ended).toBe(false);
  });

  test("that pipelines without reading is not served further than its buffers", () => {
    const { connect, log } = setup();
    const peer = connect();
    peer.stream.pause();
    peer.say(get("/nothing").repeat(5000));
    expect(log.length).toBeLessThan(100);
    peer.stream.resume();
    peer.stream.end();
    peer.say("");
    expect(peer.text.match(/HTTP\/1\.1 404/g)?.length).toBe(5000);
    expect(peer.closed).toBe(true);
  });

  test("ends after Connection: close, and by default under HTTP/1.0 [RFC 9112 9.3]", () => {
    expect(exchange(get("/hello.txt", "Connection: close")).ended).toBe(true);
    expect(exchange("GET /hello.txt HTTP/1.0\r\n\r\n").ended).toBe(true);
    const kept = exchange("GET /hello.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect(kept.ended).toBe(false);
    expect(kept.text).toContain("\r\nConnection: keep-alive\r\n");
    expect(exchange(get("/hello.txt")).text).not.toContain("Connection:");
  });

  test("half-closed by the client still gets its answer", () => {
    const { connect, network } = setup();
    const peer = connect();
    peer.stream.write(encodeLatin1(get("/big")));
    peer.stream.end();
    network.run();
    expect(peer.received.length).toBeGreaterThan(300_000);
    expect(peer.closed).toBe(true);
  });

  test("takes empty lines before a request, and bare line feeds [RFC 9112 2.2]", () => {
    expect(exchange("\r\n\n\r\nGET /hello.txt HTTP/1.1\nHost: h\n\n").text).toContain("200 OK");
  });
});

describe("what is refused", () => {
  test.each([
    ["POST / HTTP/1.1\r\nHost: h\r\n\r\n", 405],
    ["OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 405],
    ["GET / HTTP/1.1\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
    ["GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505],
    ["GET /\r\n\r\n", 400],
    ["GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400],
    ["G@T / HTTP/1.1\r\nHost: h\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 413],
    ["GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 6\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 501],
    ["GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400],
    [`GET / HTTP/1.1\r\nHost: h\r\n${"X: y\r\n".repeat(200)}\r\n`, 400],
    [`GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: h\r\n\r\n`, 431],
    ["\x16\x03\x01\x02\x00\x01\r\n\r\n", 400],
  ])("%j is answered %i and the connection ended [RFC 9112 6.3]", (request, status) => {
    const peer = exchange(request);
    expect(peer.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
    expect(peer.text).toContain("Connection: close\r\n");
    expect(peer.ended).toBe(true);
  });

  test("405 says what is allowed [RFC 9110 15.5.6]", () => {
    expect(exchange("DELETE /x HTTP/1.1\r\nHost: h\r\n\r\n").text).toContain("Allow: GET, HEAD\r\n");
  });

  test("a peer that goes on sending after its refusal is read for a while and then reset", () => {
    const { connect } = setup();
    const peer = connect();
    peer.say("nonsense\r\n\r\n");
    for (let i = 0; i < 200 && !peer.closed; i++) peer.say("x".repeat(10_000));
    expect(peer.error).toBe("ECONNRESET");
  });

  test("random bytes never throw, and never leave a connection half alive", () => {
    const part = fc.oneof(
      fc.constantFrom(
        "GET ",
        "HEAD ",
        "/big",
        " HTTP/1.1",
        "\r\n",
        "\r\n\r\n",
        "Host: h",
        "Range: bytes=",
        "\n",
      ),
      fc.string({ unit: "binary-ascii" }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const { connect, service, network } = setup();
        const peer = connect();
        for (const text of parts) peer.say(text);
        peer.stream.end();
        network.run();
        expect(peer.closed).toBe(true);
        expect(service.connections).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
