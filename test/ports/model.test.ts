/** Random histories, told to the port manager and to a naive one: they agree at every step, and everything comes back. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Address, address, isV4 } from "../../src/base/address.ts";
import type { Random } from "../../src/base/random.ts";
import type { Binding, BindRequest, TransportProtocol } from "../../src/ports/binding.ts";
import type { Path } from "../../src/ports/demultiplexer/flow.ts";
import type { Reception } from "../../src/ports/demultiplexer/reception.ts";
import { type Profile, type ProtocolProfile, withSelection } from "../../src/ports/profile.ts";
import { bsd } from "../../src/ports/profiles/bsd.ts";
import { freebsd13 } from "../../src/ports/profiles/freebsd.ts";
import { gvisor } from "../../src/ports/profiles/gvisor.ts";
import { iana } from "../../src/ports/profiles/iana.ts";
import { linux, linuxAsPublished } from "../../src/ports/profiles/linux.ts";
import { lwip } from "../../src/ports/profiles/lwip.ts";
import { macos } from "../../src/ports/profiles/macos.ts";
import { netbsd, netbsdHashAsPublished, netbsdRandomStart } from "../../src/ports/profiles/netbsd.ts";
import { openbsd } from "../../src/ports/profiles/openbsd.ts";
import { rfc6056 } from "../../src/ports/profiles/rfc6056.ts";
import { smoltcp } from "../../src/ports/profiles/smoltcp.ts";
import { usrsctp } from "../../src/ports/profiles/usrsctp.ts";
import { windows, windowsWithAutoReuse } from "../../src/ports/profiles/windows.ts";
import type { PortRules } from "../../src/ports/protocol-settings.ts";
import type { PortRange } from "../../src/ports/range.ts";
import { sequential } from "../../src/ports/selection/sequential.ts";
import { textbooks } from "./selection/textbooks.ts";
import { type TestHost, testHost } from "./support/host.ts";
import { type Holder, NaiveHost, type NaiveRules, type Scans } from "./support/naive-host.ts";

/** Each binding beside its model. */
interface Pair {
  readonly real: Binding<string>;
  readonly model: Holder;
}

interface Model {
  readonly naive: NaiveHost;
  pairs: Pair[];
  count: number;
}

type Command = fc.Command<Model, TestHost>;

const local4 = ["0.0.0.0", "192.0.2.1", "192.0.2.2"].map(address);
const local6 = ["::", "2001:db8::1"].map(address);
const remote4 = ["198.51.100.1", "198.51.100.2"].map(address);
const remote6 = [address("2001:db8::99")];

const options = fc.record({
  reuseAddress: fc.boolean(),
  reusePort: fc.boolean(),
  exclusive: fc.constantFrom(false, false, true),
  device: fc.constantFrom(0, 0, 0, 2),
  uid: fc.constantFrom(1000, 1000, 1001),
  privileged: fc.constant(false),
});

/** What a socket of either domain asks, and where it might connect to. */
const wish = fc
  .record({
    protocol: fc.constantFrom<TransportProtocol>("tcp", "tcp", "udp", "sctp"),
    kind: fc.constantFrom("4", "4", "6", "6only", "mapped"),
    local: fc.nat(2),
    port: fc.constantFrom(0, 0, 0, 1, 2, 3, 500),
    portRange: fc.constantFrom(undefined, undefined, [3, 9] as const),
    algorithm: fc.nat(6),
    remote: fc.nat(1),
    remotePort: fc.constantFrom(80, 81),
    incomingCpu: fc.constantFrom(undefined, undefined, 0, 1),
    options,
  })
  .map((w) => {
    const domain = w.kind === "4" ? 4 : 6;
    const over4 =
      w.kind === "4" || w.kind === "mapped" || (w.kind === "6" && w.remote === 1 && w.local === 0);
    const pool = w.kind === "4" ? local4 : w.kind === "mapped" ? local4.slice(1) : local6;
    const remotes = over4 ? remote4 : remote6;
    const path: Path = {
      source: over4 ? local4[1]! : local6[1]!,
      remote: { address: remotes[w.remote % remotes.length]!, port: w.remotePort },
    };
    const request = {
      ...w.options,
      protocol: w.protocol,
      domain,
      address: pool[w.local % pool.length]!,
      port: w.port,
      v6Only: w.kind === "6only",
      portRange: w.portRange,
      ...(w.incomingCpu !== undefined && { incomingCpu: w.incomingCpu }),
    } as const;
    return { request, path, algorithm: w.algorithm };
  });

