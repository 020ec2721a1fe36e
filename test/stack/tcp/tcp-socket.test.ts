/** Every call in every state, against what Linux 6.18 answered to the same. */
import { describe, expect, test } from "vitest";
import type { TcpSocket } from "../../../src/stack/tcp/tcp-socket.ts";
import { outcome } from "../support/fake-world.ts";
import { bytes, loopback, received, TcpLab } from "../support/tcp-lab.ts";

type Make = (lab: TcpLab) => TcpSocket;

type State =
  | "fresh"
  | "bound"
  | "listening"
  | "syn_sent"
  | "refused"
  | "refused_read"
  | "est"
  | "accepted_peer_closed"
  | "peer_shut"
  | "peer_closed"
  | "data_then_fin"
  | "shut_wr"
  | "shut_rd"
  | "shut_rdwr"
  | "both_fin"
  | "passive_both"
  | "reset"
  | "reset_data"
  | "reset_after_fin"
  | "reset_read"
  | "dissolved"
  | "shut_listen"
  | "shut_syn";

const states: Record<State, Make> = {
  fresh: (lab) => lab.socket(),
  bound: (lab) => {
    const socket = lab.socket();
    socket.bind({ address: loopback, port: 0 });
    return socket;
  },
  listening: (lab) => lab.listener(),
  syn_sent: (lab) => {
    const socket = lab.socket();
    lab.connect(socket, 80, "10.9.0.2");
    return socket;
  },
  refused: (lab) => {
    const socket = lab.socket();
    lab.connect(socket, 1);
    return socket;
  },
  refused_read: (lab) => {
    const socket = states.refused(lab);
    socket.getOption("SO_ERROR");
    return socket;
  },
  est: (lab) => lab.pair().client,
  accepted_peer_closed: (lab) => {
    const { client, server } = lab.pair();
    client.close();
    lab.run();
    return server;
  },
  peer_shut: (lab) => {
    const { client, server } = lab.pair();
    server.shutdown("SHUT_WR");
    lab.run();
    return client;
  },
  peer_closed: (lab) => {
    const { client, server } = lab.pair();
    server.close();
    lab.run();
    return client;
  },
  data_then_fin: (lab) => {
    const { client, server } = lab.pair();
    server.send(bytes("abc"));
    server.shutdown("SHUT_WR");
    lab.run();
    return client;
  },
  shut_wr: (lab) => {
    const { client } = lab.pair();
    client.shutdown("SHUT_WR");
    lab.run();
    return client;
  },
  shut_rd: (lab) => {
    const { client } = lab.pair();
    client.shutdown("SHUT_RD");
    return client;
  },
  shut_rdwr: (lab) => {
    const { client } = lab.pair();
    client.shutdown("SHUT_RDWR");
    lab.run();
    return client;
  },
  both_fin: (lab) => {
    const { client, server } = lab.pair();
    client.shutdown("SHUT_WR");
    lab.run();
    server.close();
    lab.run();
    return client;
  },
  passive_both: (lab) => {
    const { client, server } = lab.pair();
    server.shutdown("SHUT_WR");
    lab.run();
    client.shutdown("SHUT_WR");
    lab.run();
    return client;
  },
  reset: (lab) => {
    const { client, server } = lab.pair();
    lab.reset(server);
    return client;
  },
  reset_data: (lab) => {
    const { client, server } = lab.pair();
    server.send(bytes("abc"));
    lab.run();
    lab.reset(server);
    return client;
  },
  reset_after_fin: (lab) => {
    const { client, server } = lab.pair();
    server.close();
    lab.run();
    client.send(bytes("x"));
    lab.run();
    return client;
  },
  reset_read: (lab) => {
    const socket = states.reset(lab);
    socket.getOption("SO_ERROR");
    return socket;
  },
  dissolved: (lab) => {
    const { client } = lab.pair();
    client.connect(undefined);
    lab.run();
    return client;
  },
  shut_listen: (lab) => {
    const socket = lab.listener();
    socket.shutdown("SHUT_RD");
    return socket;
  },
  shut_syn: (lab) => {
    const socket = states.syn_sent(lab);
    socket.shutdown("SHUT_RDWR");
    return socket;
  },
};

