/** What is in the way of one wish for a port: ports that are never chosen, the holders, and the flow's own five-tuples. */
import type { Address } from "../../base/address.ts";
import type { Instant } from "../../base/time/clock.ts";
import type { BindingRecord } from "../binding-record.ts";
import type { ConflictReason, Purpose } from "../conflict.ts";
import { type CrowdedFlows, isReusable } from "../demultiplexer/crowded-flows.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import type { FlowTable } from "../demultiplexer/flow-table.ts";
import type { BindTable } from "../table/bind-table.ts";
import type { PortBitmap } from "../table/bitmap.ts";
import type { InternedClaim } from "../table/claim.ts";
import type { Field } from "./chooser.ts";

/**
 * Why a port is not to be had. `privilege`: it is below ip_unprivileged_port_start. `resting`: its five-tuple rests, and may
 * not be replaced yet.
 */
export type Obstacle<Owner> =
  | { readonly kind: "reserved" | "privilege" }
  | { readonly kind: "conflict"; readonly reason: ConflictReason; readonly binding: BindingRecord<Owner> }
  | { readonly kind: "five-tuple" | "resting"; readonly binding: BindingRecord<Owner> };

/** After so many ports passed over for one destination's sake it gets a bitmap. */
const crowd = 16;

export class ChoiceField<Owner> implements Field {
  readonly sets: PortBitmap[] = [];
  setCount = 0;
  /** Ports that turned out to be in use by whoever shares our addresses, while a choice goes on. */
  elsewhere: PortBitmap | undefined = undefined;
  readonly #table: BindTable<Owner>;
  readonly #flows: FlowTable<BindingRecord<Owner>>;
  readonly #crowds: CrowdedFlows<Owner>;
  #newcomer!: InternedClaim;
  #purpose: Purpose = "chosen";
  #wish!: Wish;
  #closed: PortBitmap | undefined;
  #passedOver = 0;

  constructor(table: BindTable<Owner>, flows: FlowTable<BindingRecord<Owner>>, crowds: CrowdedFlows<Owner>) {
    this.#table = table;
    this.#flows = flows;
    this.#crowds = crowds;
  }

  /** `purpose` is `connect` where the wish's flow shares ports with others. `closed` is undefined where no ports are. */
  aim(
    newcomer: InternedClaim,
    purpose: "chosen" | "connect",
    wish: Wish,
    closed: PortBitmap | undefined,
  ): void {
    this.#newcomer = newcomer;
    this.#purpose = purpose;
    this.#wish = wish;
    this.#closed = closed;
  }

  begin(pass: "strict" | "relaxed"): void {
    if (this.#purpose !== "connect") this.#purpose = pass === "relaxed" ? "relaxed" : "chosen";
    this.setCount = 0;
    if (this.#closed !== undefined) this.#exclude(this.#closed);
    if (this.elsewhere !== undefined) this.#exclude(this.elsewhere);
    const against = this.#table.setsAgainst(this.#newcomer, this.#purpose);
    for (let i = 0; i < against.length; i++) this.#exclude(against[i]!);
    if (this.#purpose !== "connect") return;
    const { local, remote, remotePort, now } = this.#wish;
    const crowded = this.#crowds.find(local, remote!, remotePort, now);
    this.#passedOver = crowded === undefined ? 0 : -0x4000_0000;
    if (crowded !== undefined) this.#exclude(crowded.taken);
  }

  #exclude(set: PortBitmap): void {
    this.sets[this.setCount++] = set;
  }

  suits(port: number): boolean {
    const entry = this.#table.entry(port);
    if (entry === undefined) return true;
    if (this.#table.hindrance(entry, this.#newcomer, this.#purpose, undefined) !== undefined) return false;
    if (this.#purpose !== "connect") return true;
    const { local, remote, remotePort, now } = this.#wish;
    if (occupant(this.#flows, local, port, remote!, remotePort, this.#newcomer.device, now) === undefined)
      return true;
    if (++this.#passedOver === crowd)
      this.#exclude(this.#crowds.raise(local, remote!, remotePort, this.#table.held, now).taken);
    return false;
  }

  /** What is in the way at this port, in words. */
  obstacle(port: number): Obstacle<Owner> | undefined {
    if (this.#closed?.has(port) === true) return { kind: "reserved" };
    const entry = this.#table.entry(port);
    if (entry === undefined) return undefined;
    const found = this.#table.hindrance(entry, this.#newcomer, this.#purpose, undefined);
    if (found !== undefined) return { kind: "conflict", ...found };
    if (this.#purpose !== "connect") return undefined;
    const { local, remote, remotePort, now } = this.#wish;
    const binding = occupant(this.#flows, local, port, remote!, remotePort, this.#newcomer.device, now);
    if (binding === undefined) return undefined;
    return { kind: binding.state === "held" ? "resting" : "five-tuple", binding };
  }
}

/**
 * Whoever has the five-tuple and will not let it be chosen. As Linux does (inet_match): a flow bound to a device stands only
 * in the way of newcomers on that device.
 */
function occupant<Owner>(
  flows: FlowTable<BindingRecord<Owner>>,
  local: Address,
  port: number,
  remote: Address,
  remotePort: number,
  device: number,
  now: Instant,
): BindingRecord<Owner> | undefined {
  let flow = flows.find(local, port, remote, remotePort);
  for (; flow !== undefined; flow = flow.nextOfFlow)
    if ((flow.device === 0 || flow.device === device) && !isReusable(flow, now)) return flow;
  return undefined;
}
