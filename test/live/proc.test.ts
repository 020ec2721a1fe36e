/** Files of /proc/net beside the running kernel's, after the same calls on sockets of both. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openKernelSocket } from "../../src/node/kernel-sockets/kernel-sockets.ts";
import { loadKernelCalls } from "../../src/node/kernel-sockets/kernel-sockets-native.ts";
import { Network } from "../../src/stack/network.ts";
import type { Socket, SocketDomain, SocketType } from "../../src/stack/socket.ts";
import { outcome } from "../stack/support/fake-world.ts";
import { describeLive } from "./support/live.ts";
import { createNamespace, type Namespace } from "./support/namespace.ts";

interface Machine {
  socket(domain: SocketDomain, type: SocketType): Socket;
  /** Lets what is on the way arrive. */
  settle(): void;
  read(path: string): string;
}

/** Milliseconds: longer than an ACK is delayed. */
const patience = 60;

const files = [
  "tcp",
  "tcp6",
  "udp",
  "udp6",
  "raw",
  "raw6",
  "snmp",
  "snmp6",
  "netstat",
  "sockstat",
  "sockstat6",
] as const;
type File = (typeof files)[number];
type Files = Readonly<Record<File, string>>;

describeLive("/proc/net beside the kernel", ["root", "ip"], () => {
  let namespace: Namespace;
  let kernel: Files;
  let ours: Files;

  beforeAll(async () => {
    namespace = await createNamespace();
    const calls = await loadKernelCalls();
    kernel = await namespace.inside(() =>
      filesAfterStory({
        socket: (domain, type) => openKernelSocket(calls, domain, type, 0),
        settle: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, patience),
        read: (path) => readFileSync(path, "latin1"),
      }),
    );
    const network = new Network({ seed: 1 });
    const host = network.host("ours");
    ours = filesAfterStory({
      socket: (domain, type) => host.socket(domain, type),
      settle: () => network.advance(patience),
      read: (path) => host.proc.read(path),
    });
    network.close();
  });
  afterAll(() => namespace?.remove());

  describe.each(["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] as const)("%s", (file) => {
    test("has the kernel's head and the kernel's widths", () => {
      const [head, ...rows] = linesOf(ours[file]);
      const [kernelHead, ...kernelRows] = linesOf(kernel[file]);
      expect(head).toBe(kernelHead);
      expect(rows.length).toBe(kernelRows.length);
      if (file === "tcp" || file === "udp")
        expect(new Set(rows.map(({ length }) => length))).toEqual(
          new Set(kernelRows.map(({ length }) => length)),
        );
    });

    test("tells of the same sockets: addresses, state, queues, timer, user and references", () => {
      expect(rowsOf(ours[file])).toEqual(rowsOf(kernel[file]));
    });
  });

  test("sockstat and sockstat6 count the same sockets", () => {
    // The kernel's `orphan`, `alloc` and `mem` are the whole machine's, and `used` counts those of other families too.
    const own = (text: string): string => text.replace(/ (used|orphan|alloc|mem|memory) \d+/g, "");
    expect(own(ours.sockstat)).toBe(own(kernel.sockstat));
    expect(own(ours.sockstat6)).toBe(own(kernel.sockstat6));
    const names = (text: string): string => text.replace(/\d+$|(?<= )\d+(?= )/gm, "N");
    expect(names(ours.sockstat)).toBe(names(kernel.sockstat));
  });

  test("snmp and snmp6 have the kernel's groups and columns in its order", () => {
    const names = (text: string): string[] => linesOf(text).filter((line) => !/^\w+:( -?\d+)+$/.test(line));
    expect(names(ours.snmp)).toEqual(names(kernel.snmp).filter((line) => !line.startsWith("IcmpMsg:")));
    const names6 = (text: string): string[] => linesOf(text).map((line) => line.replace(/\d+$/, ""));
    expect(names6(ours.snmp6)).toEqual(
      names6(kernel.snmp6).filter((name) => !/Icmp6(In|Out)Type/.test(name)),
    );
  });

  test("netstat has columns of the kernel's, in its order", () => {
    for (const group of ["TcpExt", "IpExt"]) {
      const [columns, all] = [
        Object.keys(countsOf(ours.netstat)[group]!),
        Object.keys(countsOf(kernel.netstat)[group]!),
      ];
      expect(columns).toEqual(all.filter((column) => columns.includes(column)));
    }
  });

  test("what was opened, refused, sent and received is counted alike", () => {
    const [mine, theirs] = [countsOf(ours.snmp), countsOf(kernel.snmp)];
    const tcp = [
      "ActiveOpens",
      "PassiveOpens",
      "AttemptFails",
      "EstabResets",
      "CurrEstab",
      "OutRsts",
      "InErrs",
      "RetransSegs",
    ];
    for (const column of tcp)
      expect([column, mine["Tcp"]![column]]).toEqual([column, theirs["Tcp"]![column]]);
    expect(mine["Udp"]).toEqual(theirs["Udp"]);
    for (const column of ["InDestUnreachs", "OutDestUnreachs", "InErrors"])
      expect([column, mine["Icmp"]![column]]).toEqual([column, theirs["Icmp"]![column]]);
    const [ext, kernelExt] = [countsOf(ours.netstat)["TcpExt"]!, countsOf(kernel.netstat)["TcpExt"]!];
    // Header prediction is the kernel's; when an ACK is delayed depends on its timers.
    const apart = new Set([
      "TCPHPHits",
      "TCPPureAcks",
      "TCPHPAcks",
      "DelayedACKs",
      "TCPAutoCorking",
      "TCPAckCompressed",
    ]);
    const both = Object.keys(ext).filter((column) => !apart.has(column));
    expect(both.length).toBeGreaterThan(40);
    const pick = (row: Readonly<Record<string, number>>) =>
      Object.fromEntries(both.map((column) => [column, row[column]]));
    expect(pick(ext)).toEqual(pick(kernelExt));
  });
});

