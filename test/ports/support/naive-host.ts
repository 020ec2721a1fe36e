/**
 * The port manager as one would write it without caring for speed: one list of holders, textbook scans, linear searches. It
 * shares with the real one only the rules that are judged elsewhere: conflicts, scores, the rule of reuse.
 */
import { type Address, isUnspecified, isV4, sameAddress } from "../../../src/base/address.ts";
import type { Endpoint } from "../../../src/base/endpoint.ts";
import { type Random, seededRandom } from "../../../src/base/random.ts";
import { never } from "../../../src/base/time/clock.ts";
import type { BindingState, BindRequest, TransportProtocol } from "../../../src/ports/binding.ts";
import type { Purpose } from "../../../src/ports/conflict.ts";
import type { Path, Wish } from "../../../src/ports/demultiplexer/flow.ts";
import { reciprocalScale } from "../../../src/ports/demultiplexer/reuseport-group.ts";
import {
  exhaustedErrno,
  isPrivileged,
  type Profile,
  type ProtocolProfile,
  usualAlgorithm,
} from "../../../src/ports/profile.ts";
import { narrowRange, type PortRange } from "../../../src/ports/range.ts";
import type { Claim } from "../../../src/ports/table/claim.ts";
import type { Scan } from "../selection/textbooks.ts";

export interface Holder extends Claim {
  id: number;
  protocol: TransportProtocol;
  port: number;
  address: Address;
  boundAddress: Address;
  state: BindingState;
  narrowed: boolean;
  named: boolean;
  remote: Endpoint | undefined;
  until: number;
  reusableAfter: number;
  timestamps: boolean;
  incomingCpu: number;
  /** When it became a receiver, counting up; 0 while it is none. */
  admitted: number;
  /** When it became one last by bind(2). */
  place: number;
  formerPeer: Address | undefined;
  /** When it became a flow, counting up. */
  entered: number;
  group: Group | undefined;
}

interface Group {
  readonly members: Holder[];
  hasConnected: boolean;
}

/** The textbook of a protocol's bind(2), and of its connect(2) if that chooses. */
export interface Scans {
  readonly bind: Scan;
  readonly connect: Scan | undefined;
}

/** `algorithm` is the socket's own, if any. */
type MakeScans = (protocol: TransportProtocol, keys: Random, algorithm: string | undefined) => Scans;

/** What is set for one protocol over one version of IP. */
export interface NaiveRules {
  readonly range: PortRange;
  readonly reserved: ReadonlySet<number>;
  readonly neverChosen: ReadonlySet<number>;
}

export class NaiveHost {
  now = 0;
  readonly #rulesOf: (protocol: TransportProtocol, domain: 4 | 6) => NaiveRules;
  holders: Holder[] = [];
  readonly #profile: Profile;
  readonly #scans: MakeScans;
  readonly #made = new Map<string, Scans>();
  readonly #chance = new Map<TransportProtocol, Random>();
  readonly #seed: number;
  #admissions = 0;
  #entries = 0;

  constructor(
    profile: Profile,
    seed: number,
    rulesOf: (protocol: TransportProtocol, domain: 4 | 6) => NaiveRules,
    scans: MakeScans,
  ) {
    this.#profile = profile;
    this.#seed = seed;
    this.#rulesOf = rulesOf;
    this.#scans = scans;
  }

