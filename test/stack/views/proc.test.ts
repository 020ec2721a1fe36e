/** The lines are those of Linux 6.18 for the same sockets, but for pointers, inodes and the time. */
import { afterEach, describe, expect, test } from "vitest";
import type { Host } from "../../../src/stack/host.ts";
import { Network } from "../../../src/stack/network.ts";
import type { Socket } from "../../../src/stack/socket.ts";
import { neverHere } from "../../../src/stack/views/proc-netstat.ts";
import { outcome } from "../support/fake-world.ts";

const network = { current: new Network({ seed: 1 }) };
afterEach(() => network.current.close());

function setup(): { host: Host; tcp: (address: string, port: number) => Socket } {
  network.current = new Network({ seed: 1 });
  const host = network.current.host("a");
  const tcp = (address: string, port: number) => {
    const listener = host.socket(address.includes(":") ? "AF_INET6" : "AF_INET", "SOCK_STREAM");
    listener.bind({ address, port });
    listener.listen(9);
    return listener;
  };
  return { host, tcp };
}

function lines(host: Host, path: string): string[] {
  const text = host.proc.read(path);
  expect(text.endsWith("\n")).toBe(true);
  return text.split("\n").slice(1, -1);
}

const pointer = "0000000000000000";

describe("/proc/net/tcp", () => {
  test("has the kernel's heads, to the blank", () => {
    const { host } = setup();
    const head4 =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    expect(host.proc.read("/proc/net/tcp")).toBe(`${head4.padEnd(149)}\n`);
    expect(host.proc.read("/proc/net/tcp6")).toBe(
      "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
    );
    expect(host.proc.read("/proc/net/udp")).toBe(` ${`${head4} ref pointer drops`.padEnd(126)}\n`);
    expect(host.proc.read("/proc/net/udp6")).toBe(
      "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n",
    );
  });

  test("a listener, a SYN that nobody answers, a connection and its end", () => {
    const { host, tcp } = setup();
    const listener = tcp("127.0.0.1", 0xc5b3);
    const client = host.socket("AF_INET", "SOCK_STREAM");
    client.bind({ address: "127.0.0.1", port: 0xd28a });
    outcome(() => client.connect({ address: "127.0.0.1", port: 0xc5b3 }));
    expect(lines(host, "/proc/net/tcp")).toEqual([
      `   0: 0100007F:C5B3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 ${pointer} 100 0 0 10 0`.padEnd(
        149,
      ),
      `   1: 0100007F:D28A 0100007F:C5B3 02 00000001:00000000 01:00000064 00000000     0        0 2 2 ${pointer} 100 0 0 10 -1`.padEnd(
        149,
      ),
    ]);
    network.current.run(1000);
    expect(lines(host, "/proc/net/tcp").map((line) => line.slice(6, 60))).toEqual(
      [
        "0100007F:C5B3 00000000:0000 0A 00000000:00000001 00:000",
        "0100007F:D28A 0100007F:C5B3 01 00000000:00000000 00:000",
        "0100007F:C5B3 0100007F:D28A 01 00000000:00000000 00:000",
      ].map((line) => line.slice(0, 54)),
    );
    const server = listener.accept();
    client.close();
    network.current.run(100);
    server.close();
    network.current.run(10);
    const timeWait = lines(host, "/proc/net/tcp")[1]!;
    expect(timeWait).toBe(
      `   1: 0100007F:D28A 0100007F:C5B3 06 00000000:00000000 03:00001770 00000000     0        0 0 3 ${pointer}`.padEnd(
        149,
      ),
    );
  });

  test("IPv6, and IPv4 peers of a dual-stack listener", () => {
    const { host, tcp } = setup();
    tcp("::", 7000);
    const client = host.socket("AF_INET", "SOCK_STREAM");
    outcome(() => client.connect({ address: "127.0.0.1", port: 7000 }));
    network.current.run(100);
    const zero = "0".repeat(32);
    const own = "0000000000000000FFFF00000100007F";
    const [listening, accepted] = lines(host, "/proc/net/tcp6");
    expect(listening).toBe(
      `   0: ${zero}:1B58 ${zero}:0000 0A 00000000:00000001 00:00000000 00000000     0        0 1 1 ${pointer} 100 0 0 10 0`,
    );
    expect(accepted).toContain(`   1: ${own}:1B58 ${own}:`);
  });
});

