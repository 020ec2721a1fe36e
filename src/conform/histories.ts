/**
 * Random histories of socket calls, each call answered by a machine as it is made: the answers are what another machine is
 * then held to. A port that the machine chose is saved under the socket's name and from then on called by that name.
 */
import type { Random } from "../base/random.ts";
import type { Socket } from "../stack/socket.ts";
import { answerOf, connectAnswer } from "./calls.ts";
import type { DeviceSetup, DeviceUnderTest } from "./device.ts";
import { domainOf, typeOf } from "./names.ts";
import { optionValue } from "./option-values.ts";
import type { FamilyName, Operation, PortPair, PortValue, RangeValue, SockopsCase } from "./schema.ts";

/** What a history is like as a whole: how narrow the range is, how many sockets compete, what they tend to. */
export interface Plan {
  readonly range: PortPair;
  readonly steps: number;
  /** As many sockets at once, at most. */
  readonly crowd: number;
  readonly type: "stream" | "dgram";
  /** Chances, of 100, of SO_REUSEADDR and SO_REUSEPORT. */
  readonly reuseAddress: number;
  readonly reusePort: number;
  readonly uid: number;
  /** net.ipv4.ip_autobind_reuse: a range that is spent is gone through again, for ports that may be shared. */
  readonly autobindReuse: boolean;
  /** net.ipv4.ip_nonlocal_bind: addresses may be named that are nobody's. */
  readonly nonlocalBind: boolean;
}

interface Member {
  readonly socket: Socket;
  readonly family: FamilyName;
  readonly type: "stream" | "dgram";
  /** The range it has asked for. */
  range: PortPair | undefined;
  /** What getsockname(2) said last. */
  port: number;
  listening: boolean;
  /** Where it was connected, from which port. */
  flow?: string;
}

const v4 = ["0.0.0.0", "127.0.0.1", "127.0.0.2", "10.9.0.1", "10.9.0.77"];
const v6 = ["::", "::1", "fd09::1", "::ffff:127.0.0.1", "::ffff:10.9.0.1"];
/** Nobody has these: bind(2) must say so, and connect(2) would wait for ever. */
const unbindable = ["0.0.0.0", "::", "10.9.0.77"];
/** In the range, but reserved: asked for by number, and never chosen. */
const reserved = "40003,40010-40011";
const fixedPorts = [40_003, 40_010, 50_000, 50_001, 80];
/** All of even size where the kernel looks at one parity first: else it misses ports by chance. */
const ownRanges: readonly PortPair[] = [
  [40_004, 40_007],
  [40_001, 40_002],
  [0, 40_001],
  [50_010, 50_013],
];
const devices = ["lo", "d0"];

/** Where histories happen: a loopback with two addresses and one interface. */
export function historySetup({ range: [low, high], autobindReuse, nonlocalBind }: Plan): DeviceSetup {
  return {
    sysctl: {
      "net.ipv4.ip_local_port_range": `${low} ${high}`,
      "net.ipv4.ip_local_reserved_ports": reserved,
      "net.ipv4.ip_nonlocal_bind": nonlocalBind ? "1" : "0",
      "net.ipv4.ip_autobind_reuse": autobindReuse ? "1" : "0",
    },
    addresses: [
      ["lo", "127.0.0.2/8"],
      ["d0", "10.9.0.1/24"],
      ["d0", "fd09::1/64"],
    ],
  };
}

export function planHistory(random: Random): Plan {
  const drained = random.below(2) === 0;
  return {
    range: [40_000, drained ? pick(random, [40_003, 40_005, 40_007]) : 40_015],
    steps: 90,
    crowd: drained ? 30 : 14,
    type: pick(random, ["stream", "stream", "dgram"]),
    reuseAddress: pick(random, [0, 30, 80]),
    reusePort: pick(random, [0, 20, 70]),
    uid: random.below(4) === 0 ? 65_534 : 0,
    autobindReuse: random.below(4) === 0,
    nonlocalBind: random.below(8) === 0,
  };
}

/** The history that `device`, set up by {@link historySetup}, made of the plan. It ends early at a call left unanswered. */
export function recordHistory(
  device: DeviceUnderTest,
  plan: Plan,
  random: Random,
  name: string,
): SockopsCase {
  const { sysctl, addresses } = historySetup(plan);
  const historian = new Historian(device, plan, random);
  historian.live();
  return { name, env: { sysctl, addrs: addresses }, ops: historian.ops };
}

