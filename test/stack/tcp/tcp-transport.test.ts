import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { checksumUnknown } from "../../../src/base/packet.ts";
import type { TcpSocket } from "../../../src/stack/tcp/tcp-socket.ts";
import type { IcmpError } from "../../../src/stack/transport.ts";
import { fillTransportChecksum } from "../../../src/wire/checksums.ts";
import { emitTcp, parseTcp, type TcpHeader, type TcpSegment, tcpFlags } from "../../../src/wire/tcp.ts";
import { outcome, type Sent } from "../support/fake-world.ts";
import { bytes, loopback, received, TcpLab } from "../support/tcp-lab.ts";

const { SYN, ACK, RST, FIN } = tcpFlags;

function parsed({ bytes: all }: Sent): TcpSegment {
  return parseTcp(all, 0, all.length) as TcpSegment;
}

function letters(flags: number): string {
  return (["SYN", "FIN", "RST", "ACK"] as const).filter((name) => flags & tcpFlags[name]).join(" ");
}

/** What a stranger at 10.9.0.2 sends us. */
function arrives(lab: TcpLab, port: number, header: Partial<TcpHeader>, payload = new Uint8Array(0)): void {
  const all: TcpHeader = {
    sourcePort: 4000,
    destinationPort: port,
    sequence: 1000,
    acknowledgment: 0,
    flags: SYN,
    window: 65535,
    checksum: 0,
    urgentPointer: 0,
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    timestampValue: 0,
    timestampEcho: 0,
    sack: [],
    ...header,
  };
  const into = new Uint8Array(60 + payload.length);
  const length = emitTcp(all, into, 0);
  into.set(payload, length);
  const segment = into.subarray(0, length + payload.length);
  const route = lab.world.output.route(address("10.9.0.2"), {});
  if (typeof route === "string") throw new Error(route);
  const sent = { route: { ...route, source: address("10.9.0.2"), destination: address("10.9.0.1") } };
  const like = lab.world.sent[0] ?? probe(lab);
  lab.transport.receive(lab.world.arrival({ ...like, ...sent, bytes: segment }));
  lab.world.settle();
}

/** Any packet, for its options. */
function probe(lab: TcpLab): Sent {
  const socket = lab.socket();
  lab.connect(socket, 1, "10.9.0.9");
  socket.close();
  return lab.world.sent.shift()!;
}

describe("segments that are nobody's", () => {
  test("a SYN to a closed port is reset [RFC 9293 3.10.7.1]", () => {
    const lab = new TcpLab();
    arrives(lab, 81, { flags: SYN, sequence: 1000 });
    const reset = parsed(lab.world.last);
    expect([letters(reset.flags), reset.sequence, reset.acknowledgment]).toEqual(["RST ACK", 0, 1001]);
    expect([reset.sourcePort, reset.destinationPort]).toEqual([81, 4000]);
    expect(lab.world.counters.TcpOutRsts).toBe(1);
  });

  test("an ACK is answered with a reset at its own number, a reset with nothing", () => {
    const lab = new TcpLab();
    arrives(lab, 81, { flags: ACK, acknowledgment: 77 });
    expect([letters(parsed(lab.world.last).flags), parsed(lab.world.last).sequence]).toEqual(["RST", 77]);
    const before = lab.world.sent.length;
    arrives(lab, 81, { flags: RST });
    expect(lab.world.sent).toHaveLength(before);
  });

  test("what is malformed, damaged or sent to a group is dropped and counted [RFC 9293 MUST-3] [RFC 9293 MUST-57]", () => {
    const lab = new TcpLab();
    const like = lab.world.arrival(probe(lab));
    lab.transport.receive({ ...like, end: 10 });
    expect(lab.world.drops).toEqual(["tcp truncated"]);
    fillTransportChecksum(6, like.source, like.destination, like.bytes, 0, like.end);
    like.bytes[3]! ^= 1;
    lab.transport.receive({ ...like, checksum: checksumUnknown });
    expect(lab.world.counters).toMatchObject({ TcpInErrs: 2, TcpInCsumErrors: 1 });
    lab.transport.receive({ ...like, cast: "broadcast" });
    expect(lab.world.drops.at(-1)).toBe("tcp sent-to-a-group");
    expect(lab.world.sent).toEqual([]);
  });
});