describe("/proc/net/udp", () => {
  test("bound, connected, and with what waits and what was lost", () => {
    const { host } = setup();
    const bound = host.socket("AF_INET", "SOCK_DGRAM");
    bound.bind({ address: "127.0.0.1", port: 0x14e9 });
    bound.setOption("SO_RCVBUF", 0);
    const six = host.socket("AF_INET6", "SOCK_DGRAM");
    six.bind({ address: "::1", port: 53 });
    six.connect({ address: "::1", port: 99 });
    host.socket("AF_INET", "SOCK_DGRAM");
    const sender = host.socket("AF_INET", "SOCK_DGRAM");
    for (let i = 0; i < 4; i++) sender.sendTo(new Uint8Array(1), { address: "127.0.0.1", port: 0x14e9 });
    network.current.run(100);
    expect(lines(host, "/proc/net/udp")[0]).toBe(
      `    0: 0100007F:14E9 00000000:0000 07 00000000:00000680 00:00000000 00000000     0        0 1 2 ${pointer} 2`.padEnd(
        127,
      ),
    );
    expect(lines(host, "/proc/net/udp")).toHaveLength(2);
    expect(lines(host, "/proc/net/udp6")).toEqual([
      `    0: 00000000000000000000000001000000:0035 00000000000000000000000001000000:0063 01 00000000:00000000 00:00000000 00000000     0        0 2 2 ${pointer} 0`,
    ]);
  });
});

test("/proc/net/raw lists raw sockets by their protocol", () => {
  const { host } = setup();
  host.socket("AF_INET", "SOCK_RAW", 253);
  expect(host.proc.read("/proc/net/raw")).toBe(
    `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n   0: 00000000:00FD 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 ${pointer} 0\n`,
  );
});

describe("/proc/net/sockstat and netstat", () => {
  test("count listeners, connections, orphans and those at rest, each family apart", () => {
    const { host, tcp } = setup();
    const listener = tcp("127.0.0.1", 80);
    tcp("::1", 80);
    const clients = [1, 2, 3].map(() => host.socket("AF_INET", "SOCK_STREAM"));
    for (const client of clients) outcome(() => client.connect({ address: "127.0.0.1", port: 80 }));
    network.current.run(100);
    listener.accept().close();
    network.current.run(100);
    host.socket("AF_INET", "SOCK_DGRAM").bind({ address: "127.0.0.1", port: 53 });
    host.socket("AF_INET", "SOCK_DGRAM"); // has no port
    host.socket("AF_INET6", "SOCK_RAW", 253);
    expect(host.proc.read("/proc/net/sockstat")).toBe(
      "sockets: used 8\nTCP: inuse 6 orphan 0 tw 1 alloc 7 mem 1\nUDP: inuse 1 mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n",
    );
    expect(host.proc.read("/proc/net/sockstat6")).toBe(
      "TCP6: inuse 1\nUDP6: inuse 0\nUDPLITE6: inuse 0\nRAW6: inuse 1\nFRAG6: inuse 0 memory 0\n",
    );
    expect(host.counters.TcpExtTW).toBe(1);
  });

  test("netstat names no column whose number is not true", () => {
    const { host } = setup();
    const [names, values] = host.proc.read("/proc/net/netstat").split("\n");
    const columns = names!.split(" ").slice(1);
    const unknown = columns.filter(
      (name) => !(`TcpExt${name}` in host.counters) && !neverHere.includes(name),
    );
    expect(unknown).toEqual([]);
    expect(neverHere.filter((name) => `TcpExt${name}` in host.counters)).toEqual([]);
    expect(values!.split(" ").slice(1).map(Number)).toEqual(columns.map(() => 0));
    expect(columns).not.toContain("TCPOrigDataSent"); // it happens, and nobody counts it
  });

  test("timeouts and what they lead to are counted", () => {
    const { host } = setup();
    host.sysctl.set("net.ipv4.tcp_syn_retries", 2);
    host.sysctl.set("net.ipv4.tcp_syn_linear_timeouts", 0);
    const silent = network.current.host("silent");
    network.current.link(host, silent, {
      loss: 1,
      ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }],
    });
    outcome(() => host.socket("AF_INET", "SOCK_STREAM").connect({ address: "10.0.0.2", port: 80 }));
    network.current.run(60_000);
    expect(host.counters).toMatchObject({
      TcpExtTCPTimeouts: 3,
      TcpExtTCPSynRetrans: 2,
      TcpRetransSegs: 2,
      TcpExtTCPAbortOnTimeout: 1,
      IpOutTransmits: 3,
    });
  });
});