  reserve(id: number, request: BindRequest): Holder | string {
    const holder = this.#holder(id, request, request.address, "bound", "explicit");
    const rules = this.#rules(request.protocol);
    if (request.port !== 0) {
      if (!holder.privileged && isPrivileged(this.#profile, this.#profile, request.address, request.port))
        return "EACCES";
      const { namingReserved } = this.#profile;
      const { reserved } = this.#rulesOf(request.protocol, request.domain);
      if (namingReserved !== undefined && reserved.has(request.port)) return namingReserved;
      if (!this.#allows(holder, request.port, "named")) return "EADDRINUSE";
      holder.port = request.port;
    } else {
      holder.port = this.#choose(holder, request, undefined);
      if (holder.port < 0) return exhaustedErrno(rules, request.domain, request.call ?? "bind");
    }
    this.holders.push(holder);
    if (rules.receivesWhen === "bound") this.#receive(holder);
    return holder;
  }

  connectNew(id: number, request: BindRequest, path: Path): Holder | string {
    if (this.#scansFor(request).connect === undefined || request.port !== 0) {
      const holder = this.reserve(id, { ...request, call: "connect" });
      if (typeof holder === "string") return holder;
      const refused = this.connect(holder, path);
      if (refused === undefined) return holder;
      this.release(holder);
      return refused;
    }
    const wildcard = isUnspecified(request.address);
    const holder = this.#holder(id, request, wildcard ? path.source : request.address, "connected", "chosen");
    holder.narrowed = wildcard;
    holder.boundAddress = request.address;
    holder.port = this.#choose(holder, request, path);
    if (holder.port < 0) return exhaustedErrno(this.#rules(request.protocol), request.domain, "connect");
    const [resting] = this.#flows(holder, holder.port, path.remote);
    if (resting !== undefined) this.release(resting);
    holder.remote = path.remote;
    holder.entered = ++this.#entries;
    this.holders.push(holder);
    return holder;
  }

  connect(holder: Holder, { remote, source }: Path): string | undefined {
    const narrows = isUnspecified(holder.address);
    const { duplicateFlow } = this.#rules(holder.protocol);
    const as = { ...holder, address: narrows ? source : holder.address };
    const [other] = this.#flows(as, holder.port, remote).filter((flow) => flow !== holder);
    if (other !== undefined && duplicateFlow !== undefined) {
      const reusable =
        other.state === "held" && this.#profile.hold.boundMayReuse({ timestamps: other.timestamps });
      if (!reusable) return duplicateFlow;
      this.release(other);
    }
    holder.admitted = 0;
    if (narrows) {
      this.#part(holder);
      holder.address = source;
      holder.narrowed = true;
    } else if (holder.group !== undefined) holder.group.hasConnected = true;
    holder.state = "connected";
    holder.remote = remote;
    holder.entered = ++this.#entries;
    return undefined;
  }

  listen(holder: Holder): string | undefined {
    if (holder.state === "listening") return undefined;
    if (!this.#allows(holder, holder.port, "listen")) return "EADDRINUSE";
    holder.state = "listening";
    this.#receive(holder);
    return undefined;
  }

  accept(id: number, listener: Holder, local: Address, remote: Endpoint): Holder {
    const child: Holder = {
      ...listener,
      id,
      address: local,
      boundAddress: local,
      state: "connected",
      explicit: true,
      narrowed: isUnspecified(listener.address) || listener.narrowed,
      named: false,
      remote,
      incomingCpu: -1,
      admitted: 0,
      place: 0,
      formerPeer: undefined,
      entered: ++this.#entries,
      group: undefined,
    };
    this.holders.push(child);
    return child;
  }

  disconnect(holder: Holder): "bound" | "released" {
    const rules = this.#rules(holder.protocol);
    if (rules.disconnect === "keeps-named-port" && !holder.named) {
      this.release(holder);
      return "released";
    }
    if (holder.state === "listening") this.#part(holder);
    if (holder.narrowed) holder.address = holder.boundAddress;
    holder.narrowed = false;
    holder.state = "bound";
    holder.remote = undefined;
    const returns = rules.reception.keepsPlace === true && !isUnspecified(holder.boundAddress);
    holder.admitted = rules.receivesWhen === "bound" ? (returns ? holder.place : ++this.#admissions) : 0;
    return "bound";
  }

  hold(holder: Holder, until: number, timestamps: boolean): void {
    this.#part(holder);
    holder.admitted = 0;
    holder.state = "held";
    holder.until = until;
    holder.timestamps = timestamps;
    holder.reusableAfter =
      holder.remote === undefined
        ? never
        : this.#profile.hold.reusableAfter(
            {
              local: holder.address,
              remote: holder.remote.address,
              device: holder.device,
              since: this.now,
              reuse: { timestamps },
            },
            { mode: 1, delay: 1000 },
          );
  }

  release(holder: Holder): void {
    this.#part(holder);
    this.holders = this.holders.filter((other) => other !== holder);
  }

  /** The holders whose rest is over, by deadline. */
  expire(): Holder[] {
    const over = this.holders.filter(({ state, until }) => state === "held" && until <= this.now);
    for (const holder of over) this.release(holder);
    return over.sort((a, b) => a.until - b.until);
  }

  demultiplex(
    protocol: TransportProtocol,
    local: Address,
    port: number,
    remote: Address,
    remotePort: number,
    device: number,
    cpu: number,
  ): Holder | undefined {
    const { specific } = this.#rules(protocol).reception;
    const anywhere = this.holders.filter(
      (holder) =>
        holder.protocol === protocol && holder.port === port && isFlow(holder, local, remote, remotePort),
    );
    const flows = anywhere.filter((holder) => holder.device === 0 || holder.device === device);
    if (specific === "alone" && flows.length < anywhere.length && flows.length === 0) return undefined;
    flows.sort((a, b) => b.entered - a.entered);
    const onDevice =
      this.#rules(protocol).reception.sameFlows === "device"
        ? flows.find((one) => one.device !== 0)
        : undefined;
    const flow = onDevice ?? flows[0];
    if (flow !== undefined) return flow;
    const receivers = this.holders
      .filter((holder) => holder.protocol === protocol && holder.port === port && holder.admitted > 0)
      .sort((a, b) => this.#place(protocol, a) - this.#place(protocol, b));
    const exact = receivers.filter((holder) => sameAddress(holder.address, local));
    const wild = receivers.filter((holder) => isUnspecified(holder.address) && covers(holder, local));
    const score = (holder: Holder): number =>
      this.#rules(protocol).reception.score(holder, local, remote, remotePort, device, cpu);
    const fit = (holder: Holder): boolean => exact.includes(holder) || wild.includes(holder);
    if (specific === "equal") return this.#best(receivers.filter(fit), score, local, remote, remotePort, cpu);
    if (specific === "alone" && exact.length > 0)
      return this.#best(exact, score, local, remote, remotePort, cpu);
    return (
      this.#best(exact, score, local, remote, remotePort, cpu) ??
      this.#best(wild, score, local, remote, remotePort, cpu)
    );
  }

  #best(
    receivers: Holder[],
    score: (holder: Holder) => number,
    local: Address,
    remote: Address,
    remotePort: number,
    cpu: number,
  ): Holder | undefined {
    let points = 0;
    let best: Holder | undefined;
    for (const receiver of receivers) {
      if (score(receiver) <= points) continue;
      best = receiver;
      points = score(receiver);
      const { group, protocol, port } = receiver;
      const { groupHash, groupPrefers } = this.#rules(protocol).reception;
      if (group === undefined || groupHash === undefined) continue;
      const at = reciprocalScale(groupHash(0, local, port, remote, remotePort), group.members.length);
      const ring = [...group.members.slice(at), ...group.members.slice(0, at)];
      const open = ring.filter(({ state }) => state !== "connected");
      const steered = groupPrefers === "cpu" ? open.find((one) => one.incomingCpu === cpu) : undefined;
      best = steered ?? open[0];
      if (!group.hasConnected) break;
    }
    const pick = best && this.#rules(best.protocol).reception.pick;
    if (best === undefined || pick === undefined) return best;
    const equals = receivers.filter((receiver) => score(receiver) === points);
    return equals[equals.length === 1 ? 0 : pick(equals, 0, local, best.port, remote, remotePort)];
  }

  /** Newest first, but those that the profile places last stand at the end, oldest first. */
  #place(protocol: TransportProtocol, holder: Holder): number {
    return this.#rules(protocol).reception.place(holder) === "first" ? -holder.admitted : holder.admitted;
  }

  #receive(holder: Holder): void {
    if (holder.admitted === 0) holder.admitted = ++this.#admissions;
    holder.place = holder.admitted;
    if (!holder.reusePort || this.#rules(holder.protocol).reception.groupHash === undefined) return;
    const kin = this.holders.find((other) => other.group !== undefined && isKin(other, holder));
    holder.group = kin?.group ?? { members: [], hasConnected: false };
    holder.group.members.push(holder);
  }

  #part(holder: Holder): void {
    const { group } = holder;
    if (group === undefined) return;
    const last = group.members.pop()!;
    if (last !== holder) group.members[group.members.indexOf(holder)] = last;
    holder.group = undefined;
  }

  /** Newest first, those that the profile places last behind them: whoever shares or conflicts first decides. */
  #allows(newcomer: Holder, port: number, purpose: Purpose): boolean {
    const { conflict: rule, jointConflict, reception } = this.#rules(newcomer.protocol);
    const others: Holder[] = [];
    const placed = (where: "first" | "last"): Holder[] =>
      this.holders.filter((holder) => reception.place(holder) === where);
    for (const holder of [...placed("first").reverse(), ...placed("last")]) {
      if (holder.port !== port || holder === newcomer || holder.protocol !== newcomer.protocol) continue;
      const verdict = rule(holder, newcomer, purpose);
      if (verdict !== undefined) return verdict === "joins";
      others.push(holder);
    }
    return jointConflict === undefined || jointConflict(others, newcomer, purpose) < 0;
  }

  #choose(newcomer: Holder, request: BindRequest, path: Path | undefined): number {
    const scans = this.#scansFor(request);
    const { portRange } = request;
    const { range, reserved, neverChosen } = this.#rulesOf(request.protocol, request.domain);
    const ownRange = portRange !== undefined && this.#profile.ownRange;
    const [low, high] = ownRange ? narrowRange(range, portRange) : range;
    const wish: Wish = {
      protocol: newcomer.protocol,
      local: newcomer.address,
      remote: path?.remote.address,
      remotePort: path?.remote.port ?? 0,
      low,
      high,
      band: "default",
      ownRange,
      reuseAddress: newcomer.reuseAddress,
      mayRelax: true,
      stepWidth: 0,
      now: this.now,
    };
    const scan = path === undefined ? scans.bind : scans.connect!;
    return scan(
      wish,
      (port, pass) => {
        if (reserved.has(port) || neverChosen.has(port)) return false;
        if (path === undefined)
          return this.#allows(newcomer, port, pass === "relaxed" ? "relaxed" : "chosen");
        if (!this.#allows(newcomer, port, "connect")) return false;
        return this.#flows(newcomer, port, path.remote).every(
          ({ state, reusableAfter }) => state === "held" && reusableAfter < this.now,
        );
      },
      this.#chanceOf(newcomer.protocol),
    );
  }

  /** Flows with the five-tuple that `as` would have at `port`, unless a device keeps them apart: the newest first. */
  #flows(as: Holder, port: number, { address, port: remotePort }: Endpoint): Holder[] {
    const flows = this.holders.filter(
      (holder) =>
        holder.protocol === as.protocol &&
        holder.port === port &&
        isFlow(holder, as.address, address, remotePort) &&
        (holder.device === 0 || holder.device === as.device),
    );
    return flows.sort((a, b) => b.entered - a.entered);
  }

