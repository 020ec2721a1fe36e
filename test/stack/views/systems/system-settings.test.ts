import { describe, expect, test } from "vitest";
import { anyV4, anyV6 } from "../../../../src/base/address.ts";
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

  test("NetBSD: the algorithm, for each version of IP", () => {
    const name = (what: string, version = "ip") =>
      `net.inet${version === "ip" ? "" : "6"}.${version}.anonportalgo.${what}`;
    expect(
      session("netbsd", [
        ...[`sysctl ${name("selected")}`, `sysctl -n ${name("available")}`, `sysctl -n ${name("reserve")}`],
        ...[`sysctl -w ${name("selected")}=randinc`, `sysctl -w ${name("selected")}=quick`],
        ...[`sysctl -n ${name("selected", "ip6")}`, `sysctl -w ${name("available")}=bsd`],
      ]),
    ).toEqual([
      ...[`${name("selected")} = bsd`, "bsd random_start random_pick hash doublehash randinc", ""],
      ...[`${name("selected")} = randinc`, "EINVAL", "bsd", "EPERM"],
    ]);
    expect(session("netbsd-doublehash", [`sysctl -n ${name("selected")}`])).toEqual(["doublehash"]);
    const { settings, ports } = hostOf("netbsd");
    ports.settings.of("tcp", 6).reserved = [[50_000, 50_009]];
    expect([settings.get(name("reserve", "ip6")), settings.get(name("reserve"))]).toEqual([
      "50000-50009",
      "",
    ]);
    settings.set(name("selected", "ip6"), "hash");
    const { algorithms } = ports.settings;
    expect([algorithms.selected("udp", 6), algorithms.selected("udp", 4)]).toEqual(["hash", "bsd"]);
  });

  test("Solaris: TCP's ports at random, or upward", () => {
    const name = "tcp_random_anon_port";
    const host = hostOf("solaris");
    const set = (value: number) => outcome(() => host.settings.set(name, value));
    const port = (): number => {
      const socket = host.socket("AF_INET", "SOCK_STREAM");
      socket.bind({ address: "127.0.0.1", port: 0 });
      return socket.localEndpoint().port;
    };
    expect([host.settings.get(name), set(2), set(0), host.settings.get(name)]).toEqual([
      ...["1", "EINVAL", undefined, "0"],
    ]);
    expect([port(), port()]).toEqual([32768, 32769]);
  });

  test("Solaris: more privileged ports, each protocol's", () => {
    const name = "tcp_extra_priv_ports";
    expect(
      session("solaris", [
        `ndd -get /dev/tcp ${name}`,
        ...[`ndd -set /dev/tcp ${name}_add 5000`, `ndd -set /dev/tcp ${name}_del 2049`],
        ...[`ndd -get /dev/tcp ${name}`, "ndd -get /dev/udp udp_extra_priv_ports"],
        ...[`ndd -set /dev/tcp ${name}_add 5000`, `ndd -set /dev/tcp ${name}_del 2049`],
        ...[`ndd -set /dev/tcp ${name}_add 0`, `ndd -set /dev/tcp ${name} 7`],
      ]),
    ).toEqual([...["2049\n4045", "", "", "4045\n5000", "2049\n4045", "EEXIST", "ESRCH", "EINVAL", "EPERM"]]);
    const host = hostOf("solaris");
    host.credentials = { uid: 1001, privileged: false };
    const bind = (port: number): unknown =>
      outcome(() => host.socket("AF_INET", "SOCK_STREAM").bind({ address: "0.0.0.0", port }));
    expect([bind(2049), bind(4045), bind(5000), bind(1023), bind(2050)]).toEqual([
      ...["EACCES", "EACCES", undefined, "EACCES", undefined],
    ]);
    host.settings.set(`${name}_add`, 5001);
    host.settings.set(`${name}_del`, 2049);
    expect([bind(5001), bind(2049)]).toEqual(["EACCES", undefined]);
    for (let port = 6000; port < 6062; port++) host.settings.set(`${name}_add`, port);
    expect(outcome(() => host.settings.set(`${name}_add`, 6062))).toBe("EOVERFLOW");
  });

  test("FreeBSD: portrange.randomized; up to 13 also .randomcps and .randomtime", () => {
    const name = "net.inet.ip.portrange.random";
    const commands = [
      ...[`sysctl ${name}ized`, `sysctl ${name}ized=0`, `sysctl -n ${name}ized`, `sysctl ${name}ized=x`],
      ...[`sysctl ${name}cps=20`, `sysctl ${name}time`, `sysctl ${name}time=-1`],
    ];
    const both = [`${name}ized: 1`, `${name}ized: 1 -> 0`, "0", "EINVAL"];
    expect(session("freebsd-13", commands)).toEqual([
      ...both,
      ...[`${name}cps: 10 -> 20`, `${name}time: 45`, "EINVAL"],
    ]);
    expect(session("freebsd", commands)).toEqual([...both, "ENOENT", "ENOENT", "ENOENT"]);
    expect(session("freebsd-4", [`sysctl ${name}ized`])).toEqual(["ENOENT"]);
  });

  test("macOS: randomize_ports, of TCP and of UDP", () => {
    const { settings, ports } = hostOf("macos");
    const [tcp, udp] = ["net.inet.tcp.randomize_ports", "net.inet.udp.randomize_ports"];
    expect([settings.get(tcp!), settings.get(udp!)]).toEqual(["0", "1"]);
    settings.set(tcp!, 1);
    settings.set(udp!, 0);
    expect([settings.get(tcp!), settings.get(udp!)]).toEqual(["1", "0"]);
    const { algorithms } = ports.settings;
    expect([algorithms.selected("tcp", 6), algorithms.selected("udp", 6)]).toEqual(["random", "after-last"]);
  });

  test("OpenBSD: the lists of ports that are never chosen, each protocol's", () => {
    const name = (protocol: string) => `net.inet.${protocol}.baddynamic`;
    expect(
      session("openbsd", [
        `sysctl ${name("tcp")}=587,2049,2050`,
        `sysctl -n ${name("udp")}`,
        `sysctl ${name("udp")}=70000`,
        `sysctl ${name("udp")}=9-8`,
        `sysctl ${name("udp")}=`,
        `sysctl ${name("sctp")}`,
      ]),
    ).toEqual([
      "net.inet.tcp.baddynamic: 587,749-751,853,871,2049,6000-6010 -> 587,2049-2050",
      "623,664,749-751,2049,3784-3785,7784",
      ...["EINVAL", "EINVAL"],
      "net.inet.udp.baddynamic: 623,664,749-751,2049,3784-3785,7784 -> ",
      "ENOENT",
    ]);
    const { settings, ports } = hostOf("openbsd");
    settings.set(name("udp"), "2000");
    expect([ports.settings.of("udp").neverChosen, ports.settings.of("tcp").neverChosen]).toEqual([
      ...[[[2000, 2000]], profileNamed("openbsd").protocols.tcp.neverChosen],
    ]);
  });

  test("Solaris: each protocol's range and privileged ports", () => {
    expect(
      session("solaris", [
        "ndd -get /dev/tcp tcp_smallest_anon_port",
        "ndd -set /dev/tcp tcp_smallest_anon_port 40000",
        "ndd -get /dev/tcp tcp_smallest_anon_port",
        "ndd -get /dev/udp udp_smallest_anon_port",
        "ndd -set /dev/tcp tcp_largest_anon_port 39999",
        "ndd -set /dev/udp udp_largest_anon_port 39999",
        "ndd -set /dev/sctp sctp_smallest_anon_port 1023",
        "ndd -set /dev/udp udp_smallest_nonpriv_port 2000",
        "ndd -get /dev/tcp tcp_smallest_nonpriv_port",
        "ndd -set /dev/udp udp_smallest_nonpriv_port 1023",
      ]),
    ).toEqual(["32768", "", "40000", "32768", "EINVAL", "", "EINVAL", "", "1024", "EINVAL"]);
    const { settings, ports } = hostOf("solaris");
    settings.set("sctp_largest_anon_port", 50_000);
    settings.set("udp_smallest_nonpriv_port", 2000);
    const { range, unprivilegedStart } = ports;
    const { extraPrivileged = [] } = profileNamed("solaris");
    const common = { range, reserved: [], neverChosen: [], unprivilegedStart, extraPrivileged };
    expect(ports.apart).toEqual([
      { ...common, protocol: "udp", unprivilegedStart: 2000 },
      { ...common, protocol: "sctp", range: [32_768, 50_000] },
    ]);
  });

  test("AIX: TCP's range and UDP's", () => {
    expect(
      session("aix", [
        ...["no -o tcp_ephemeral_low", "no -o udp_ephemeral_high=50000", "no -o tcp_ephemeral_high"],
        ...["no -o udp_ephemeral_low=50001", "no -o udp_ephemeral_low=50000", "no -o sctp_ephemeral_low"],
      ]),
    ).toEqual([
      ...["tcp_ephemeral_low = 32768", "Setting udp_ephemeral_high to 50000", "tcp_ephemeral_high = 65535"],
      ...["EINVAL", "Setting udp_ephemeral_low to 50000", "ENOENT"],
    ]);
    const { settings, ports } = hostOf("aix");
    settings.run("no -o udp_ephemeral_low=60000");
    expect([ports.range, ports.apart.map(({ protocol, range }) => [protocol, range])]).toEqual([
      ...[[32_768, 65_535], [["udp", [60_000, 65_535]]]],
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

  test("Windows: TCP and UDP, IPv4 and IPv6 have their own", () => {
    const { settings, ports } = hostOf("windows");
    const run = (words: string) => settings.run(`netsh interface ${words}`);
    expect(run("ipv6 set dynamicport udp start=20000 num=255")).toBe("Ok.\n\n");
    const starts = ["ipv4", "ipv6"].flatMap((family) =>
      ["tcp", "udp"].map(
        (protocol) => /Start Port +: (\d+)/.exec(run(`${family} show dynamicport ${protocol}`))?.[1],
      ),
    );
    expect(starts).toEqual(["49152", "49152", "49152", "20000"]);
    expect(run("ipv4 add excludedportrange protocol=udp startport=5000 numberofports=10")).toBe("Ok.\n\n");
    expect(run("ipv4 add excludedportrange protocol=tcp startport=5000 numberofports=5")).toBe("Ok.\n\n");
    expect(run("ipv4 show excludedportrange protocol=udp")).toContain("5009     *");
    expect(run("ipv6 show excludedportrange protocol=udp")).not.toContain("*\n");
    expect(run("ipv6 delete excludedportrange protocol=udp startport=5000 numberofports=10")).toContain(
      "find",
    );
    expect(
      ports.apart.map(({ protocol, domain, range, reserved }) => [protocol, domain, range, reserved]),
    ).toEqual([
      ["tcp", 6, [49152, 65535], []],
      ["udp", 4, [49152, 65535], [[5000, 5009]]],
      ["udp", 6, [20_000, 20_254], []],
      ["sctp", undefined, [49152, 65535], []],
      ["udplite", undefined, [49152, 65535], []],
    ]);
    const bind = (domain: 4 | 6, protocol: "tcp" | "udp") => {
      const at = domain === 4 ? anyV4 : anyV6;
      const made = ports.tryReserve({} as never, { protocol, domain, address: at, port: 5009 });
      return typeof made === "string" ? made : made.port;
    };
    expect([bind(4, "udp"), bind(4, "tcp"), bind(6, "udp")]).toEqual(["EACCES", 5009, 5009]);
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
      for (const each of settings
        .names()
        .filter((one) => !one.endsWith("tcp_tw_reuse_delay") && !/_(add|del)$/.test(one))) {
        const value = settings.get(each);
        expect([undefined, "EPERM", "EACCES"]).toContain(outcome(() => settings.set(each, value)));
        expect(settings.get(each)).toBe(value);
      }
      expect([ports.range, ports.unprivilegedStart]).toEqual([range, unprivilegedStart]);
    },
  );
});
