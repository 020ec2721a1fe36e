import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { PortManager } from "../../../src/ports/port-manager.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { icmpRateLimits } from "../../../src/protocols/ip/rate-limit.ts";
import { Sysctl } from "../../../src/stack/views/sysctl.ts";
import { outcome } from "../support/fake-world.ts";

function setup() {
  const ports = new PortManager<object>({ profile: linux, random: seededRandom(1), now: () => 0 });
  const icmp = { ...icmpRateLimits };
  return { ports, icmp, sysctl: new Sysctl({ ports: ports.settings, icmp }) };
}

/** A knob, its default, and what writing a value to it answers: the text it then has, or the errno. Linux 6.18 said so. */
const cases: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  [
    "net.ipv4.ip_local_port_range",
    "32768\t60999",
    {
      "1024 65535": "1024\t65535",
      "1000 2000": "EINVAL",
      "40000 30000": "EINVAL",
      "40000": "40000\t60999",
      "1 2 3": "EINVAL",
      abc: "EINVAL",
      "50000 50000": "50000\t50000",
      "60000 61000 62000": "60000\t61000",
      "": "32768\t60999",
      "0x8000 0xf000": "32768\t61440",
      "32768,60999": "EINVAL",
      "  40000   50000 ": "40000\t50000",
      "40000 abc": "EINVAL",
      "1023 60000": "EINVAL",
      "65536": "EINVAL",
    },
  ],
  [
    "net.ipv4.ip_local_reserved_ports",
    "",
    {
      "80-90,443": "80-90,443",
      "443,80": "80,443",
      "90-80": "EINVAL",
      "65536": "EINVAL",
      "0": "0",
      "80-": "EINVAL",
      "1,2,3,5-7": "1-3,5-7",
      "80-90,85-95": "80-95",
      " 80 , 90 ": "EINVAL",
      "80,,90": "EINVAL",
      "80,": "80",
      ",80": "EINVAL",
      "80\n": "80",
      "\n\n80\n\n443-444,\n500": "80,443-444,500",
      "80\n,443": "EINVAL",
      "0120-0x5a": "80-90",
      "080": "EINVAL",
      "0x50": "80",
    },
  ],
  [
    "net.ipv4.ip_unprivileged_port_start",
    "1024",
    { "0": "0", "32768": "32768", "32769": "EINVAL", "65536": "EINVAL", "-1": "EINVAL" },
  ],
  [
    "net.ipv4.tcp_fin_timeout",
    "60",
    {
      "0": "0",
      "-1": "-1",
      "1 2": "1",
      "1abc": "EINVAL",
      "0x10": "16",
      "010": "8",
      "+5": "EINVAL",
      " 5 ": "5",
      "-0": "0",
      "\n": "EINVAL",
      "": "60",
      "8589934": "8589934", // INT_MAX / HZ
      "8589935": "EINVAL",
      "0000000000000000000001": "EINVAL",
    },
  ],
  ["net.ipv4.tcp_tw_reuse", "2", { "0": "0", "1": "1", "3": "EINVAL", "-1": "EINVAL", "-0": "EINVAL" }],
  ["net.ipv4.tcp_tw_reuse_delay", "1000", { "0": "EINVAL", "60000": "60000", "60001": "EINVAL" }],
  ["net.ipv4.tcp_syn_retries", "6", { "0": "EINVAL", "127": "127", "128": "EINVAL", "1.5": "EINVAL" }],
  ["net.ipv4.tcp_synack_retries", "5", { "0": "0", "255": "255", "256": "EINVAL" }],
  ["net.ipv4.tcp_retries2", "15", { "0": "0", "255": "255", "256": "EINVAL" }],
  ["net.ipv4.tcp_keepalive_time", "7200", { "-1": "-1", "40000": "40000", "2147483648": "EINVAL" }],
  ["net.ipv4.tcp_keepalive_probes", "9", { "255": "255", "256": "EINVAL", "-1": "EINVAL" }],
  ["net.ipv4.tcp_timestamps", "1", { "0": "0", "2": "2", "256": "EINVAL" }],
  ["net.ipv4.tcp_sack", "1", { "0": "0", "256": "EINVAL" }],
  ["net.ipv4.tcp_window_scaling", "1", { "0": "0", "256": "EINVAL" }],
  [
    "net.ipv4.tcp_rmem",
    "4096\t131072\t6291456",
    {
      "1 2 3": "1\t2\t3",
      "0 2 3": "EINVAL",
      "3 2 1": "3\t2\t1",
      "5000": "5000\t131072\t6291456",
      "-1 2 3": "EINVAL",
    },
  ],
  ["net.ipv4.tcp_wmem", "4096\t16384\t4194304", { "4096 5000": "4096\t5000\t4194304" }],
  ["net.ipv4.icmp_ratelimit", "1000", { "0": "0", "-1": "EINVAL", abc: "EINVAL" }],
  ["net.ipv4.icmp_msgs_per_sec", "1000", { "0": "0", "-1": "EINVAL" }],
  ["net.ipv4.icmp_msgs_burst", "50", { "0": "0", "-1": "EINVAL" }],
  ["net.ipv4.ip_default_ttl", "64", { "0": "EINVAL", "255": "255", "256": "EINVAL" }],
  ["net.ipv4.ip_nonlocal_bind", "0", { "1": "1", "255": "255", "256": "EINVAL", "-0": "EINVAL", "\v1": "1" }],
  ["net.ipv6.ip_nonlocal_bind", "0", { "2": "2", "256": "EINVAL" }],
  ["net.ipv4.udp_hash_entries", "4096", { "4096": "EACCES" }],
  ["net.ipv4.ip_local_port_step_width", "0", { "7": "7", "-1": "EINVAL", x: "EINVAL" }],
  ["net.ipv4.ip_autobind_reuse", "0", { "1": "1", "2": "EINVAL" }],
  ["net.ipv4.tcp_congestion_control", "reno", { nope: "ENOENT", reno: "reno" }],
];

