/**
 * Why a port was, or will be, chosen: the range, where the search starts and how it steps, and every candidate it passes over
 * with what stands in its way. Made by walking, one port at a time, the order that the choice itself is made from.
 */
import type { BindRequest, TransportProtocol } from "../binding.ts";
import type { Path, Wish } from "../demultiplexer/flow.ts";
import type { PortSpace } from "../port-space.ts";
import { lastPort, type PortRange } from "../range.ts";
import { Order, type Selection } from "../selection.ts";
import type { Choice } from "./choice.ts";
import type { Obstacle } from "./choice-field.ts";
import { portAt, type Stride } from "./stride.ts";

/** One stretch of candidates: `from, from + step ... to`; by strides (ip_local_port_step_width) it goes around in between. */
export interface ExplainedRun {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** Ports may be shared here that were not before (ip_autobind_reuse). */
  readonly relaxed: boolean;
}

export interface PassedOver<Owner> {
  readonly port: number;
  readonly obstacle: Obstacle<Owner>;
}

export interface Explanation<Owner> {
  readonly protocol: TransportProtocol;
  /** The selection's name, or `named` where the caller named the port. */
  readonly selection: string;
  readonly range: PortRange;
  /** Empty where the selection does not go in runs. */
  readonly runs: readonly ExplainedRun[];
  /** In the order of looking; the first thousand. */
  readonly passedOver: readonly PassedOver<Owner>[];
  /** How many were passed over in all. */
  readonly passedOverCount: number;
  /** What is chosen; undefined where nothing suits. */
  readonly port: number | undefined;
}

const mostPassedOver = 1000;

/** What `request` would be given now, and why; with `path`, as connect(2) asks for it. Nothing is changed. */
export function explain<Owner>(
  space: PortSpace<Owner>,
  request: BindRequest,
  path: Path | undefined,
): Explanation<Owner> {
  const { choice } = space;
  if (request.port !== 0) return explainNamed(space, request);
  const { bind, connect } = choice.algorithms.for(request);
  if (path === undefined || connect === undefined)
    return explainChoice(choice, bind, choice.wishToBind(space.claimToBind(request), request));
  const wish = choice.wishToConnect(space.claimToConnect(request, path), request, path.remote);
  return explainChoice(choice, connect, wish);
}

/** What stands in the way of a port that the caller names. */
function explainNamed<Owner>(space: PortSpace<Owner>, request: BindRequest): Explanation<Owner> {
  const { port } = request;
  const obstacle = obstacleToNamed(space, request);
  return {
    protocol: request.protocol,
    selection: "named",
    range: [port, port],
    runs: [],
    passedOver: obstacle === undefined ? [] : [{ port, obstacle }],
    passedOverCount: obstacle === undefined ? 0 : 1,
    port: obstacle === undefined ? port : undefined,
  };
}

function obstacleToNamed<Owner>(space: PortSpace<Owner>, request: BindRequest): Obstacle<Owner> | undefined {
  if (space.needsPrivilege(request)) return { kind: "privilege" };
  if (space.isExcluded(request)) return { kind: "reserved" };
  const entry = space.table.entry(request.port);
  if (entry === undefined) return undefined;
  const found = space.table.hindrance(entry, space.claimToBind(request), "named", undefined);
  return found === undefined ? undefined : { kind: "conflict", ...found };
}

/** The choice that `selection` would make of `wish` now; the choice's field is aimed at it already. */
export function explainChoice<Owner>(
  choice: Choice<Owner>,
  selection: Selection,
  wish: Wish,
): Explanation<Owner> {
  const record = new Recorder(choice);
  const port = choice.random.foretell(() => walk(choice, selection, wish, record));
  return {
    protocol: wish.protocol,
    selection: selection.name,
    range: [wish.low, wish.high],
    runs: record.runs,
    passedOver: record.passedOver,
    passedOverCount: record.count,
    port,
  };
}

class Recorder<Owner> {
  readonly runs: ExplainedRun[] = [];
  readonly passedOver: PassedOver<Owner>[] = [];
  count = 0;
  readonly #choice: Choice<Owner>;

  constructor(choice: Choice<Owner>) {
    this.#choice = choice;
  }

  /** Whether the port suits; what is in its way is written down. */
  try(port: number): boolean {
    const obstacle = this.#choice.field.obstacle(port);
    if (obstacle === undefined) return true;
    this.count++;
    if (this.passedOver.length < mostPassedOver) this.passedOver.push({ port, obstacle });
    return false;
  }
}

function walk<Owner>(
  choice: Choice<Owner>,
  selection: Selection,
  wish: Wish,
  record: Recorder<Owner>,
): number | undefined {
  const { field, random } = choice;
  const { low, high } = wish;
  if (choice.isSpent) return undefined;
  if (selection.kind === "walk") {
    const order = new Order();
    for (let pass = 0; ; pass++) {
      order.clear();
      if (!selection.propose(wish, pass, order, random)) return undefined;
      field.begin(order.relaxed ? "relaxed" : "strict");
      const port = walkRuns(order, record);
      if (port !== undefined) return port;
    }
  }
  field.begin("strict");
  if (selection.kind === "draw") {
    const drawing = selection.draw(wish, random);
    for (let tries = 0; tries < drawing.tries; tries++) {
      const port = drawing.next();
      if (record.try(port)) return port;
    }
    return undefined;
  }
  const strands = selection.strands(wish, random);
  for (let ahead = 0; ahead < strands.length; ahead++)
    for (let strand = 0; strand < strands.count; strand++) {
      const port = (strands.start(strand) + ahead) & lastPort;
      if (port >= low && port <= high && record.try(port)) return port;
    }
  return undefined;
}

function walkRuns<Owner>(order: Order, record: Recorder<Owner>): number | undefined {
  const { stride, relaxed } = order;
  if (stride !== undefined) return walkStride(stride, relaxed ? "relaxed" : "strict", record);
  for (let run = 0; run < order.length; run++) {
    const [from, to, step] = [order.from[run]!, order.to[run]!, order.step[run]!];
    record.runs.push({ from, to, step, relaxed: order.relaxed });
    for (let port = from; step > 0 ? port <= to : port >= to; port += step) if (record.try(port)) return port;
  }
  return undefined;
}

function walkStride<Owner>(
  stride: Stride,
  pass: "strict" | "relaxed",
  record: Recorder<Owner>,
): number | undefined {
  const { start, count, pace } = stride;
  record.runs.push({ from: start, to: portAt(stride, count - 1), step: pace, relaxed: pass === "relaxed" });
  for (let turn = 0; turn < count; turn++) {
    const port = portAt(stride, turn);
    if (record.try(port)) return port;
  }
  return undefined;
}
