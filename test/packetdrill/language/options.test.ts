import { describe, expect, test } from "vitest";
import { harnessRunsOf } from "../../../src/packetdrill/language/harness.ts";
import { resolveOptions } from "../../../src/packetdrill/language/options.ts";
import type { ScriptOption } from "../../../src/packetdrill/language/script/script.ts";

const list = (options: Record<string, string | undefined>): ScriptOption[] =>
  Object.entries(options).map(([name, value], at) =>
    value === undefined ? { at, name } : { at, name, value },
  );

const resolved = (options: Record<string, string | undefined>, dialect: "google" | "nplab" = "google") =>
  resolveOptions(dialect, "Linux", list(options));

describe("options", () => {
  test("have the tools' defaults", () => {
    expect(resolved({}).options).toMatchObject({
      ...{
        ipVersion: "ipv4",
        bindPort: 8080,
        connectPort: 8080,
        mtu: 1500,
        toleranceUsecs: 4000,
        tolerancePercent: 12.5,
      },
      ...{ localIp: "192.168.0.1", remoteIp: "192.0.2.1/24", strictSegments: false, tcpTsTickUsecs: 0 },
    });
    expect(resolved({ ip_version: "ipv6" }).options).toMatchObject({
      ...{ localIp: "fd3d:fa7b:d17d::1", remoteIp: "2001:db8::1/32", netmaskIp: "/48" },
    });
  });

  test("tolerate 5 % on FreeBSD in nplab's dialect", () => {
    expect(resolveOptions("nplab", "FreeBSD", []).options.tolerancePercent).toBe(5);
    expect(resolveOptions("google", "FreeBSD", []).options.tolerancePercent).toBe(12.5);
  });

  test("of the command line win over those of the script", () => {
    const { options } = resolveOptions(
      "google",
      "Linux",
      list({ mtu: "1400", mss: "5" }),
      list({ mtu: "1300" }),
    );
    expect(options).toMatchObject({ mtu: 1300, mss: 5 });
  });

  test("are read by kind", () => {
    const all = {
      ...{
        tolerance_percent: "7.5",
        non_fatal: "packet",
        init_scripts: "a,b",
        local_ip: "10.0.0.1",
        v: undefined,
      },
      ...{ ip_version: "ipv4_mapped_ipv6", tcp_ts_ecr_scaled: undefined, so_filename: "x.so" },
    };
    expect(resolved(all)).toMatchObject({
      errors: [],
      options: {
        ...{ tolerancePercent: 7.5, nonFatal: { packet: true, syscall: false }, initScripts: ["a", "b"] },
        ...{ localIp: "10.0.0.1", verbose: true, ipVersion: "ipv4-mapped-ipv6", tcpTsEcrScaled: true },
        ignored: ["so_filename"],
      },
    });
  });

  test.each([
    [{ mtu: "many" }, '--mtu: "many" is not a number from 68 to 65535'],
    [{ mtu: "5" }, '--mtu: "5" is not a number from 68 to 65535'],
    [{ mtu: undefined }, "--mtu needs a value"],
    [{ local_ip: "10.0.0.999" }, '--local_ip: "10.0.0.999" is no address'],
    [{ ip_version: "ipv5" }, '--ip_version: "ipv5" is none of ipv4, ipv4-mapped-ipv6, ipv6'],
    [{ non_fatal: "all" }, "--non_fatal: it takes packet and syscall"],
    [{ tcp_md5_secret: "x" }, "--tcp_md5_secret is only of the nplab dialect"],
    [{ constructor: "x" }, "unknown option --constructor"],
  ])("are refused: %j", (options, message) => {
    expect(resolved(options as Record<string, string>).errors).toEqual([
      { at: 0, message: expect.stringContaining(message) },
    ]);
  });
});

describe("the harnesses of the suites", () => {
  test("run a script three times, or as its name says", () => {
    const versions = (file: string) => harnessRunsOf(file).map((run) => run.ipVersion);
    expect(versions("a.pkt")).toEqual(["ipv4", "ipv6", "ipv4-mapped-ipv6"]);
    expect(versions("a-v6.pkt")).toEqual(["ipv6"]);
    expect(versions("a_ipv4.pkt")).toEqual(["ipv4", "ipv4-mapped-ipv6"]);
  });

  test("give options that are right", () => {
    for (const run of harnessRunsOf("a.pkt")) {
      const { options, errors } = resolveOptions("google", "Linux", run.options);
      expect(errors).toEqual([]);
      expect(options.ipVersion).toBe(run.ipVersion);
    }
  });
});