  #holder(
    id: number,
    request: BindRequest,
    address: Address,
    state: BindingState,
    origin: "explicit" | "chosen",
  ): Holder {
    const native = request.domain === 6 && !isV4(request.address) && !isUnspecified(request.address);
    return {
      id,
      protocol: request.protocol,
      domain: request.domain,
      address,
      boundAddress: address,
      state,
      reuseAddress: request.reuseAddress ?? false,
      reusePort: request.reusePort ?? false,
      exclusive: request.exclusive ?? false,
      v6Only:
        (request.v6Only ?? this.#profile.v6Only === "by-default") ||
        (request.domain === 6 && this.#profile.v6Only === "always") ||
        (native && this.#profile.addressMakesV6Only),
      explicit: origin === "explicit",
      narrowed: false,
      privileged: request.privileged ?? false,
      device: request.device ?? 0,
      uid: request.uid ?? 0,
      named: request.port !== 0,
      port: 0,
      remote: undefined,
      until: never,
      reusableAfter: never,
      timestamps: false,
      incomingCpu: request.incomingCpu ?? -1,
      admitted: 0,
      place: 0,
      formerPeer: undefined,
      entered: 0,
      group: undefined,
    };
  }

  #rules(protocol: TransportProtocol): ProtocolProfile {
    return this.#profile.protocols[protocol];
  }

  #scansFor({ protocol, algorithm }: BindRequest): Scans {
    const usual = algorithm === undefined || algorithm === usualAlgorithm(this.#rules(protocol));
    const name = usual ? undefined : algorithm;
    const key = `${protocol} ${name}`;
    let made = this.#made.get(key);
    if (made === undefined) {
      const keys = this.#random(protocol).fork(usual ? "selections" : `algorithm ${name}`);
      made = this.#scans(protocol, keys, name);
      this.#made.set(key, made);
    }
    return made;
  }

  #chanceOf(protocol: TransportProtocol): Random {
    const chance = this.#chance.get(protocol) ?? this.#random(protocol).fork("choices");
    this.#chance.set(protocol, chance);
    return chance;
  }

  #random(protocol: TransportProtocol): Random {
    return seededRandom(this.#seed).fork("ports").fork(protocol);
  }
}

function isFlow(holder: Holder, local: Address, remote: Address, remotePort: number): boolean {
  return (
    (holder.state === "connected" || holder.state === "held") &&
    holder.remote !== undefined &&
    holder.remote.port === remotePort &&
    sameAddress(holder.address, local) &&
    sameAddress(holder.remote.address, remote)
  );
}

function covers({ address, v6Only }: Holder, local: Address): boolean {
  return isV4(local) ? isV4(address) || !v6Only : !isV4(address);
}

function isKin(a: Holder, b: Holder): boolean {
  return (
    a !== b &&
    a.protocol === b.protocol &&
    a.port === b.port &&
    a.domain === b.domain &&
    a.v6Only === b.v6Only &&
    a.device === b.device &&
    a.uid === b.uid &&
    sameAddress(a.address, b.address)
  );
}