/** Listeners, connections open, half closed, resting, refused and aborted; datagrams read, unread and for nobody. */
function filesAfterStory(machine: Machine): Files {
  const open: Socket[] = [];
  const socket = (domain: SocketDomain, type: SocketType): Socket => {
    const made = machine.socket(domain, type);
    open.push(made);
    return made;
  };
  try {
    streams(machine, socket, "AF_INET", "127.0.0.1");
    streams(machine, socket, "AF_INET6", "::1");
    datagrams(machine, socket, "AF_INET", "127.0.0.1");
    datagrams(machine, socket, "AF_INET6", "::1");
    return Object.fromEntries(files.map((file) => [file, machine.read(`/proc/net/${file}`)])) as Files;
  } finally {
    for (const each of open) each.close();
  }
}

type Opener = (domain: SocketDomain, type: SocketType) => Socket;

function streams(machine: Machine, socket: Opener, domain: SocketDomain, address: string): void {
  const listener = socket(domain, "SOCK_STREAM");
  listener.bind({ address, port: 8000 });
  listener.listen(5);
  const connect = (port: number, to = 8000): Socket => {
    const client = socket(domain, "SOCK_STREAM");
    client.bind({ address, port });
    outcome(() => client.connect({ address, port: to }));
    machine.settle();
    return client;
  };
  const accept = (): Socket => listener.accept();
  connect(9000).send(new Uint8Array(10)); // its text is never read
  machine.settle();
  const unread = accept();
  const closing = connect(9001);
  const closed = accept();
  closing.close(); // rests
  machine.settle();
  closed.close();
  machine.settle();
  connect(9002).shutdown("SHUT_WR"); // half closed
  machine.settle();
  accept();
  connect(9003); // waits to be accepted
  outcome(() => connect(9004, 8001).recv(new Uint8Array(1))); // refused
  const rude = connect(9005);
  rude.send(new Uint8Array(3));
  machine.settle();
  const polite = listener.accept();
  polite.close(); // the last to be accepted was 9003: it has nothing to read
  machine.settle();
  listener.accept().close(); // and 9005 has: it is reset
  machine.settle();
  machine.settle();
  void unread;
}

function datagrams(machine: Machine, socket: Opener, domain: SocketDomain, address: string): void {
  const bound = socket(domain, "SOCK_DGRAM");
  bound.bind({ address, port: 5300 });
  const sender = socket(domain, "SOCK_DGRAM");
  sender.bind({ address, port: 5301 });
  sender.connect({ address, port: 5300 });
  sender.send(new Uint8Array(4));
  sender.send(new Uint8Array(900));
  machine.settle();
  bound.recv(new Uint8Array(10)); // the second waits
  const lost = socket(domain, "SOCK_DGRAM");
  lost.bind({ address, port: 5302 });
  lost.sendTo(new Uint8Array(1), { address, port: 5399 });
  machine.settle();
  socket(domain, "SOCK_DGRAM"); // without a port
}

function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

/** Each row without its number, inode and pointer; the timer without its time; those behind it, congestion's, left out. */
function rowsOf(text: string): string[] {
  const rows = linesOf(text).slice(1);
  return rows
    .map((row) => {
      const [, local, remote, state, queues, timer = "", , uid] = row.trim().split(/\s+/);
      return [local, remote, state, queues, timer.slice(0, 2), uid].join(" ");
    })
    .sort();
}

function countsOf(text: string): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const counts: Record<string, Record<string, number>> = {};
  const lines = linesOf(text);
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [group = "", ...names] = lines[at]!.split(" ");
    const values = lines[at + 1]!.split(" ").slice(1).map(Number);
    counts[group.slice(0, -1)] = Object.fromEntries(names.map((name, index) => [name, values[index]!]));
  }
  return counts;
}