class Historian {
  readonly ops: Operation[] = [];
  readonly #device: DeviceUnderTest;
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #members = new Map<string, Member>();
  /**
   * Flows that were closed, perhaps on one side only. Linux acknowledges a FIN without data a tick later, and only then may a bound
   * socket take the flow over (tcp_twsk_unique).
   */
  readonly #left = new Set<string>();
  #born = 0;
  #over = false;

  constructor(device: DeviceUnderTest, plan: Plan, random: Random) {
    this.#device = device;
    this.#plan = plan;
    this.#random = random;
  }

  live(): void {
    const { steps, uid } = this.#plan;
    if (uid !== 0) {
      this.#device.becomeUser(uid);
      this.ops.push({ op: "seteuid", uid });
    }
    for (let step = 0; step < steps && !this.#over; step++) this.#step();
  }

  #step(): void {
    const { crowd } = this.#plan;
    const room = crowd - this.#members.size;
    if (this.#members.size === 0 || (room > 0 && this.#chance(35))) {
      this.#open();
      return;
    }
    const id = pick(this.#random, [...this.#members.keys()]);
    const member = this.#members.get(id)!;
    const draw = this.#random.below(100);
    if (draw < 34) this.#bind(id, member);
    else if (draw < 46) this.#listen(id, member);
    else if (draw < 74) this.#connect(id, member);
    else if (draw < 79) this.#disconnect(id, member);
    else if (draw < 84) this.#acceptOrSend(id, member);
    else if (draw < 88) this.#setReuse(id, member, 50);
    else if (draw > 93 || room < 4) this.#close(id, member);
  }

  // Calls.

  #open(): void {
    const family: FamilyName = this.#chance(60) ? "inet" : "inet6";
    const other = this.#plan.type === "stream" ? "dgram" : "stream";
    const type = this.#chance(90) ? this.#plan.type : other;
    const id = `s${this.#born++}`;
    const socket = this.#device.socket(domainOf(family), typeOf(type), 0);
    const member: Member = { socket, family, type, range: undefined, port: 0, listening: false };
    this.#members.set(id, member);
    this.ops.push({ op: "socket", id, family, type });
    this.#setReuse(id, member, 100);
    if (this.#chance(15)) this.#set(id, member, "IP_BIND_ADDRESS_NO_PORT", 1);
    if (family === "inet6" && this.#chance(35)) this.#set(id, member, "IPV6_V6ONLY", 1);
    if (this.#chance(12)) {
      const [lo, hi] = pick(this.#random, ownRanges);
      member.range = [lo, hi];
      this.#set(id, member, "IP_LOCAL_PORT_RANGE", { lo, hi, u32: ((hi << 16) | lo) >>> 0 });
    }
    if (this.#chance(8)) this.#set(id, member, "SO_BINDTODEVICE", pick(this.#random, devices));
    if (type === "stream" && this.#chance(10)) this.#set(id, member, "SO_LINGER", { on: 1, seconds: 0 });
  }

  /** SO_REUSEADDR and SO_REUSEPORT as the plan has them, each looked at with `percent` of its chance. */
  #setReuse(id: string, member: Member, percent: number): void {
    const { reuseAddress, reusePort } = this.#plan;
    if (this.#chance((reuseAddress * percent) / 100)) this.#set(id, member, "SO_REUSEADDR", 1);
    if (this.#chance((reusePort * percent) / 100)) this.#set(id, member, "SO_REUSEPORT", 1);
    if (percent < 100 && this.#chance(20)) this.#set(id, member, "SO_REUSEADDR", 0);
  }

  #set(
    id: string,
    { socket }: Member,
    opt: string,
    value: number | string | RangeValue | { readonly on: number; readonly seconds: number },
  ): void {
    const expect = answerOf(() => socket.setOption(opt, optionValue(value)));
    this.ops.push({ op: "setopt", id, opt, value, expect });
  }

  /** A second bind(2) is tried now and then. */
  #bind(id: string, member: Member): void {
    if (member.port !== 0 && !this.#chance(8)) return;
    const addr = pick(this.#random, member.family === "inet" ? v4 : v6);
    const port = this.#portToBind();
    const expect = answerOf(() =>
      member.socket.bind({ address: spelled(member, addr), port: this.#number(port) }),
    );
    this.#ended({ op: "bind", id, addr, port, expect }, id, member);
  }

  #portToBind(): PortValue {
    const named = this.#withPort();
    const draw = this.#random.below(named.length === 0 ? 3 : 5);
    if (draw < 2) return 0;
    return draw === 2 ? pick(this.#random, fixedPorts) : `$${pick(this.#random, named)}`;
  }

  #listen(id: string, member: Member): void {
    if (member.type !== "stream") return;
    const expect = answerOf(() => member.socket.listen(16));
    if (expect === "OK") member.listening = true;
    this.#ended({ op: "listen", id, backlog: 16, expect }, id, member);
  }

  #connect(id: string, member: Member): void {
    if (member.listening) return;
    const targets = this.#withPort().filter((other) =>
      member.type === "dgram" ? true : this.#listensAlone(this.#members.get(other)!),
    );
    if (targets.length === 0) return;
    const target = pick(this.#random, targets);
    const all = member.family === "inet" ? v4 : v6;
    const addr = pick(
      this.#random,
      all.filter((one) => !unbindable.includes(one)),
    );
    const to = { address: spelled(member, addr), port: this.#members.get(target)!.port };
    if (this.#left.has(flowOf(member.port, to))) this.#wait(20);
    const expect = connectAnswer(this.#device, member.socket, to);
    if (expect === "OK") member.flow = flowOf(member.socket.localEndpoint().port, to);
    if (expect === "EINPROGRESS") this.#over = true;
    else this.#ended({ op: "connect", id, addr, port: `$${target}`, expect }, id, member);
  }

  /** Which listener of several on a port is given a connection, is chance: a hash with a secret key. */
  #listensAlone({ listening, port }: Member): boolean {
    const rivals = [...this.#members.values()].filter((other) => other.listening && other.port === port);
    return listening && rivals.length === 1;
  }

  #disconnect(id: string, member: Member): void {
    const expect = answerOf(() => member.socket.connect(undefined));
    member.listening = false;
    this.ops.push({ op: "disconnect", id, expect });
    this.#note(id, member);
  }

  #acceptOrSend(id: string, member: Member): void {
    if (member.type === "dgram") this.#send(id, member);
    else if (member.listening && member.socket.poll().readable) this.#accept(id, member);
  }

  #accept(id: string, { socket, family, type }: Member): void {
    const as = `s${this.#born++}`;
    const accepted = { socket: socket.accept(), family, type, range: undefined, port: 0, listening: false };
    this.ops.push({ op: "accept", id, as });
    this.#members.set(as, accepted);
    this.#note(as, accepted);
  }

  #send(id: string, member: Member): void {
    const addr = member.family === "inet" ? "127.0.0.1" : "::1";
    const expect = answerOf(() => member.socket.sendTo(Uint8Array.of(1), { address: addr, port: 9 }));
    this.#ended({ op: "sendto", id, addr, port: 9, expect }, id, member);
  }

  #close(id: string, { socket, flow }: Member): void {
    socket.close();
    // A reset that is on its way to somebody: a busy kernel delivers it a little later.
    this.#device.wait(1);
    if (flow !== undefined) this.#left.add(flow);
    this.#members.delete(id);
    this.ops.push({ op: "close", id });
  }

  #wait(ms: number): void {
    this.#device.wait(ms);
    this.ops.push({ op: "wait_ms", ms });
  }

  // What came of it.

  /** The call has been answered: kept, with the port it chose. */
  #ended(op: Extract<Operation, { chose?: number }>, id: string, member: Member): void {
    const { port } = member.socket.localEndpoint();
    this.ops.push(port === 0 ? op : { ...op, chose: port });
    this.#note(id, member);
  }

  /** The port is saved under the socket's name; where it was chosen from a range, that is said too. */
  #note(id: string, member: Member): void {
    const { port } = member.socket.localEndpoint();
    member.port = port;
    if (port === 0) return;
    const [low, high] = this.#rangeOf(member);
    this.ops.push({
      op: "getsockname",
      id,
      save_port: id,
      ...(port >= low && port <= high && !fixedPorts.includes(port) && { expect_port_range: [low, high] }),
    });
  }

  /** Each end of a socket's own range counts only inside the machine's. */
  #rangeOf({ range }: Member): PortPair {
    const [low, high] = this.#plan.range;
    const inside = (port: number): boolean => port >= low && port <= high;
    const [own, end] = range ?? [0, 0];
    return [inside(own) ? own : low, inside(end) ? end : high];
  }

  #withPort(): string[] {
    return [...this.#members].filter(([, { port }]) => port !== 0).map(([id]) => id);
  }

  #number(port: PortValue): number {
    return typeof port === "number" ? port : this.#members.get(port.slice(1))!.port;
  }

  #chance(percent: number): boolean {
    return this.#random.below(100) < percent;
  }
}

function flowOf(
  port: number,
  { address, port: remote }: { readonly address: string; readonly port: number },
): string {
  return `${port} to ${address.replace("::ffff:", "")} ${remote}`;
}

/** As a socket of the family spells it. */
function spelled({ family }: Member, addr: string): string {
  return family === "inet" ? addr.replace(/^::ffff:/, "") : addr;
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}
