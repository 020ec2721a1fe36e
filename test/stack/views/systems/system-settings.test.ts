import { describe, expect, test } from "vitest";
import type { SocketError } from "../../../../src/base/errno.ts";
import { profileNamed, registry } from "../../../../src/ports/profiles/registry.ts";
import { Network } from "../../../../src/stack/network.ts";
import { outcome } from "../../support/fake-world.ts";

function hostOf(profile: string) {
  return new Network({ seed: 1 }).host("a", { profile: profileNamed(profile) });
}

/** Runs the commands, and gives what each printed, or its errno. */
function session(profile: string, commands: readonly string[]): string[] {
  const { settings } = hostOf(profile);
  return commands.map((command) => {
    try {
      return settings.run(command).replace(/\n$/, "");
    } catch (error) {
      return (error as SocketError).code;
    }
  });
}

describe("settings by the names of the system", () => {
  test("FreeBSD: portrange, where a port that is not allowed becomes the nearest, and order does not matter", () => {
    const name = "net.inet.ip.portrange";
    expect(
      session("freebsd", [
        ...[`sysctl ${name}.first`, `sysctl ${name}.first=20000`, `sysctl -n ${name}.last=99999`],
        ...[`sysctl ${name}.first=1`, `sysctl ${name}.hifirst ${name}.lowfirst`, `sysctl ${name}.first=x`],
        ...[`sysctl ${name}.hifirst=1`, `sysctl ${name}.nope`, `sysctl ${name}.reservedhigh=79`],
      ]),
    ).toEqual([
      `${name}.first: 10000`,
      `${name}.first: 10000 -> 20000`,
      "65535 -> 65535",
      `${name}.first: 20000 -> 1024`,
      `${name}.hifirst: 49152\n${name}.lowfirst: 1023`,
      "EINVAL",
      "EPERM",
      "ENOENT",
      `${name}.reservedhigh: 1023 -> 79`,
    ]);
    const { settings, ports } = hostOf("freebsd");
    settings.set(`${name}.first`, 60_000);
    settings.set(`${name}.last`, 50_000);
    expect([settings.get(`${name}.first`), settings.get(`${name}.last`), ports.range]).toEqual([
      ...["60000", "50000", [50_000, 60_000]],
    ]);
    ports.range = [40_000, 40_001];
    expect(settings.get(`${name}.first`)).toBe("40000");
  });

  test("macOS, OpenBSD and NetBSD", () => {
    expect(session("macos", ["sysctl net.inet.ip.portrange.last", "sysctl net.inet.tcp.msl"])).toEqual([
      ...["net.inet.ip.portrange.last: 65535", "net.inet.tcp.msl: 15000"],
    ]);
    expect(session("openbsd", ["sysctl net.inet.ip.portfirst", "sysctl net.inet.ip.portfirst=80"])).toEqual([
      ...["net.inet.ip.portfirst=1024", "EINVAL"],
    ]);
    expect(hostOf("openbsd").settings.get("net.inet.tcp.baddynamic")).toContain("587");
    const anon = "net.inet.ip.anonportmin";
    expect(
      session("netbsd", [`sysctl -w ${anon}=50000`, `sysctl -w ${anon}=1023`, `sysctl ${anon}`]),
    ).toEqual([...[`${anon} = 50000`, "EINVAL", `${anon} = 50000`]]);
  });

  test("Solaris and AIX", () => {
    expect(
      session("solaris", [
        "ndd -get /dev/tcp tcp_smallest_anon_port",
        "ndd -set /dev/tcp tcp_smallest_anon_port 40000",
        "ndd -get /dev/udp udp_smallest_anon_port",
        "ndd -set /dev/tcp tcp_largest_anon_port 39999",
        "ndd -set /dev/tcp tcp_smallest_nonpriv_port 2000",
      ]),
    ).toEqual(["32768", "", "40000", "EINVAL", ""]);
    expect(session("aix", ["no -o tcp_ephemeral_low", "no -o udp_ephemeral_high=50000"])).toEqual([
      ...["tcp_ephemeral_low = 32768", "Setting udp_ephemeral_high to 50000"],
    ]);
  });

  test("Windows: netsh's dynamic ports and exclusions", () => {
    const { settings, ports } = hostOf("windows");
    expect(settings.run("netsh int ipv4 show dynamicport tcp")).toBe(
      "\nProtocol tcp Dynamic Port Range\n---------------------------------\nStart Port      : 49152\nNumber of Ports : 16384\n\n",
    );
    const set = (parameters: string) =>
      settings.run(`netsh interface ipv4 set dynamicport tcp ${parameters}`);
    for (const wrong of [
      "start=1024 num=1000",
      "start=10000 num=254",
      "start=65000 num=1000",
      "start=x num=9",
      "",
    ])
      expect(set(wrong)).toBe("The parameter is incorrect.\n");
    expect(ports.range).toEqual([49152, 65535]);
    expect(set("start=10000 num=1000")).toBe("Ok.\n\n");
    expect(ports.range).toEqual([10_000, 10_999]);
    const excluded = (words: string) => settings.run(`netsh int ipv4 ${words}`);
    expect(excluded("add excludedportrange protocol=tcp startport=10000 numberofports=10")).toBe("Ok.\n\n");
    expect(excluded("add excludedportrange tcp startport=10009 numberofports=1")).toContain("being used");
    expect(excluded("show excludedportrange protocol=tcp")).toContain("\n     10000       10009     *\n");
    expect(excluded("delete excludedportrange protocol=tcp startport=10000 numberofports=9")).toContain(
      "find",
    );
    expect(excluded("delete excludedportrange protocol=tcp startport=10000 numberofports=10")).toBe(
      "Ok.\n\n",
    );
    expect(ports.reserved).toEqual([]);
  });

  test("Linux: host.sysctl's own", () => {
    const name = "net.ipv4.ip_local_port_range";
    expect(
      session("linux", [
        `sysctl ${name}`,
        "sysctl -w net.ipv4.tcp_fin_timeout=7",
        "sysctl -w net.ipv4.tcp_tw_reuse=9",
      ]),
    ).toEqual([...[`${name} = 32768\t60999`, "net.ipv4.tcp_fin_timeout = 7", "EINVAL"]]);
  });

  test("a command of another system is none", () => {
    const strangers = [
      "netsh int ipv4 show dynamicport tcp",
      "ndd -get /dev/tcp tcp_smallest_anon_port",
      "no -o a",
      "rm -rf /",
      "",
      "sysctl -a",
    ];
    for (const command of strangers) expect(() => hostOf("linux").settings.run(command)).toThrow(RangeError);
    for (const command of [
      "sysctl net.ipv4.ip_local_port_range",
      "netsh int ipv4 show nothing tcp",
      "netsh int ipv4 show dynamicport",
    ])
      expect(() => hostOf("windows").settings.run(command)).toThrow(RangeError);
    expect(() => hostOf("lwip").settings.run("sysctl x")).toThrow(RangeError);
  });

  test.each(registry.map(({ profile }) => profile.name))(
    "%s: every name is told, and written back as it is told",
    (name) => {
      const { settings, ports } = hostOf(name);
      const { range, unprivilegedStart } = ports;
      // A delay of 0 is a system's without reuse: Linux would not take it.
      for (const each of settings.names().filter((one) => !one.endsWith("tcp_tw_reuse_delay"))) {
        const value = settings.get(each);
        expect([undefined, "EPERM", "EACCES"]).toContain(outcome(() => settings.set(each, value)));
        expect(settings.get(each)).toBe(value);
      }
      expect([ports.range, ports.unprivilegedStart]).toEqual([range, unprivilegedStart]);
    },
  );
});
