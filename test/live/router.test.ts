/** The kernel as a router between us and another of its own: a narrower link on the way, hops counted, and nobody there. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "./support/cli.ts";
import { families, onTun, ours, urlOf } from "./support/harbour.ts";
import { describeLive } from "./support/live.ts";
import { createPair, type Namespace } from "./support/namespace.ts";
import { openShelf, type Shelf, sha256Of } from "./support/shelf.ts";
import { fields, judgeCapture } from "./support/tshark.ts";
import { startUp, type Up } from "./support/up.ts";

const needs = ["root", "tun", "ip", "curl", "atftp", "ping", "tshark"] as const;
const beyond = { v4: "10.88.0.2", v6: "fd88::2" } as const;
const narrow = 1300;

describeLive("a kernel that forwards to a narrower link", needs, () => {
  let router: Namespace;
  let client: Namespace;
  let shelf: Shelf;
  let up: Up;
  let big: string;

  beforeAll(async () => {
    [router, client] = await createPair(
      ["10.88.0.1/24", "fd88::1/64"],
      [`${beyond.v4}/24`, `${beyond.v6}/64`],
    );
    shelf = openShelf();
    big = shelf.make("big", 3_000_000);
    shelf.make("middle", 200_000);
    for (const knob of ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"])
      await router.succeed("sysctl", ["-qw", `${knob}=1`]);
    up = await startUp(router, shelf, [
      ...onTun,
      ...["--serve", `echo,http=${shelf.directory},tftp=${shelf.directory}`],
    ]);
    client.ip("route", "add", "default", "via", "10.88.0.1");
    client.ip("-6", "route", "add", "default", "via", "fd88::1");
    // Only what the router sends is held to it: the interface's own MTU would also be its largest packet to receive.
    router.ip("route", "replace", "10.88.0.0/24", "dev", "veth0", "mtu", "lock", String(narrow));
    router.ip("-6", "route", "replace", "fd88::/64", "dev", "veth0", "mtu", "lock", String(narrow));
  });

  afterAll(() => {
    router?.remove();
    client?.remove();
    shelf?.remove();
  });

  test.each(families)("TCP learns of it and goes on with smaller segments, IP%s", async (family) => {
    const got = shelf.path(`got-${family}`);
    await client.succeed("curl", ["-sS", "-g", "-o", got, urlOf(ours[family], "big")]);
    expect(sha256Of(got)).toBe(big);
  });

  test.each(families)("a ping of 4,000 bytes comes back in fragments that fit, IP%s", async (family) => {
    const said = await client.succeed("ping", [
      "-q",
      "-c",
      "3",
      "-i",
      "0.01",
      "-w",
      "5",
      "-s",
      "4000",
      ours[family],
    ]);
    expect(said).toContain("3 received, 0% packet loss");
  });

  test("a TFTP block that did not fit is sent again, in fragments", async () => {
    // Of an address we have not sent to yet, so that the way to it is not known.
    client.ip("addr", "replace", "10.88.0.3/24", "dev", "veth0");
    client.ip("route", "replace", "default", "via", "10.88.0.1", "src", "10.88.0.3");
    const options = ["--option", "blksize 1428", "--option", "timeout 1"];
    const got = shelf.path("tftp");
    await client.succeed("atftp", [...options, "-g", "-r", "middle", "-l", got, ours.v4], { limit: 60_000 });
    expect(sha256Of(got)).toBe(sha256Of(shelf.path("middle")));
    await up.waitFor(/tftp: middle to 10\.88\.0\.3 .*: done, .*, [1-9]\d* sent again/);
  });

  test("nobody beyond the router is EHOSTUNREACH", async () => {
    client.remove();
    const said = await runCli(router, ["get", urlOf("203.0.113.1", ""), ...onTun.map(otherTun)]);
    expect(said).toMatchObject({ status: 1, stderr: expect.stringMatching(/E(HOST|NET)UNREACH/) });
  });

  /** A second TUN beside that of `up`. */
  function otherTun(option: string): string {
    return option.replace("hm0", "hm1").replace("10.9.0.", "10.10.0.").replace("fd00:9:", "fd00:10:");
  }

  test("the capture shows what it was told, and is sound", async () => {
    await up.stop("SIGTERM");
    const { problems } = await judgeCapture(up.capture);
    // The kernel quotes our packets as it got them, which was with their checksums left to it.
    expect(problems.filter((line) => !/Fragmentation needed|Too Big/.test(line))).toEqual([]);
    const told = await fields(up.capture, "icmp.type == 3 && icmp.code == 4", "icmp.mtu");
    const told6 = await fields(up.capture, "icmpv6.type == 2", "icmpv6.mtu");
    expect(new Set([...told, ...told6])).toEqual(new Set([String(narrow)]));
    const lengths = await fields(up.capture, `ip.src == ${ours.v4} && tcp.len > 0`, "ip.len");
    expect(lengths.length).toBeGreaterThan(2000);
    // A first flight or two went out whole.
    expect(lengths.filter((length) => Number(length) > narrow).length).toBeLessThan(200);
  });
});
