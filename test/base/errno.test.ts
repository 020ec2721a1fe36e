import { createSocket } from "node:dgram";
import { connect, createServer, type Server } from "node:net";
import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import { describe, expect, test } from "vitest";
import { errnoNames, errnoNumber, errnoText, SocketError } from "../../src/base/errno.ts";

/** Everything a program can see of an error. */
function face(error: unknown): Record<string, unknown> {
  return {
    name: (error as Error).name,
    message: (error as Error).message,
    text: String(error),
    ...(error as object),
  };
}

describe.runIf(process.platform === "linux")("the table of errors, on Linux,", () => {
  const libuv = getSystemErrorMap();

  test("has libuv's names, numbers and texts", () => {
    expect(errnoNames.length).toBeGreaterThan(45);
    const known = errnoNames.filter((name) => libuv.has(-errnoNumber(name)) && name !== "EOPNOTSUPP");
    for (const name of known) expect(libuv.get(-errnoNumber(name))).toEqual([name, errnoText(name)]);
    const others = errnoNames.filter((name) => !known.includes(name));
    expect(others).toEqual(["EDOM", "ENOMSG", "EOPNOTSUPP", "ENETRESET", "EINPROGRESS"]);
  });

  test("has the C library's numbers for what libuv does not know, or calls ENOTSUP", () => {
    for (const name of ["EDOM", "ENOMSG", "EOPNOTSUPP", "ENETRESET", "EINPROGRESS"] as const)
      expect(errnoNumber(name), name).toBe(constants.errno[name]);
    expect(libuv.get(-95)).toEqual(["ENOTSUP", errnoText("EOPNOTSUPP")]);
  });
});

describe("a SocketError looks as Node's own:", () => {
  test("a refused connect", async () => {
    const error = await new Promise((settle) => connect(1, "127.0.0.1").on("error", settle));
    const ours = new SocketError("ECONNREFUSED", "connect", { address: "127.0.0.1", port: 1 });
    expect(face(ours)).toEqual(face(error));
    expect(Object.keys(ours)).toEqual(Object.keys(error as object));
    expect(ours.message).toBe("connect ECONNREFUSED 127.0.0.1:1");
  });

  test("a listen on a port in use, and on an address that is not ours", async () => {
    const first = await listening("127.0.0.1", 0);
    const { port } = first.address() as { port: number };
    const inUse = await listening("127.0.0.1", port).catch((error: unknown) => error);
    const ours = new SocketError("EADDRINUSE", "listen", { address: "127.0.0.1", port });
    expect(face(ours)).toEqual(face(inUse));
    expect(ours.message).toBe(`listen EADDRINUSE: address already in use 127.0.0.1:${port}`);
    const foreign = await listening("8.8.8.8", 0).catch((error: unknown) => error);
    expect(face(new SocketError("EADDRNOTAVAIL", "listen", { address: "8.8.8.8", port: 0 }))).toEqual(
      face(foreign),
    );
    first.close();
  });

  test("a datagram socket's bind to an address that is not ours", async () => {
    for (const port of [1, 0]) {
      const socket = createSocket("udp4");
      const error = await new Promise((settle) => socket.on("error", settle).bind(port, "8.8.8.8"));
      expect(face(new SocketError("EADDRNOTAVAIL", "bind", { address: "8.8.8.8", port }))).toEqual(
        face(error),
      );
      socket.close();
    }
  });

  test("a datagram too long to send", async () => {
    const socket = createSocket("udp4");
    const error = await new Promise((settle) => socket.send(new Uint8Array(65_508), 9, "127.0.0.1", settle));
    expect(face(new SocketError("EMSGSIZE", "send", { address: "127.0.0.1", port: 9 }))).toEqual(face(error));
    socket.close();
  });

  test("one without an endpoint", () => {
    const error = new SocketError("ECONNRESET", "read");
    expect(face(error)).toEqual({
      name: "Error",
      text: "Error: read ECONNRESET",
      message: "read ECONNRESET",
      errno: -104,
      code: "ECONNRESET",
      syscall: "read",
    });
    expect(error).toBeInstanceOf(Error);
  });
});

test("exhaustion says how full the range is, beside what Node says", () => {
  const error = new SocketError("EADDRNOTAVAIL", "connect", {
    address: "192.0.2.1",
    port: 80,
    inUse: 4,
    held: 1,
    range: [49152, 49156],
  });
  expect(error.message).toBe("connect EADDRNOTAVAIL 192.0.2.1:80");
  expect(error).toMatchObject({ inUse: 4, held: 1, range: [49152, 49156] });
});

function listening(address: string, port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.on("error", reject).listen(port, address, () => resolve(server));
  });
}