describe("/proc/net/snmp and /proc/sys", () => {
  test("counts what happened, under the kernel's columns", () => {
    const { host, tcp } = setup();
    tcp("127.0.0.1", 80);
    outcome(() => host.socket("AF_INET", "SOCK_STREAM").connect({ address: "127.0.0.1", port: 80 }));
    host.socket("AF_INET", "SOCK_DGRAM").sendTo(new Uint8Array(1), { address: "127.0.0.1", port: 9 });
    network.current.run(100);
    const rows = host.proc.read("/proc/net/snmp").split("\n");
    const row = (name: string) => {
      const [head, values] = rows.filter((line) => line.startsWith(`${name}: `));
      const columns = head!.split(" ").slice(1);
      return Object.fromEntries(
        values!
          .split(" ")
          .slice(1)
          .map((value, index) => [columns[index], value]),
      );
    };
    expect(row("Tcp")).toMatchObject({ ActiveOpens: "1", PassiveOpens: "1", CurrEstab: "2", MaxConn: "-1" });
    expect(row("Udp")).toMatchObject({ OutDatagrams: "1", NoPorts: "1" });
    expect(row("Ip")).toMatchObject({ Forwarding: "2", DefaultTTL: "64" });
    expect(host.proc.read("/proc/net/snmp6")).toMatch(/^(\w+ *\t\d+\n)*$/);
  });

  test("reads knobs, and knows every path it lists", () => {
    const { host } = setup();
    expect(host.proc.read("/proc/sys/net/ipv4/ip_local_port_range")).toBe("32768\t60999\n");
    for (const path of host.proc.paths()) expect(host.proc.read(path)).toBeTypeOf("string");
    for (const path of ["/proc/net/nope", "/proc/sys/net/ipv4/nope", "/etc/passwd", "constructor"])
      expect(outcome(() => host.proc.read(path))).toBe("ENOENT");
  });
});

describe("snapshot", () => {
  test("is plain data that does not change afterwards", () => {
    const { host, tcp } = setup();
    const listener = tcp("127.0.0.1", 80);
    listener.label = "web";
    const before = host.snapshot();
    const copy = structuredClone(before);
    const client = host.socket("AF_INET", "SOCK_STREAM");
    client.label = "me";
    outcome(() => client.connect({ address: "127.0.0.1", port: 80 }));
    network.current.run(100);
    expect(before).toEqual(copy);
    expect(JSON.parse(JSON.stringify(copy))).toMatchObject({ name: "a", sockets: [{ label: "web" }] });
    const { sockets } = host.snapshot();
    expect(sockets.map(({ label, state, id }) => [label, state, id])).toEqual([
      ["web", "LISTEN", 1],
      ["me", "ESTABLISHED", 2],
      ["", "ESTABLISHED", 0],
    ]);
  });

  test("names those who are gone by the label they had", () => {
    const { host, tcp } = setup();
    const listener = tcp("127.0.0.1", 80);
    const client = host.socket("AF_INET", "SOCK_STREAM");
    client.label = "me";
    outcome(() => client.connect({ address: "127.0.0.1", port: 80 }));
    network.current.run(100);
    const server = listener.accept();
    client.close();
    network.current.run(100);
    const mine = () => host.snapshot().sockets.find(({ label }) => label === "me");
    expect(mine()).toMatchObject({ id: 0, state: "FIN-WAIT-2", timer: { name: "finWait2" } });
    server.close();
    network.current.run(100);
    expect(mine()).toMatchObject({ state: "TIME-WAIT", timer: { name: "timeWait" }, remote: { port: 80 } });
  });

  test("shows interfaces, routes, neighbours and ports", () => {
    network.current = new Network({ seed: 1 });
    const hub = network.current.hub();
    const [a, b] = ["a", "b"].map((name, index) => {
      const host = network.current.host(name);
      hub.attach(host, { addresses: [`10.0.0.${index + 1}/24`], gateway: "10.0.0.254" });
      return host;
    });
    network.current.run(3000);
    b!.socket("AF_INET", "SOCK_DGRAM").sendTo(new Uint8Array(1), { address: "10.0.0.1", port: 9 });
    network.current.run(100);
    const shot = a!.snapshot();
    expect(shot.interfaces.map(({ name }) => name)).toEqual(["lo", "a-eth"]);
    expect(shot.interfaces[1]?.addresses).toContainEqual({
      address: "10.0.0.1",
      prefixLength: 24,
      state: "preferred",
    });
    expect(shot.routes).toContainEqual(
      expect.objectContaining({ destination: "0.0.0.0/0", via: "10.0.0.254", interface: "a-eth" }),
    );
    expect(shot.neighbours).toContainEqual(
      expect.objectContaining({ address: "10.0.0.2", interface: "a-eth" }),
    );
    expect(shot.drops).toMatchObject({ udp: { "no-port": 1 } });
    expect(b!.snapshot().ports).toMatchObject({ range: [32768, 60999], bindings: [{ protocol: "udp" }] });
  });
});
