import { describe, expect, test } from "vitest";
import {
  importOptional,
  LinkUnavailableError,
  packageUnavailable,
  requireLinux,
} from "../../src/node/unavailable.ts";

function error(message: string, code?: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe("a package that does not load", () => {
  test.each([
    [
      "koffi",
      error("Cannot find package 'koffi' imported from …", "ERR_MODULE_NOT_FOUND"),
      "npm install koffi@3.3.4",
    ],
    [
      "koffi",
      error("Cannot find the native Koffi module; did you bundle it correctly?"),
      "npm install --include=optional koffi@3.3.4",
    ],
    [
      "raw-socket",
      error("Cannot find package 'raw-socket'", "ERR_MODULE_NOT_FOUND"),
      "npm install raw-socket@1.8.1",
    ],
    [
      "raw-socket",
      error("Cannot find module './build/Release/raw.node'", "MODULE_NOT_FOUND"),
      "npm rebuild raw-socket",
    ],
    [
      "raw-socket",
      error("Module did not self-register: '…/raw.node'.", "ERR_DLOPEN_FAILED"),
      "in the main thread",
    ],
    ["koffi", error("GLIBC_2.99 not found", "ERR_DLOPEN_FAILED"), "npm install koffi@3.3.4"],
  ] as const)("%s, %j: says what to do", (name, cause, hint) => {
    const said = packageUnavailable(name, cause);
    expect(said.hint).toContain(hint);
    expect(said.message).toBe(`${said.reason}; ${said.hint}`);
    expect(said.reason).toContain(name);
  });

  test("is told once, as one kind of error", async () => {
    const attempt = importOptional("koffi", () => Promise.reject(error("x", "ERR_MODULE_NOT_FOUND")));
    await expect(attempt).rejects.toBeInstanceOf(LinkUnavailableError);
  });
});

test("other systems are told that links of the kernel need Linux", () => {
  requireLinux("a TUN link", "linux");
  for (const platform of ["darwin", "win32"])
    expect(() => requireLinux("a TUN link", platform)).toThrow(
      `a TUN link needs Linux; this is ${platform}; use`,
    );
});