/** A named port stands for one of the range's; an own range likewise. `algorithm` is one of the system's by number, or none. */
function inRange(request: BindRequest, { settings }: TestHost["manager"], algorithm: number): BindRequest {
  const { port, portRange, protocol, domain } = request;
  const [low] = settings.of(protocol, domain).range;
  return {
    ...request,
    port: port === 0 || port === 500 ? port : low + port,
    portRange: portRange && [low + portRange[0], low + portRange[1]],
    algorithm: settings.algorithms.names(request.protocol)[algorithm],
  };
}

abstract class Step implements Command {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  check(_model: Readonly<Model>): boolean {
    return true;
  }

  abstract run(model: Model, real: TestHost): void;

  toString(): string {
    return this.#name;
  }
}

function keep(model: Model, real: Binding<string> | string, naive: Holder | string): void {
  expect(typeof real === "string" ? real : real.port).toBe(typeof naive === "string" ? naive : naive.port);
  if (typeof real !== "string" && typeof naive !== "string") model.pairs.push({ real, model: naive });
  // A hold may have given way.
  model.pairs = model.pairs.filter((pair) => {
    expect(pair.real.released).toBe(!model.naive.holders.includes(pair.model));
    return !pair.real.released;
  });
}

class Reserve extends Step {
  readonly #request: BindRequest;
  readonly #algorithm: number;

  constructor(request: BindRequest, algorithm: number) {
    super(`reserve ${JSON.stringify(request)} by ${algorithm}`);
    this.#request = request;
    this.#algorithm = algorithm;
  }

  run(model: Model, { manager }: TestHost): void {
    const request = inRange(this.#request, manager, this.#algorithm);
    const id = model.count++;
    keep(model, manager.tryReserve(String(id), request), model.naive.reserve(id, request));
  }
}

class ConnectNew extends Step {
  readonly #request: BindRequest;
  readonly #path: Path;
  readonly #algorithm: number;

  constructor(request: BindRequest, path: Path, algorithm: number) {
    super(`connectNew ${JSON.stringify(request)} ${JSON.stringify(path)} by ${algorithm}`);
    this.#request = { ...request, port: 0 };
    this.#path = path;
    this.#algorithm = algorithm;
  }