describe("a link that is slower than we are", () => {
  test("connections keep what it has no use for yet, and take turns", () => {
    const lab = new TcpLab();
    const senders = [lab.pair().client, lab.pair().client] as const;
    const names = new Map(senders.map((socket, i) => [socket.localEndpoint().port, "ab"[i]]));
    const before = lab.world.sent.length;
    const order = () => {
      lab.world.settle();
      return lab.world.sent.slice(before).map((sent) => names.get(parsed(sent).sourcePort));
    };
    lab.world.room = 0;
    for (const socket of senders) {
      socket.setOption("TCP_MAXSEG", 1000);
      socket.send(new Uint8Array(3000));
    }
    expect(order()).toEqual([]);
    for (let i = 0; i < 4; i++) {
      lab.world.room = 1;
      order();
    }
    expect(order().join("")).toBe("abab");
    lab.world.room = Infinity;
    expect(order().join("")).toBe("ababaabb"); // all there is of a, then of b
  });
});

describe("listening", () => {
  test("as many as backlog + 1 wait to be accepted; then SYNs are dropped, and come again", () => {
    const lab = new TcpLab();
    const listener = lab.listener(undefined, 2);
    const { port } = listener.localEndpoint();
    const clients = [1, 2, 3, 4].map(() => {
      const client = lab.socket();
      lab.connect(client, port);
      return client;
    });
    const established = () => clients.map((client) => client.state());
    expect(established()).toEqual(["ESTABLISHED", "ESTABLISHED", "ESTABLISHED", "SYN-SENT"]);
    expect(lab.world.counters).toMatchObject({ TcpExtListenOverflows: 1, TcpExtListenDrops: 1 });
    listener.accept();
    lab.wait(1100);
    expect(established().at(-1)).toBe("ESTABLISHED");
    expect([listener.accept(), listener.accept(), listener.accept()]).toHaveLength(3);
    expect(outcome(() => listener.accept())).toBe("EAGAIN");
  });

  test("an ACK that finds the accept queue full is dropped, and the SYN-ACK goes out again", () => {
    const { lab, full } = crowded();
    expect(full.client.state()).toBe("ESTABLISHED");
    expect(full.waiting()).toBe(1);
    full.listener.accept();
    lab.wait(1500);
    expect(full.waiting()).toBe(1);
  });

  test("tcp_abort_on_overflow resets instead", () => {
    const { lab, full } = crowded((each) => each.world.sysctl.set("net.ipv4.tcp_abort_on_overflow", 1));
    lab.run();
    expect(outcome(() => received(full.client))).toBe("ECONNRESET");
  });

  /** One connection waits, and the handshake of a second is completed while the queue is full. */
  function crowded(prepare: (lab: TcpLab) => void = () => {}) {
    const lab = new TcpLab();
    prepare(lab);
    const listener = lab.listener(undefined, 0);
    const { port } = listener.localEndpoint();
    const held: Sent[] = [];
    lab.loses = (sent) => {
      const ack = letters(parsed(sent).flags) === "ACK" && held.length < 2;
      if (ack) held.push(sent);
      return ack;
    };
    const [first, client] = [lab.socket(), lab.socket()];
    lab.connect(first, port);
    lab.connect(client, port);
    expect(listener.listener?.opening).toBe(2);
    for (const ack of held) lab.transport.receive(lab.world.arrival(ack));
    lab.run();
    return { lab, full: { listener, client, waiting: () => listener.listener!.waiting } };
  }

  test("a flood of SYNs is bounded: the oldest half-open connection makes room [RFC 4987 3.4]", () => {
    const lab = new TcpLab();
    lab.world.sysctl.set("net.ipv4.tcp_max_syn_backlog", 3);
    const listener = lab.listener({ address: "10.9.0.1", port: 80 });
    for (let sourcePort = 5000; sourcePort < 5010; sourcePort++) arrives(lab, 80, { sourcePort });
    expect(listener.listener?.opening).toBe(3);
    expect(lab.transport.table.connections.size).toBe(3);
    expect(lab.world.ports.stats().tcp?.inUse).toBe(4);
    lab.wait(200_000);
    expect(lab.transport.table.connections.size).toBe(0);
    expect(lab.world.ports.stats().tcp?.inUse).toBe(1);
  });

  test("TCP_DEFER_ACCEPT waits for data", () => {
    const lab = new TcpLab();
    const listener = lab.listener();
    listener.setOption("TCP_DEFER_ACCEPT", 3);
    const client = lab.socket();
    lab.connect(client, listener.localEndpoint().port);
    expect(outcome(() => listener.accept())).toBe("EAGAIN");
    client.send(bytes("now"));
    lab.run();
    expect(received(listener.accept() as TcpSocket)).toBe("now");
  });

  test("children inherit what their listener was set to", () => {
    const lab = new TcpLab();
    const listener = lab.listener();
    const set = {
      TCP_NODELAY: 1,
      SO_KEEPALIVE: 1,
      TCP_KEEPIDLE: 33,
      TCP_USER_TIMEOUT: 1234,
      IP_TOS: 0x20,
      IP_TTL: 33,
      SO_LINGER: { on: true, seconds: 9 },
    };
    for (const [name, value] of Object.entries(set)) listener.setOption(name, value);
    listener.setOption("SO_RCVBUF", 50000);
    const client = lab.socket();
    lab.connect(client, listener.localEndpoint().port);
    const server = listener.accept() as TcpSocket;
    const got = Object.fromEntries(Object.keys(set).map((name) => [name, server.getOption(name)]));
    expect(got).toEqual(set);
    expect(server.getOption("SO_RCVBUF")).toBe(100000);
    expect(server.connection?.tcb).toMatchObject({ noDelay: true, keepIdle: 33000, receiveBuffer: 50000 });
    server.send(bytes("x"));
    lab.run();
    const last = lab.world.sent.filter((each) => parsed(each).payloadEnd > parsed(each).payloadStart).at(-1)!;
    expect(last.options).toMatchObject({ hopLimit: 33, trafficClass: 0x20 });
    server.setOption("IP_TTL", 9);
    server.send(bytes("y"));
    lab.run();
    expect(lab.world.sent.filter(({ options }) => options.hopLimit === 9)).toHaveLength(1);
  });

  test("closing a listener resets those who wait, and forgets those half open", () => {
    const lab = new TcpLab();
    const listener = lab.listener();
    const client = lab.socket();
    lab.connect(client, listener.localEndpoint().port);
    arrives(lab, listener.localEndpoint().port, {});
    listener.close();
    lab.run();
    expect(outcome(() => received(client))).toBe("ECONNRESET");
    expect(lab.transport.table.connections.size).toBe(0);
    expect(lab.world.ports.stats().tcp).toMatchObject({ inUse: 0, held: 0 });
  });

  test("a connection reset in the queue is accepted all the same, and tells", () => {
    const lab = new TcpLab();
    const listener = lab.listener();
    const client = lab.socket();
    lab.connect(client, listener.localEndpoint().port);
    lab.reset(client);
    const server = listener.accept() as TcpSocket;
    expect(outcome(() => received(server))).toBe("ECONNRESET");
  });

  test("one dual-stack listener serves both families", () => {
    const lab = new TcpLab();
    const listener = lab.listener({ address: "::", port: 8080 });
    const [four, six] = [lab.socket(), lab.socket("AF_INET6")];
    lab.connect(four, 8080);
    lab.connect(six, 8080, "::1");
    const names = [listener.accept(), listener.accept()].map((each) => each.remoteEndpoint().address);
    expect(names).toEqual(["::ffff:127.0.0.1", "::1"]);
  });
});