describe("sysctl", () => {
  for (const [name, initial, writes] of cases)
    test(`${name} begins as ${JSON.stringify(initial)} and takes what Linux takes`, () => {
      expect(setup().sysctl.get(name)).toBe(initial);
      const answers = Object.keys(writes).map((text) => {
        const { sysctl } = setup();
        return [text, outcome(() => sysctl.set(name, text)) ?? sysctl.get(name)];
      });
      expect(Object.fromEntries(answers)).toEqual(writes);
    });

  test("an EINVAL in the middle of tcp_rmem leaves what was written before it, as the kernel does", () => {
    const { sysctl } = setup();
    expect(outcome(() => sysctl.set("net.ipv4.tcp_rmem", "5000 0 7"))).toBe("EINVAL");
    expect(sysctl.get("net.ipv4.tcp_rmem")).toBe("5000\t131072\t6291456");
  });

  test("a name nobody knows is ENOENT, also one that every object has", () => {
    const { sysctl } = setup();
    for (const name of ["net.ipv4.nope", "constructor", ""]) {
      expect(outcome(() => sysctl.get(name))).toBe("ENOENT");
      expect(outcome(() => sysctl.set(name, 1))).toBe("ENOENT");
    }
  });

  test("the port knobs are the port manager's own", () => {
    const { ports, sysctl } = setup();
    sysctl.set("net.ipv4.ip_local_port_range", "50000 50010");
    sysctl.set("net.ipv4.ip_local_reserved_ports", "50003,50005-50006");
    sysctl.set("net.ipv4.ip_unprivileged_port_start", 80);
    sysctl.set("net.ipv4.tcp_tw_reuse", 1);
    expect(ports.range).toEqual([50000, 50010]);
    expect(ports.reserved).toEqual([
      [50003, 50003],
      [50005, 50006],
    ]);
    expect([ports.unprivilegedStart, ports.settings.timeWaitReuse.mode]).toEqual([80, 1]);
    ports.range = [40000, 40001];
    expect(sysctl.get("net.ipv4.ip_local_port_range")).toBe("40000\t40001");
    expect(outcome(() => sysctl.set("net.ipv4.ip_unprivileged_port_start", 40001))).toBe("EINVAL");
  });

  test("every name is listed, and reads as numbers, ports or words", () => {
    const { sysctl } = setup();
    const names = sysctl.names();
    expect(names.length).toBeGreaterThan(30);
    for (const name of names) expect(sysctl.get(name)).toMatch(/^[\w\t,-]*$/);
  });
});