  run(model: Model, { manager }: TestHost): void {
    const request = inRange(this.#request, manager, this.#algorithm);
    const id = model.count++;
    const foretold = manager.explain(request, this.#path);
    const made = manager.tryConnectNew(String(id), request, this.#path);
    // Where connect(2) binds first, the five-tuple of the port it was given may still be taken.
    if (made !== manager.profile.protocols[request.protocol].duplicateFlow)
      expect(foretold.port).toBe(typeof made === "string" ? undefined : made.port);
    keep(model, made, model.naive.connectNew(id, request, this.#path));
  }
}

/** Many alike, so that claims and destinations grow crowded. */
class Storm extends Step {
  readonly #step: Step;
  readonly #times: number;

  constructor(step: Step, times: number) {
    super(`${times} times ${step}`);
    this.#step = step;
    this.#times = times;
  }

  run(model: Model, real: TestHost): void {
    for (let i = 0; i < this.#times; i++) this.#step.run(model, real);
  }
}

/** Something done to one of the bindings there are, if it is in a state for it. */
class Change extends Step {
  readonly #which: number;
  readonly #allowed: (pair: Pair) => boolean;
  readonly #apply: (pair: Pair, model: Model, real: TestHost) => void;

  constructor(
    name: string,
    which: number,
    allowed: (pair: Pair) => boolean,
    apply: (pair: Pair, model: Model, real: TestHost) => void,
  ) {
    super(`${name} ${which}`);
    this.#which = which;
    this.#allowed = allowed;
    this.#apply = apply;
  }

  override check(model: Readonly<Model>): boolean {
    return model.pairs.some(this.#allowed);
  }

  run(model: Model, real: TestHost): void {
    const fitting = model.pairs.filter(this.#allowed);
    if (fitting.length === 0) return;
    this.#apply(fitting[this.#which % fitting.length]!, model, real);
    model.pairs = model.pairs.filter((pair) => {
      expect(pair.real.released).toBe(!model.naive.holders.includes(pair.model));
      if (!pair.real.released) expect(pair.real.state).toBe(pair.model.state);
      return !pair.real.released;
    });
  }
}

function isTcpLike({ real }: Pair): boolean {
  return real.protocol !== "udp";
}

function pathFor({ real }: Pair, which: number): Path | undefined {
  const at = real.address;
  const over4 = isV4(at) || (!real.v6Only && which % 2 === 0 && at.w0 === 0);
  const remotes = over4 ? remote4 : remote6;
  return {
    source: over4 ? local4[1]! : local6[1]!,
    remote: { address: remotes[which % remotes.length]!, port: 80 + (which % 3) },
  };
}

const listen = (which: number): Command =>
  new Change(
    "listen",
    which,
    (pair) => isTcpLike(pair) && pair.real.state === "bound",
    ({ real, model: holder }, { naive }, { manager }) =>
      expect(manager.tryListen(real)).toBe(naive.listen(holder)),
  );

const connect = (which: number): Command =>
  new Change(
    "connect",
    which,
    ({ real }) => real.state === "bound" || (real.state === "connected" && real.protocol === "udp"),
    (pair, { naive }, { manager }) => {
      const path = pathFor(pair, which);
      if (path === undefined) return;
      expect(manager.tryConnect(pair.real, path)).toBe(naive.connect(pair.model, path));
      expect(pair.real.address).toEqual(pair.model.address);
    },
  );

const accept = (which: number): Command =>
  new Change(
    "accept",
    which,
    ({ real }) => real.state === "listening",
    (pair, model, { manager }) => {
      const path = pathFor(pair, which)!;
      const local = pair.real.address.w3 === 0 ? path.source : pair.real.address;
      const { address: far } = path.remote;
      const remote = { address: far, port: 5000 + (which % 4) };
      const { device, protocol, port } = pair.real;
      if (manager.demultiplex(protocol, local, port, far, remote.port, device) !== pair.real) return;
      const id = model.count++;
      const real = manager.accept(pair.real, String(id), { local, remote });
      model.pairs.push({ real, model: model.naive.accept(id, pair.model, local, remote) });
    },
  );

const disconnect = (which: number): Command =>
  new Change(
    "disconnect",
    which,
    ({ real }) => real.state === "connected" || real.state === "listening",
    ({ real, model: holder }, { naive }, { manager }) =>
      expect(manager.disconnect(real)).toBe(naive.disconnect(holder)),
  );

const hold = (which: number): Command =>
  new Change(
    "hold",
    which,
    (pair) => isTcpLike(pair) && (pair.real.state === "connected" || pair.real.state === "held"),
    ({ real, model: holder }, { naive }, host) => {
      const until = host.now + 500 * (1 + (which % 8));
      const timestamps = which % 3 !== 0;
      host.manager.hold(real, real.owner, until, { timestamps });
      naive.hold(holder, until, timestamps);
    },
  );

const setOptions = (which: number): Command =>
  new Change(
    "setsockopt",
    which,
    ({ real }) => !real.reusePort,
    ({ real, model: holder }) => {
      real.reuseAddress = which % 2 === 0;
      real.device = which % 3 === 0 ? 2 : 0;
      Object.assign(holder, { reuseAddress: real.reuseAddress, device: real.device });
    },
  );

const release = (which: number): Command =>
  new Change(
    "release",
    which,
    () => true,
    ({ real, model: holder }, { naive }, { manager }) => {
      manager.release(real);
      manager.release(real);
      naive.release(holder);
    },
  );

class Wait extends Step {
  readonly #span: number;

  constructor(span: number) {
    super(`wait ${span}`);
    this.#span = span;
  }

  run(model: Model, host: TestHost): void {
    host.now += this.#span;
    model.naive.now = host.now;
    host.expired.length = 0;
    host.manager.expire(host.now);
    expect([...host.expired].sort()).toEqual(
      model.naive
        .expire()
        .map(({ id }) => String(id))
        .sort(),
    );
    expect(host.manager.nextDeadline()).toBe(
      Math.min(...model.naive.holders.map(({ until }) => until), Infinity),
    );
    model.pairs = model.pairs.filter((pair) => !pair.real.released);
  }
}

class Packet extends Step {
  readonly #request: BindRequest;
  readonly #path: Path;
  readonly #which: number;

  constructor(request: BindRequest, path: Path, which: number) {
    super(`packet ${which}`);
    this.#request = request;
    this.#path = path;
    this.#which = which;
  }

  run(model: Model, { manager }: TestHost): void {
    const { protocol, device = 0 } = this.#request;
    const { pairs } = model;
    const at = pairs[this.#which % Math.max(1, pairs.length)]?.real;
    const port = at?.port ?? manager.range[0];
    const { source: local, remote } = this.#path;
    const far: { address: Address; port: number } =
      at?.remote !== undefined && isV4(at.remote.address) === isV4(local) && this.#which % 2 === 0
        ? at.remote
        : remote;
    const to = at?.protocol ?? protocol;
    const cpu = this.#which % 3;
    const found = manager.demultiplex(to, local, port, far.address, far.port, device, undefined, cpu);
    const expected = model.naive.demultiplex(to, local, port, far.address, far.port, device, cpu);
    expect(found?.owner).toBe(expected === undefined ? undefined : String(expected.id));
  }
}

/** How many histories a profile: more by `RUNS=1000`. */
const { RUNS: runs = "8" } = process.env;
const which = fc.nat(997);
const commands = fc.commands(
  [
    wish.map(({ request, algorithm }) => new Reserve(request, algorithm)),
    wish.map(({ request, algorithm }) => new Reserve(request, algorithm)),
    wish.map(({ request, path, algorithm }) => new ConnectNew(request, path, algorithm)),
    wish.map(({ request, path, algorithm }) => new ConnectNew(request, path, algorithm)),
    fc
      .tuple(wish, fc.nat(40))
      .map(([{ request, path, algorithm }, n]) => new Storm(new ConnectNew(request, path, algorithm), n)),
    fc
      .tuple(wish, fc.nat(40))
      .map(([{ request, algorithm }, n]) => new Storm(new Reserve({ ...request, port: 0 }, algorithm), n)),
    which.map(listen),
    which.map(connect),
    which.map(accept),
    which.map(disconnect),
    which.map(setOptions),
    which.map(hold),
    which.map(release),
    fc.tuple(which, fc.nat(30)).map(([n, times]) => new Storm(release(n) as Step, times)),
    fc.tuple(which, fc.nat(30)).map(([n, times]) => new Storm(hold(n) as Step, times)),
    fc.constantFrom(100, 700, 1500).map((span) => new Wait(span)),
    fc.tuple(wish, which).map(([{ request, path }, n]) => new Packet(request, path, n)),
    fc.tuple(wish, which).map(([{ request, path }, n]) => new Packet(request, path, n)),
  ],
  { maxCommands: 100, size: "max" },
);

function textbook(name: string): (typeof textbooks)[number] {
  return textbooks.find((one) => one.name === name)!;
}

const linuxScans = (
  protocol: TransportProtocol,
  keys: Parameters<(typeof textbooks)[number]["scan"]>[0],
): Scans => {
  if (protocol === "tcp")
    return { bind: textbook("linux-bind").scan(keys), connect: textbook("linux-connect").scan(keys) };
  const name = protocol === "sctp" ? "linux-sctp" : "linux-udp, 4,096 slots";
  return { bind: textbook(name).scan(keys), connect: undefined };
};

const linuxAsPublishedScans: typeof linuxScans = (protocol, keys) => {
  if (protocol !== "tcp") return linuxScans(protocol, keys);
  return {
    bind: textbook("linux-bind, as published").scan(keys),
    connect: textbook("linux-connect, as published").scan(keys),
  };
};

const sequentialScans = (
  protocol: TransportProtocol,
  keys: Parameters<(typeof textbooks)[number]["scan"]>[0],
): Scans => {
  const scan = textbook("sequential").scan(keys);
  return { bind: scan, connect: protocol === "tcp" ? scan : undefined };
};

const bsdScans = (
  _protocol: TransportProtocol,
  keys: Parameters<(typeof textbooks)[number]["scan"]>[0],
): Scans => {
  const scan = textbook("sequential").scan(keys);
  return { bind: scan, connect: scan };
};

/** One textbook for TCP and SCTP, one for UDP, in bind(2) only; or with another for connect(2). */
function bindScans(tcp: string, udp: string = tcp, connect?: string) {
  return (protocol: TransportProtocol, keys: Parameters<(typeof textbooks)[number]["scan"]>[0]): Scans => ({
    bind: textbook(protocol === "udp" ? udp : tcp).scan(keys),
    connect: connect === undefined ? undefined : textbook(connect).scan(keys),
  });
}

/** RFC 6056's algorithms, by the socket's choice. */
const rfcScans = (_: TransportProtocol, keys: Random, algorithm: string | undefined): Scans => {
  if (algorithm === undefined)
    return { bind: textbook("random-retry").scan(keys), connect: textbook("double-hash").scan(keys) };
  const scan = textbook(algorithm).scan(keys);
  return { bind: scan, connect: scan };
};

/** One algorithm, whatever sockets say. */
function fixed(profile: Profile): Profile {
  const { tcp, udp, sctp, udplite } = profile.protocols;
  const fix = ({ algorithms: _, ...protocol }: ProtocolProfile): ProtocolProfile => protocol;
  return { ...profile, protocols: { tcp: fix(tcp), udp: fix(udp), sctp: fix(sctp), udplite: fix(udplite) } };
}

/** macOS with all its UDP ports to give. */
const { keepsFree: _, ...macosUdp } = macos.protocols.udp;
const unkept: Profile = { ...macos, protocols: { ...macos.protocols, udp: macosUdp } };

/** One receiver of several picked by a hash that the model knows; the errno of a refusal by its reason is tested elsewhere. */
function withPlainHash(profile: Profile): Profile {
  const protocols = { ...profile.protocols };
  for (const name of ["tcp", "udp", "sctp"] as const) {
    const { refusals: _, ...protocol } = protocols[name];
    const { reception } = protocol;
    const pick: Reception["pick"] = ({ length }, _s, _l, _p, _r, remotePort) => remotePort % length;
    protocols[name] = { ...protocol, reception: reception.pick ? { ...reception, pick } : reception };
    if (reception.groupHash === undefined) continue;
    const groupHash = (_: number, _l: Address, _p: number, remote: Address, remotePort: number): number =>
      Math.imul(remotePort * 31 + remote.w3, 0x9e3779b1);
    protocols[name] = { ...protocols[name], reception: { ...reception, groupHash } };
  }
  return { ...profile, protocols };
}

/** The profile's rules, with the plainest choice. */
function plain(profile: Profile): Profile {
  const { tcp, udp, sctp, udplite } = profile.protocols;
  const plainly = (protocol: ProtocolProfile) => withSelection(protocol, sequential);
  return { ...profile, protocols: { tcp: plainly(tcp), udp: plainly(udp), sctp: plainly(sctp), udplite } };
}

/** connect(2) chooses in TCP, and in what is made of it; or never. */
const tcpConnects: typeof bsdScans = (protocol, keys) => {
  const { bind } = bsdScans(protocol, keys);
  return { bind, connect: protocol === "udp" ? undefined : bind };
};

const tcpOnly: typeof bsdScans = (protocol, keys) => {
  const { bind } = bsdScans(protocol, keys);
  return { bind, connect: protocol === "tcp" ? bind : undefined };
};

const bindsFirst: typeof bsdScans = (protocol, keys) => ({
  bind: bsdScans(protocol, keys).bind,
  connect: undefined,
});

/** Ranges and lists that differ by protocol, or by version of IP too, and overlap. */
function setApart(
  { settings }: TestHost["manager"],
  by: "protocols" | "versions",
  low: number,
  size: number,
): void {
  for (const [at, protocol] of (["tcp", "udp", "sctp"] as const).entries())
    for (const domain of [4, 6] as const) {
      const step = by === "versions" && domain === 6 ? at + 3 : at;
      const rules = settings.of(protocol, domain);
      rules.range = [low + step, low + step + size - 1 + (step % 3)];
      if (step % 2 === 1) rules.reserved = [[low + step + 1, low + step + 2]];
      if (step % 3 === 1) rules.neverChosen = [[low + step, low + step]];
    }
}

function naiveRules({ range, reserved, neverChosen }: PortRules): NaiveRules {
  const set = (ranges: readonly PortRange[]): Set<number> =>
    new Set(ranges.flatMap(([low, high]) => Array.from({ length: high - low + 1 }, (_, i) => low + i)));
  return { range, reserved: set(reserved), neverChosen: set(neverChosen) };
}

/** What is free by count is what is free port by port, of the version of IP that has fewer left. */
function expectFree(
  manager: TestHost["manager"],
  { holders }: NaiveHost,
  rulesOf: (protocol: TransportProtocol, domain: 4 | 6) => NaiveRules,
): void {
  for (const [name, { free }] of Object.entries(manager.stats())) {
    const held = new Set(holders.filter(({ protocol }) => protocol === name).map(({ port }) => port));
    const freeOver = (domain: 4 | 6): number => {
      const { range, reserved, neverChosen } = rulesOf(name as TransportProtocol, domain);
      let count = 0;
      for (let port = range[0]; port <= range[1]; port++)
        if (!reserved.has(port) && !neverChosen.has(port) && !held.has(port)) count++;
      return count;
    };
    expect(free).toBe(Math.min(freeOver(4), freeOver(6)));
  }
}

describe("the port manager agrees with a naive one through any history, and gets every port back", () => {
  for (const [profile, scans] of [
    [linux, linuxScans],
    [iana, sequentialScans],
    [plain(freebsd13), bsdScans],
    [plain(windows), bindsFirst],
    [plain(windowsWithAutoReuse([1025, 1279])), tcpOnly],
    [plain(gvisor), tcpConnects],
    [plain(lwip), bindsFirst],
    [plain(smoltcp), bindsFirst],
    [plain(usrsctp), tcpOnly],
    [bsd, bindScans("bsd")],
    [openbsd, bindScans("random")],
    [fixed(netbsd), bindScans("netbsd-bsd")],
    [fixed(netbsdRandomStart), bindScans("netbsd-random-start")],
    [rfc6056, rfcScans],
    [fixed(netbsdHashAsPublished), bindScans("netbsd-bsd", "netbsd-bsd", "netbsd-hash, as published")],
    [fixed(unkept), bindScans("macos, TCP", "macos, UDP")],
    [linuxAsPublished, linuxAsPublishedScans],
  ] as const)
    test(`${profile.name}`, () => {
      const setting = fc.record({
        seed: fc.integer(),
        low: fc.constantFrom(40_000, 40_001),
        size: fc.constantFrom(3, 10, 40, 120),
        reserved: fc.boolean(),
        apart: fc.constantFrom("nobody", "protocols", "versions"),
      });
      fc.assert(
        fc.property(setting, commands, ({ seed, low, size, reserved, apart }, history) => {
          const host = testHost(withPlainHash(profile), seed);
          const { manager } = host;
          manager.range = [low, low + size - 1];
          manager.settings.autobindReuse = true;
          manager.settings.timeWaitReuse = { mode: 1, delay: 1000 };
          if (reserved) manager.reserved = [[low + 2, low + 2]];
          if (apart !== "nobody") setApart(manager, apart, low, size);
          const rulesOf = (protocol: TransportProtocol, domain: 4 | 6): NaiveRules =>
            naiveRules(manager.settings.of(protocol, domain));
          const naive = new NaiveHost(withPlainHash(profile), seed, rulesOf, scans);
          const model: Model = { naive, pairs: [], count: 0 };
          fc.modelRun(() => ({ model, real: host }), history);
          expect(manager.snapshot().length).toBe(naive.holders.length);
          expectFree(manager, naive, rulesOf);
          for (const { real } of model.pairs) manager.release(real);
          expect(manager.snapshot()).toEqual([]);
          expect(manager.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
          for (const stats of Object.values(manager.stats()))
            expect(stats).toMatchObject({ inUse: 0, held: 0, flows: 0 });
          expectFree(manager, new NaiveHost(profile, seed, rulesOf, scans), rulesOf);
        }),
        { numRuns: profile === linux || profile === iana ? Number(runs) : Math.ceil(Number(runs) / 2) },
      );
    }, 600_000);
});
