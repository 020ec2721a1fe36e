/**
 * Ports chosen in virtual time, without a network: sessions begin at an even rate, last as long as they were meant to, and leave
 * behind what their profile has them leave. Only the port manager is at work, so a hundred thousand take a second.
 */
import { type Address, address, anyV4, anyV6, familyOf, isLoopback } from "../../base/address.ts";
import { type ErrnoName, SocketError } from "../../base/errno.ts";
import { seededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/time/timer-wheel.ts";
import type { Binding, BindRequest } from "../../ports/binding.ts";
import type { Path } from "../../ports/demultiplexer/flow.ts";
import { explanationText } from "../../ports/insight/explanation-text.ts";
import type { Forecast } from "../../ports/insight/forecast.ts";
import { PortManager } from "../../ports/port-manager.ts";
import type { Profile } from "../../ports/profile.ts";
import type { PortRange } from "../../ports/range.ts";
import { profileOf } from "../profiles.ts";
import { type CollisionWatch, collisionWatch } from "./collisions.ts";
import { drawLength } from "./session-length.ts";
import { type Contestant, contestantName, type SimulationSettings } from "./settings.ts";

/** What came of it. Choices are numbered from 0; a choice is at `index * 1000 / rate` milliseconds. */
export interface Run {
  /** `linux`, or `linux/random` where the algorithm is not the profile's own. */
  readonly name: string;
  readonly profile: Profile;
  /** Where ports were chosen from. */
  readonly range: PortRange;
  /** How many destinations there are: choice `i` goes to number `i % destinations`. */
  readonly destinations: number;
  /** By choice: the port, or {@link refused}. */
  readonly ports: Int32Array;
  /** By choice: candidates looked at, as a scan port by port would have counted. */
  readonly looked: Int32Array;
  /** By choice, of those refused. */
  readonly refusals: ReadonlyMap<number, Refusal>;
  /** Of the first choices, in words. */
  readonly reasons: readonly string[];
  /** Five-tuples that came again too soon. */
  readonly collisions: Pick<CollisionWatch, "count" | "soonest">;
  /** What the next choice would cost and how well it could be guessed, at the end. */
  readonly forecast: Forecast;
  /** At the end. */
  readonly inUse: number;
  readonly held: number;
  /** The most bindings there were at once, resting ones included. */
  readonly mostAtOnce: number;
  readonly wraps: number;
}

export interface Refusal {
  readonly errno: ErrnoName;
  /** Sessions and resting ports there were. */
  readonly inUse: number;
  readonly held: number;
}

export const refused = -1;
/** Choices between two reports of progress. */
const stride = 4096;

/** Runs to its end. */
export function simulate(contestant: Contestant, settings: SimulationSettings): Run {
  const steps = simulation(contestant, settings);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Yields now and then how many choices are made. */
export function* simulation(contestant: Contestant, settings: SimulationSettings): Generator<number, Run> {
  const world = openWorld(contestant, settings);
  const { count, rate, told } = settings;
  const ports = new Int32Array(count).fill(refused);
  const looked = new Int32Array(count);
  const refusals = new Map<number, Refusal>();
  const reasons: string[] = [];
  for (let i = 0; i < count; i++) {
    world.passTo((i * 1000) / rate);
    const turn = i % settings.destinations.length;
    if (i < told) reasons.push(world.explain(turn));
    const before = world.candidates();
    const outcome = world.begin(turn);
    looked[i] = world.candidates() - before;
    if (typeof outcome === "number") ports[i] = outcome;
    else refusals.set(i, { errno: outcome, ...world.fullness() });
    if (i % stride === stride - 1) yield i + 1;
  }
  const { range, profile, collisions } = world;
  const { inUse, held, highWater, wraps } = world.stats();
  return {
    name: contestantName(contestant),
    destinations: settings.destinations.length,
    ...{ profile, range, ports, looked, refusals, reasons, collisions },
    forecast: world.forecast(count % settings.destinations.length),
    ...{ inUse, held, mostAtOnce: highWater, wraps },
  };
}

interface World {
  readonly profile: Profile;
  readonly range: PortRange;
  readonly collisions: CollisionWatch;
  /** Ends what has to end by then. */
  passTo(now: number): void;
  /** Why the next session to a destination gets which port. */
  explain(turn: number): string;
  forecast(turn: number): Forecast;
  /** A session begins. @returns its port, or why it has none */
  begin(turn: number): number | ErrnoName;
  candidates(): number;
  fullness(): Omit<Refusal, "errno">;
  stats(): {
    readonly inUse: number;
    readonly held: number;
    readonly highWater: number;
    readonly wraps: number;
    readonly candidates: number;
  };
}

const nothing = { inUse: 0, held: 0, highWater: 0, wraps: 0, candidates: 0 };

function openWorld(contestant: Contestant, settings: SimulationSettings): World {
  let now = 0;
  const { protocol, reserved, seed, session } = settings;
  const profile = profileOf({ ...contestant, range: settings.range });
  const chance = seededRandom(seed);
  const lengths = chance.fork("session lengths");
  const ports = new PortManager<Session>({ profile, random: chance.fork(profile.name), now: () => now });
  ports.reserved = reserved;
  const paths = settings.destinations.map(pathTo);
  const requests = paths.map(({ source }): BindRequest => {
    const domain = familyOf(source);
    return { protocol, domain, address: domain === 4 ? anyV4 : anyV6, port: 0, call: settings.call };
  });
  const collisions = collisionWatch();
  const ends = new TimerWheel(0);
  const sessions: (Session | undefined)[] = [];
  const end = (timer: number): void => {
    const { binding, turn, until } = sessions[timer]!;
    ends.remove(timer);
    now = until;
    ports.expire(now);
    collisions.ended(turn, binding!.port, now);
    if (protocol === "tcp" && settings.closer === "us" && profile.hold.length > 0)
      ports.hold(binding!, sessions[timer]!, now + profile.hold.length, { timestamps: true });
    else ports.release(binding!);
  };
  const stats = () => ports.stats()[protocol] ?? nothing;
  return {
    profile,
    range: ports.explain(requests[0]!, settings.call === "connect" ? paths[0]! : undefined).range,
    collisions,
    passTo: (instant) => {
      ends.expire(instant, end);
      now = instant;
      ports.expire(now);
    },
    explain: (turn) => {
      const path = settings.call === "connect" ? paths[turn]! : undefined;
      return explanationText(ports.explain(requests[turn]!, path), now);
    },
    forecast: (turn) => {
      const path = settings.call === "connect" ? paths[turn]! : undefined;
      return ports.forecast(requests[turn]!, path, { rate: settings.rate });
    },
    begin: (turn) => {
      const length = drawLength(session, lengths);
      const owner: Session = { turn, until: now + length, binding: undefined };
      const binding = open(ports, owner, settings.call, requests[turn]!, paths[turn]!);
      if (typeof binding === "string") return binding;
      collisions.began(turn, binding.port, now);
      if (length === Number.POSITIVE_INFINITY) return binding.port;
      owner.binding = binding;
      const timer = ends.add();
      ends.arm(timer, owner.until);
      sessions[timer] = owner;
      return binding.port;
    },
    candidates: () => stats().candidates,
    fullness: () => ({ inUse: stats().inUse, held: stats().held }),
    stats,
  };
}

interface Session {
  /** Its destination's place in the list. */
  readonly turn: number;
  /** When it ends. */
  readonly until: number;
  binding: Binding<Session> | undefined;
}

function open(
  ports: PortManager<Session>,
  owner: Session,
  call: SimulationSettings["call"],
  request: BindRequest,
  path: Path,
): Binding<Session> | ErrnoName {
  if (call === "connect") return attempt(() => ports.tryConnectNew(owner, request, path));
  const bound = attempt(() => ports.tryReserve(owner, request));
  if (typeof bound === "string") return bound;
  const code = ports.tryConnect(bound, path);
  if (code === undefined) return bound;
  ports.release(bound);
  return code;
}

/** What a profile refuses by throwing is a refusal like any other. */
function attempt(call: () => Binding<Session> | ErrnoName): Binding<Session> | ErrnoName {
  try {
    return call();
  } catch (error) {
    if (error instanceof SocketError) return error.code;
    throw error;
  }
}

const sources = { 4: address("192.0.2.1"), 6: address("2001:db8::1") } as const;

/** Loopback is reached from itself, everything else from an address set aside for documents (RFC 5737, RFC 3849). */
function pathTo(remote: Path["remote"]): Path {
  return { remote, source: sourceFor(remote.address) };
}

function sourceFor(remote: Address): Address {
  return isLoopback(remote) ? remote : sources[familyOf(remote)];
}