describe("data", () => {
  test("flows both ways, and a half-closed side still receives [RFC 9293 MAY-1]", () => {
    const lab = new TcpLab();
    const { client, server } = lab.pair();
    client.send(bytes("ping"));
    client.shutdown("SHUT_WR");
    lab.run();
    expect([received(server), received(server)]).toEqual(["ping", ""]);
    server.send(bytes("pong"));
    lab.run();
    expect(received(client)).toBe("pong");
    expect(outcome(() => client.send(bytes("x")))).toBe("EPIPE");
  });

  test("SO_SNDBUF bounds what is taken; what the peer reads makes room, and onReady says so", () => {
    const lab = new TcpLab();
    const listener = lab.listener();
    listener.setOption("SO_RCVBUF", 8192);
    const client = lab.socket();
    client.setOption("SO_SNDBUF", 10000);
    lab.connect(client, listener.localEndpoint().port);
    const server = listener.accept() as TcpSocket;
    let sent = 0;
    for (;;) {
      const taken = outcome(() => client.send(new Uint8Array(4096)));
      lab.wait(50);
      if (typeof taken === "string") {
        expect(taken).toBe("EAGAIN");
        break;
      }
      sent += taken;
    }
    expect(sent).toBe(10000 + 8192);
    expect(client.poll().writable).toBe(false);
    let ready = 0;
    client.onReady = () => ready++;
    const into = new Uint8Array(8192);
    while (typeof outcome(() => server.recv(into)) === "number") lab.wait(50);
    expect(ready).toBeGreaterThan(0);
    expect(client.poll().writable).toBe(true);
  });

  test("SO_RCVLOWAT decides when poll calls a socket readable", () => {
    const lab = new TcpLab();
    const { client, server } = lab.pair();
    server.setOption("SO_RCVLOWAT", 5);
    client.send(bytes("1234"));
    lab.run();
    expect(server.poll().readable).toBe(false);
    client.send(bytes("5"));
    lab.run();
    expect(server.poll().readable).toBe(true);
  });
});

