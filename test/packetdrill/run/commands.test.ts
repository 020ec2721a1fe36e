import { describe, expect, test } from "vitest";
import { SocketError } from "../../../src/base/errno.ts";
import { runCommand } from "../../../src/packetdrill/run/commands.ts";
import type { Device } from "../../../src/packetdrill/run/device.ts";
import { linuxDefaults } from "../../../src/packetdrill/run/presets.ts";

/** A device with a few knobs, that remembers what it was told. */
function device(): {
  knobs: Map<string, string>;
  run: (text: string) => { status: number; duration: number };
} {
  const knobs = new Map<string, string>();
  const sysctl = (name: string, value: string): void => {
    if (!/^net\.ipv4\.tcp_(sack|rmem|timestamps)$/.test(name)) throw new SocketError("ENOENT", "write");
    if (value === "bad") throw new SocketError("EINVAL", "write");
    knobs.set(name, value);
  };
  return { knobs, run: (text) => runCommand(text, { sysctl } as unknown as Device) };
}

const status = (text: string) => device().run(text).status;

describe("shell commands", () => {
  test("have the exit status a shell would give", () => {
    expect(status("true")).toBe(0);
    expect(status("false")).toBe(1);
    expect(status("exit 3")).toBe(3);
    expect(status("true && false")).toBe(1);
    expect(status("false && true")).toBe(1);
    expect(status("false; true")).toBe(0);
    expect(status("true\nfalse")).toBe(1);
    expect(status("exit 2; true")).toBe(2);
    expect(status("")).toBe(0);
    expect(status("# nothing")).toBe(0);
  });

  test("may take time", () => {
    expect(device().run("sleep 1.5; /bin/sleep 1")).toEqual({ status: 0, duration: 2_500_000 });
  });

  test("set knobs", () => {
    const { knobs, run } = device();
    run('sysctl -q net.ipv4.tcp_sack=0 && sysctl -w net.ipv4.tcp_rmem="4096 5 6" > /dev/null');
    run("../common/set_sysctls.py /proc/sys/net/ipv4/tcp_timestamps=0 \\\n /proc/sys/net/ipv4/tcp_sack=1");
    run('sysctl -q net.ipv4.tcp_rmem="4096 $((2*1024)) $((7))"');
    expect(Object.fromEntries(knobs)).toEqual({
      "net.ipv4.tcp_sack": "1",
      "net.ipv4.tcp_rmem": "4096 2048 7",
      "net.ipv4.tcp_timestamps": "0",
    });
  });

  test("of the suites' defaults set what there is", () => {
    const { knobs, run } = device();
    expect(run("../common/defaults.sh").status).toBe(0);
    expect(knobs.get("net.ipv4.tcp_rmem")).toBe(linuxDefaults["net.ipv4.tcp_rmem"]);
  });

  test("that change nothing here pass", () => {
    const passing = [
      ...[
        "ip tcp_metrics flush all",
        "ip tcp_metrics flush all >/dev/null 2>&1",
        "/tmp/sysctl_restore_$" + "{PPID}.sh",
      ],
      ...[
        "ethtool -K tun0 tso off gso off gro off",
        "tc qdisc replace dev tun0 root pfifo",
        "sysctl -q net.ipv4.tcp_ecn=0",
      ],
      "sysctl -q net.ipv4.tcp_pacing_ss_ratio=200",
      "sysctl -e -q net.ipv4.no_such_thing=5",
    ];
    expect(passing.map(status)).toEqual(passing.map(() => 0));
  });

  test.each([
    ["rm -rf /", "command rm -rf /"],
    ["nstat -n", "command nstat -n"],
    ["sysctl net.ipv4.tcp_sack", "reading sysctl net.ipv4.tcp_sack"],
    ["sysctl -q net.ipv4.tcp_ecn=1", "sysctl net.ipv4.tcp_ecn=1"],
    ["sysctl -q net.ipv4.tcp_sack=bad", "sysctl net.ipv4.tcp_sack=bad (EINVAL)"],
    ["ip route change 1.2.3.4 dev tun0 initcwnd 5", "command ip route change 1.2.3.4 dev tun0 initcwnd 5"],
    ["true | false", "command true | false"],
    ["true & false", "command true & false"],
    ["echo `id`", "command echo `id`"],
    ["echo 'a; b", "command echo 'a; b"],
  ])("that mean something we lack are said to: %s", (text, message) => {
    expect(() => device().run(text)).toThrow(message);
  });
});
