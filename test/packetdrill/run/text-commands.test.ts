import { describe, expect, test } from "vitest";
import { SocketError } from "../../../src/base/errno.ts";
import { resolveOptions } from "../../../src/packetdrill/language/options.ts";
import { runCommand } from "../../../src/packetdrill/run/commands.ts";
import type { Device } from "../../../src/packetdrill/run/device.ts";
import { hostDevice } from "../../../src/packetdrill/run/host-device.ts";

const files: Record<string, string> = {
  nstat: "#kernel\nTcpExtTW   3   0.0",
  "/proc/net/tcp": "0: 1F90 0A\n",
};

/** A machine that tells of these. */
const device = {
  report: (name: string) => {
    const text = files[name];
    if (text === undefined) throw new SocketError("ENOENT", "open");
    return text;
  },
} as unknown as Device;

const status = (text: string) => runCommand(text, device).status;

describe("shell lines that look something up", () => {
  test("have the status of the last grep", () => {
    expect(status("nstat -n")).toBe(0);
    expect(status("nstat | grep TcpExtTW")).toBe(0);
    expect(status('nstat | grep TcpExtTW | grep -q " 3 "')).toBe(0);
    expect(status('nstat | grep TcpExtTW | grep -q " 4 "')).toBe(1);
    expect(status('grep " 0A" /proc/net/tcp | grep ":1F90"')).toBe(1);
    expect(status('grep "1F90 0A" /proc/net/tcp')).toBe(0);
    expect(status("cat /proc/net/tcp | grep 1F91")).toBe(1);
  });

  test("that ask for what there is not, or cannot be done, are unsupported", () => {
    expect(() => status("cat /proc/net/nothing")).toThrow("reading /proc/net/nothing");
    expect(() => status("nstat | wc -l")).toThrow("command wc -l");
    expect(() => status('nstat | grep "[0-9]"')).toThrow("pattern [0-9]");
    expect(() => status("ss -n")).toThrow("command ss -n");
  });

  test("are answered by a host with what it counted since it was last asked", () => {
    const { options } = resolveOptions("google", "Linux", []);
    const host = hostDevice({ options, seed: 1 });
    host.inject(new Uint8Array(40));
    host.settle();
    expect(host.report!("nstat")).toMatch(/^#kernel\n(?:\w+ +\d+ +0\.0\n?)+$/);
    expect(host.report!("nstat")).toBe("#kernel");
    expect(host.report!("/proc/net/tcp")).toContain("local_address");
    host.close();
  });
});