describe("ports and endings", () => {
  test("the side that closed first rests in TIME-WAIT, then its port is free [RFC 9293 MUST-13]", () => {
    const lab = new TcpLab();
    const { client, server, listener } = lab.pair();
    client.close();
    lab.run();
    server.close();
    lab.run();
    listener.close();
    const stats = () => lab.world.ports.stats().tcp;
    expect(stats()).toMatchObject({ inUse: 0, held: 1 });
    expect(lab.transport.table.rests.all.size).toBe(1);
    lab.wait(59_900);
    expect(stats()).toMatchObject({ held: 1 });
    lab.wait(200);
    expect(stats()).toMatchObject({ inUse: 0, held: 0 });
    expect(lab.transport.table.rests.all.size).toBe(0);
  });

  test("in TIME-WAIT a FIN that comes again is acknowledged again, and the wait begins anew", () => {
    const lab = new TcpLab();
    const { client, server } = lab.pair();
    client.close();
    lab.run();
    server.close();
    lab.run();
    const fin = lab.world.sent.filter((sent) => (parsed(sent).flags & FIN) !== 0).at(-1)!;
    lab.wait(30_000);
    const before = lab.world.sent.length;
    lab.loses = () => true;
    lab.transport.receive(lab.world.arrival(fin));
    lab.world.settle();
    expect(lab.world.sent).toHaveLength(before + 1);
    expect(letters(parsed(lab.world.last).flags)).toBe("ACK");
    lab.wait(40_000);
    expect(lab.transport.table.rests.all.size).toBe(1);
    lab.wait(20_000);
    expect(lab.transport.table.rests.all.size).toBe(0);
  });

  test("a new SYN takes the place of a TIME-WAIT that a listener stands behind [RFC 9293 MAY-2]", () => {
    const lab = new TcpLab();
    const { client, server, listener } = lab.pair();
    const from = client.localEndpoint().port;
    server.close();
    lab.run();
    client.close();
    lab.run();
    expect(lab.transport.table.rests.all.size).toBe(1);
    lab.wait(2000);
    const again = lab.socket();
    again.bind({ address: loopback, port: from });
    lab.connect(again, listener.localEndpoint().port);
    expect(again.state()).toBe("ESTABLISHED");
    expect(lab.transport.table.rests.all.size).toBe(0);
  });

  test("above tcp_max_tw_buckets there is no TIME-WAIT", () => {
    const lab = new TcpLab();
    lab.world.sysctl.set("net.ipv4.tcp_max_tw_buckets", 0);
    const { client, server } = lab.pair();
    client.close();
    lab.run();
    server.close();
    lab.run();
    expect(lab.world.ports.stats().tcp).toMatchObject({ inUse: 1, held: 0 });
    expect(lab.world.counters.TcpExtTCPTimeWaitOverflow).toBe(1);
  });

  test("closing with data unread resets [RFC 9293 SHLD-3]", () => {
    const lab = new TcpLab();
    const { client, server } = lab.pair();
    client.send(bytes("unread"));
    lab.run();
    server.close();
    lab.run();
    expect(outcome(() => client.send(bytes("x")))).toBe("ECONNRESET");
    expect(lab.world.counters.TcpExtTCPAbortOnClose).toBe(1);
  });

  test("what was sent before close arrives after it", () => {
    const lab = new TcpLab();
    const { client, server } = lab.pair();
    client.send(bytes("last words"));
    client.close();
    lab.run();
    expect([received(server), received(server)]).toEqual(["last words", ""]);
  });

  test("a named port stays bound after a refusal, and may be used again; a chosen one is given back", () => {
    const lab = new TcpLab();
    const named = lab.socket();
    named.bind({ address: loopback, port: 4444 });
    lab.connect(named, 1);
    expect(outcome(() => named.connect({ address: loopback, port: 1 }))).toBe("ECONNREFUSED");
    expect(named.localEndpoint().port).toBe(4444);
    expect(lab.world.ports.stats().tcp?.inUse).toBe(1);
    const open = lab.listener();
    lab.connect(named, open.localEndpoint().port);
    expect(named.state()).toBe("ESTABLISHED");
    const chosen = lab.socket();
    lab.connect(chosen, 1);
    expect(lab.world.ports.stats().tcp?.inUse).toBe(3);
  });

  test("nobody answers: ETIMEDOUT, and the port comes back [RFC 9293 MUST-23]", () => {
    const lab = new TcpLab();
    const socket = lab.socket();
    lab.connect(socket, 80, "10.9.0.2");
    let calls = 0;
    socket.onReady = () => calls++;
    lab.wait(200_000);
    expect(calls).toBe(1);
    expect(socket.getOption("SO_ERROR")).toBe(110);
    expect(lab.world.ports.stats().tcp?.inUse).toBe(0);
  });

  test("an orphan in FIN-WAIT-2 is given up after tcp_fin_timeout", () => {
    const lab = new TcpLab();
    const { client, server } = lab.pair();
    client.close();
    lab.run();
    expect([...lab.transport.table.connections].map(({ tcb }) => tcb.state)).toEqual([
      "FIN-WAIT-2",
      "CLOSE-WAIT",
    ]);
    lab.wait(61_000);
    expect([...lab.transport.table.connections].map(({ tcb }) => tcb.state)).toEqual(["CLOSE-WAIT"]);
    server.close();
  });

  test("keep-alive finds a peer that is gone: ETIMEDOUT [RFC 9293 3.8.4]", () => {
    const lab = new TcpLab();
    const { client } = lab.pair();
    client.setOption("SO_KEEPALIVE", 1);
    client.setOption("TCP_KEEPIDLE", 10);
    client.setOption("TCP_KEEPINTVL", 2);
    client.setOption("TCP_KEEPCNT", 3);
    lab.wait(25_000);
    expect(client.state()).toBe("ESTABLISHED");
    lab.loses = () => true;
    lab.wait(20_000);
    expect([client.state(), client.getOption("SO_ERROR")]).toEqual(["CLOSED", 110]);
  });

  test("TCP_USER_TIMEOUT bounds how long data may stay unacknowledged [RFC 5482]", () => {
    const lab = new TcpLab();
    const { client } = lab.pair();
    client.setOption("TCP_USER_TIMEOUT", 3000);
    lab.loses = () => true;
    client.send(bytes("x"));
    lab.wait(10_000);
    expect(client.getOption("SO_ERROR")).toBe(110);
  });

  test("the host's sysctls hold for connections made from then on", () => {
    const lab = new TcpLab();
    lab.world.sysctl.set("net.ipv4.tcp_syn_retries", 1);
    lab.world.sysctl.set("net.ipv4.tcp_syn_linear_timeouts", 0);
    lab.world.sysctl.set("net.ipv4.tcp_timestamps", 0);
    lab.world.sysctl.set("net.ipv4.tcp_sack", 0);
    lab.world.sysctl.set("net.ipv4.tcp_window_scaling", 0);
    const socket = lab.socket();
    lab.connect(socket, 80, "10.9.0.2");
    expect(parsed(lab.world.last)).toMatchObject({
      timestamps: false,
      sackPermitted: false,
      windowScale: -1,
    });
    lab.wait(4000);
    expect(socket.getOption("SO_ERROR")).toBe(110);
    expect(lab.world.sent).toHaveLength(2);
  });

  test("closing the host frees everything", () => {
    const lab = new TcpLab();
    const { client, server } = lab.pair();
    client.close();
    lab.run();
    server.close();
    lab.run();
    const listener = lab.listener();
    lab.connect(lab.socket(), listener.localEndpoint().port);
    lab.connect(lab.socket(), 80, "10.9.0.2");
    for (const socket of [...lab.world.sockets]) socket.close();
    lab.transport.close();
    expect(lab.world.ports.stats().tcp).toMatchObject({ inUse: 0, held: 0, flows: 0 });
  });
});