const calls: Record<string, (socket: TcpSocket, open: number) => unknown> = {
  bind: (s) => s.bind({ address: "0.0.0.0", port: 0 }),
  "bind foreign": (s) => s.bind({ address: "192.0.2.1", port: 0 }),
  "bind in use": (s, open) => s.bind({ address: loopback, port: open }),
  "bind IPv6": (s) => s.bind({ address: "::", port: 0 }),
  listen: (s) => s.listen(1),
  accept: (s) => s.accept(),
  connect: (s, open) => s.connect({ address: loopback, port: open }),
  "connect IPv6": (s, open) => s.connect({ address: "::1", port: open }),
  "connect broadcast": (s, open) => s.connect({ address: "10.9.0.255", port: open }),
  "connect multicast": (s, open) => s.connect({ address: "224.0.0.5", port: open }),
  "connect nowhere": (s, open) => s.connect({ address: "203.0.113.9", port: open }),
  "connect undefined": (s) => s.connect(undefined),
  send: (s) => s.send(bytes("hello")),
  "send nothing": (s) => s.send(new Uint8Array(0)),
  sendTo: (s, open) => s.sendTo(bytes("hello"), { address: loopback, port: open }),
  "send urgent": (s) => s.send(bytes("h"), { urgent: true }),
  recv: (s) => received(s),
  peek: (s) => {
    const into = new Uint8Array(9);
    return new TextDecoder().decode(into.subarray(0, s.recv(into, { peek: true })));
  },
  "recv twice": (s) => `${String(outcome(() => received(s)))} ${String(outcome(() => received(s)))}`,
  "recv urgent": (s) => s.recv(new Uint8Array(1), { urgent: true }),
  SHUT_RD: (s) => s.shutdown("SHUT_RD"),
  SHUT_WR: (s) => s.shutdown("SHUT_WR"),
  SHUT_RDWR: (s) => s.shutdown("SHUT_RDWR"),
  "local address": (s) => s.localEndpoint().address,
  "local port": (s) => s.localEndpoint().port > 0,
  "remote address": (s) => s.remoteEndpoint().address,
  poll: (s) => polled(s),
  SO_ERROR: (s) => `${String(s.getOption("SO_ERROR"))} ${String(s.getOption("SO_ERROR"))}`,
  SO_ACCEPTCONN: (s) => s.getOption("SO_ACCEPTCONN"),
  tcpi_state: (s) => (s.getOption("TCP_INFO") as Record<string, number>)["tcpi_state"],
  "send twice, SO_ERROR, poll": (s) =>
    `${String(outcome(() => s.send(bytes("x"))))} ${String(outcome(() => s.send(bytes("x"))))} ${String(s.getOption("SO_ERROR"))} ${polled(s)}`,
};

function polled(socket: TcpSocket): string {
  const { readable, writable, error, hangup, readHangup } = socket.poll();
  const names = [readable && "IN", writable && "OUT", error && "ERR", hangup && "HUP", readHangup && "RDHUP"];
  return names.filter(Boolean).join("|") || "0";
}

const rest: readonly State[] = [];
const ended = ["both_fin", "passive_both"] as const;
const resets = ["reset", "reset_data", "reset_after_fin", "reset_read"] as const;
const halfOpen = ["est", "peer_shut", "peer_closed", "data_then_fin"] as const;
const closedAgain = ["dissolved", "shut_listen", "shut_syn"] as const;