describe("ICMP errors [RFC 5927]", () => {
  function opening() {
    const lab = new TcpLab();
    const socket = lab.socket();
    lab.connect(socket, 80, "10.9.0.2");
    const told = (more: Partial<IcmpError>) => {
      const { route, bytes: all } = lab.world.sent[0]!;
      lab.transport.icmpError({
        family: 4,
        errno: "EHOSTUNREACH",
        hard: false,
        mtu: 0,
        type: 3,
        code: 1,
        reporter: route.destination,
        source: route.source,
        destination: route.destination,
        quotedLength: all.length + 20,
        bytes: all,
        start: 0,
        end: all.length,
        ...more,
      });
      lab.world.settle();
    };
    return { lab, socket, told };
  }

  test("end a connection attempt, as Linux has it", () => {
    const { socket, told } = opening();
    told({});
    expect(socket.getOption("SO_ERROR")).toBe(113);
    expect(socket.state()).toBe("CLOSED");
  });

  test("that quote nothing in flight are not believed", () => {
    const { lab, socket, told } = opening();
    const forged = lab.world.sent[0]!.bytes.slice();
    forged[4]! ^= 0x80;
    told({ bytes: forged });
    expect([socket.state(), lab.world.counters.TcpExtOutOfWindowIcmps]).toEqual(["SYN-SENT", 1]);
    told({ end: 7 });
    told({ source: address("10.9.0.77") });
    expect([socket.state(), lab.world.counters.IcmpInErrors]).toEqual(["SYN-SENT", 2]);
  });

  test("that tell of a smaller MTU are taken in once they are believed", () => {
    const { lab, socket, told } = opening();
    told({ errno: "EMSGSIZE", code: 4, mtu: 1280 });
    expect(lab.world.reduced).toHaveLength(1);
    expect(socket.connection?.tcb.pathMss).toBe(1240);
  });

  test("do not end what is established, but IP_RECVERR hears of them [RFC 1122 4.2.3.9]", () => {
    const lab = new TcpLab();
    const { client } = lab.pair();
    lab.loses = () => true;
    client.send(bytes("x"));
    lab.run();
    const { route, bytes: all } = lab.world.last;
    const error: IcmpError = {
      family: 4,
      errno: "EHOSTUNREACH",
      hard: false,
      mtu: 0,
      type: 3,
      code: 1,
      reporter: route.destination,
      source: route.source,
      destination: route.destination,
      quotedLength: all.length + 20,
      bytes: all,
      start: 0,
      end: all.length,
    };
    lab.transport.icmpError(error);
    expect([client.state(), client.getOption("SO_ERROR")]).toEqual(["ESTABLISHED", 113]);
    expect(client.getOption("SO_ERROR")).toBe(0);
    client.setOption("IP_RECVERR", 1);
    lab.transport.icmpError(error);
    expect([client.state(), client.getOption("SO_ERROR")]).toEqual(["ESTABLISHED", 113]);
  });
});