/** Call, answer, states. An empty list stands for all the states not named before. */
const answers: readonly (readonly [string, unknown, readonly State[]])[] = [
  ["bind", undefined, ["fresh", "refused", "refused_read", ...ended, ...resets, ...closedAgain]],
  ["bind", "EINVAL", rest],
  ["bind foreign", "EADDRNOTAVAIL", rest],
  ["bind in use", "EADDRINUSE", ["fresh", "refused", "refused_read", ...ended, ...resets, ...closedAgain]],
  ["bind in use", "EINVAL", rest],
  ["bind IPv6", "EAFNOSUPPORT", rest],
  ["listen", undefined, ["fresh", "bound", "listening", ...closedAgain]],
  ["listen", "EINVAL", rest],
  ["accept", "EAGAIN", ["listening"]],
  ["accept", "EINVAL", rest],
  ["connect", "EINPROGRESS", ["fresh", "bound", ...closedAgain]],
  ["connect", "EISCONN", ["listening", "accepted_peer_closed", "shut_wr", "shut_rd", "shut_rdwr", ...ended]],
  ["connect", "EALREADY", ["syn_sent"]],
  ["connect", "ECONNREFUSED", ["refused"]],
  ["connect", "ECONNABORTED", ["refused_read", "reset_read"]],
  ["connect", undefined, halfOpen],
  ["connect", "ECONNRESET", ["reset", "reset_data"]],
  ["connect", "EPIPE", ["reset_after_fin"]],
  ["connect IPv6", "EAFNOSUPPORT", ["fresh", "bound", ...closedAgain]],
  ["connect IPv6", "EALREADY", ["syn_sent"]],
  ["connect broadcast", "ENETUNREACH", ["fresh", "bound", ...closedAgain]],
  ["connect multicast", "ENETUNREACH", ["fresh", "bound", ...closedAgain]],
  ["connect nowhere", "ENETUNREACH", ["fresh", "bound", ...closedAgain]],
  ["connect undefined", undefined, rest],
  ["send", "EAGAIN", ["syn_sent"]],
  ["send", "ECONNREFUSED", ["refused"]],
  ["send", 5, [...halfOpen, "accepted_peer_closed", "shut_rd"]],
  ["send", "ECONNRESET", ["reset", "reset_data", "dissolved", "shut_syn"]],
  ["send", "EPIPE", rest],
  ["send nothing", "EAGAIN", ["syn_sent"]],
  ["send nothing", 0, [...halfOpen, "accepted_peer_closed", "shut_rd"]],
  ["send nothing", "EPIPE", ["fresh", "bound", "listening", "shut_wr", ...ended]],
  ["sendTo", 5, [...halfOpen, "accepted_peer_closed", "shut_rd"]],
  ["send urgent", 1, [...halfOpen, "accepted_peer_closed", "shut_rd"]],
  ["recv", "ENOTCONN", ["fresh", "bound", "listening", "shut_listen"]],
  ["recv", "EAGAIN", ["syn_sent", "est", "shut_wr"]],
  ["recv", "ECONNREFUSED", ["refused"]],
  ["recv", "abc", ["data_then_fin", "reset_data"]],
  ["recv", "ECONNRESET", ["reset", "dissolved", "shut_syn"]],
  ["recv", "", rest],
  ["peek", "abc", ["data_then_fin", "reset_data"]],
  ["peek", "ENOTCONN", ["fresh", "bound", "listening", "shut_listen"]],
  ["recv twice", "ENOTCONN ENOTCONN", ["fresh", "bound", "listening", "shut_listen"]],
  ["recv twice", "EAGAIN EAGAIN", ["syn_sent", "est", "shut_wr"]],
  ["recv twice", "ECONNREFUSED ", ["refused"]],
  ["recv twice", "abc ", ["data_then_fin"]],
  ["recv twice", "ECONNRESET ", ["reset"]],
  ["recv twice", "abc ECONNRESET", ["reset_data"]],
  ["recv twice", "ECONNRESET ENOTCONN", ["dissolved", "shut_syn"]],
  ["recv twice", " ", rest],
  ["recv urgent", "ENOTCONN", ["listening"]],
  ["recv urgent", "EINVAL", rest],
  ...(["SHUT_RD", "SHUT_WR", "SHUT_RDWR"] as const).flatMap((how): [string, unknown, readonly State[]][] => [
    [how, "ENOTCONN", ["fresh", "bound", "refused", "refused_read", ...ended, ...resets, ...closedAgain]],
    [how, undefined, rest],
  ]),
  ["local address", "0.0.0.0", ["fresh", "dissolved", "shut_syn"]],
  ["local address", "10.9.0.1", ["syn_sent"]],
  ["local address", loopback, rest],
  ["local port", false, ["fresh"]],
  ["local port", true, rest],
  ["remote address", loopback, [...halfOpen, "accepted_peer_closed", "shut_wr", "shut_rd", "shut_rdwr"]],
  ["remote address", "ENOTCONN", rest],
  ["poll", "OUT|HUP", ["fresh", "bound", "shut_listen"]],
  ["poll", "0", ["listening", "syn_sent"]],
  ["poll", "IN|OUT|ERR|HUP|RDHUP", ["refused", "reset", "reset_data", "reset_after_fin"]],
  ["poll", "IN|OUT|HUP|RDHUP", ["refused_read", "shut_rdwr", ...ended, "reset_read"]],
  ["poll", "OUT", ["est", "shut_wr"]],
  ["poll", "IN|OUT|RDHUP", ["accepted_peer_closed", "peer_shut", "peer_closed", "data_then_fin", "shut_rd"]],
  ["poll", "OUT|ERR|HUP", ["dissolved", "shut_syn"]],
  ["SO_ERROR", "111 0", ["refused"]],
  ["SO_ERROR", "104 0", ["reset", "reset_data", "dissolved", "shut_syn"]],
  ["SO_ERROR", "32 0", ["reset_after_fin"]],
  ["SO_ERROR", "0 0", rest],
  ["SO_ACCEPTCONN", 1, ["listening"]],
  ["SO_ACCEPTCONN", 0, rest],
  ["tcpi_state", 10, ["listening"]],
  ["tcpi_state", 2, ["syn_sent"]],
  ["tcpi_state", 1, ["est", "shut_rd"]],
  ["tcpi_state", 8, ["accepted_peer_closed", "peer_shut", "peer_closed", "data_then_fin"]],
  ["tcpi_state", 5, ["shut_wr", "shut_rdwr"]],
  ["tcpi_state", 7, rest],
  ["send twice, SO_ERROR, poll", "EPIPE EPIPE 0 OUT|HUP", ["fresh", "bound", "shut_listen"]],
  ["send twice, SO_ERROR, poll", "ECONNREFUSED EPIPE 0 IN|OUT|HUP|RDHUP", ["refused"]],
  ["send twice, SO_ERROR, poll", "EPIPE EPIPE 0 OUT", ["shut_wr"]],
  ["send twice, SO_ERROR, poll", "ECONNRESET EPIPE 0 IN|OUT|HUP|RDHUP", ["reset", "reset_data"]],
  ["send twice, SO_ERROR, poll", "ECONNRESET EPIPE 0 OUT|HUP", ["dissolved", "shut_syn"]],
  ["send twice, SO_ERROR, poll", "1 1 0 OUT", ["est"]],
  ["send twice, SO_ERROR, poll", "1 1 0 IN|OUT|RDHUP", ["peer_shut", "data_then_fin", "shut_rd"]],
];

describe("a TCP socket answers as Linux does", () => {
  const seen = new Map<string, Set<State>>();
  for (const [call, answer, named] of answers) {
    const before = seen.get(call) ?? new Set();
    seen.set(call, before);
    const where =
      named.length > 0 ? named : (Object.keys(states) as State[]).filter((state) => !before.has(state));
    for (const state of where) {
      before.add(state);
      test(`${call} when ${state}: ${String(answer)}`, () => {
        const lab = new TcpLab();
        const open = lab.listener().localEndpoint().port;
        const socket = states[state](lab);
        expect(outcome(() => calls[call]!(socket, open))).toBe(answer);
      });
    }
  }
});
