/**
 * Destinations with many connections from one local address: each has a bitmap of the ports in use towards it. A
 * destination gets one when a search had to pass over several ports for its sake; the flow table knows the rest exactly, so
 * bitmaps may come and go.
 */
import { type Address, sameAddress } from "../../base/address.ts";
import type { Random } from "../../base/random.ts";
import { type Instant, never } from "../../base/time/clock.ts";
import type { BindingRecord } from "../binding-record.ts";
import { PortBitmap } from "../table/bitmap.ts";
import { FlowTable } from "./flow-table.ts";

/** The bitmaps together take at most 2.2 MB. */
const most = 256;

export interface CrowdedFlow<Owner> {
  /** Ports whose five-tuple is taken, and not by a hold that may be replaced. */
  readonly taken: PortBitmap;
  /** Holds that will be replaceable, the soonest first; those before `ripe` are done with. */
  readonly ripening: BindingRecord<Owner>[];
  ripe: number;
  readonly local: Address;
  readonly remote: Address;
  readonly remotePort: number;
  lastUse: number;
  nextOfFlow: CrowdedFlow<Owner> | undefined;
}

export class CrowdedFlows<Owner> {
  readonly #flows: FlowTable<BindingRecord<Owner>>;
  /** By local address and destination; the local port is 0. */
  readonly #crowds: FlowTable<CrowdedFlow<Owner>>;
  readonly #list: CrowdedFlow<Owner>[] = [];
  #uses = 0;
  /** The one asked for last. */
  #latest: CrowdedFlow<Owner> | undefined = undefined;

  constructor(flows: FlowTable<BindingRecord<Owner>>, random: Random) {
    this.#flows = flows;
    this.#crowds = new FlowTable(random);
  }

  /** How many destinations have a bitmap. */
  get size(): number {
    return this.#list.length;
  }

  /** The destination's bitmap, as of now; undefined where it is not crowded. */
  find(local: Address, remote: Address, remotePort: number, now: Instant): CrowdedFlow<Owner> | undefined {
    const crowd = this.#crowdOf(local, remote, remotePort);
    if (crowd === undefined) return undefined;
    crowd.lastUse = ++this.#uses;
    this.#ripen(crowd, now);
    return crowd;
  }

  /** Makes the destination's bitmap out of what the flow table says about each of `held`. */
  raise(
    local: Address,
    remote: Address,
    remotePort: number,
    held: PortBitmap,
    now: Instant,
  ): CrowdedFlow<Owner> {
    if (this.#list.length === most) this.#drop(this.#idlest());
    const crowd: CrowdedFlow<Owner> = {
      taken: new PortBitmap(),
      ripening: [],
      ripe: 0,
      local,
      remote,
      remotePort,
      lastUse: ++this.#uses,
      nextOfFlow: undefined,
    };
    for (let port = held.firstSet(0, 65535); port >= 0; port = held.firstSet(port + 1, 65535))
      this.#refresh(crowd, port, now);
    crowd.ripening.sort((a, b) => a.rest!.reusableAfter - b.rest!.reusableAfter);
    this.#crowds.add(local, 0, remote, remotePort, crowd);
    this.#list.push(crowd);
    return crowd;
  }

  /** The flow of `binding` has come, gone, or gone to rest. */
  changed(binding: BindingRecord<Owner>, now: Instant): void {
    const { address, remote, port } = binding;
    const crowd = this.#crowdOf(address, remote!.address, remote!.port);
    if (crowd === undefined) return;
    this.#refresh(crowd, port, now);
    this.#ripen(crowd, now);
    if (crowd.taken.size === 0) this.#drop(crowd);
  }

  #crowdOf(local: Address, remote: Address, remotePort: number): CrowdedFlow<Owner> | undefined {
    if (this.#list.length === 0) return undefined;
    const latest = this.#latest;
    if (
      latest !== undefined &&
      latest.remotePort === remotePort &&
      sameAddress(latest.remote, remote) &&
      sameAddress(latest.local, local)
    )
      return latest;
    const crowd = this.#crowds.find(local, 0, remote, remotePort);
    if (crowd !== undefined) this.#latest = crowd;
    return crowd;
  }

  /** The rule of reuse has changed: nothing of what the bitmaps say is certain any more. */
  clear(): void {
    while (this.#list.length > 0) this.#drop(this.#list.at(-1)!);
  }

  /** Only flows of no device count; the others are for the exact test. */
  #refresh(crowd: CrowdedFlow<Owner>, port: number, now: Instant): void {
    let taken = false;
    let flow = this.#flows.find(crowd.local, port, crowd.remote, crowd.remotePort);
    for (; flow !== undefined; flow = flow.nextOfFlow) {
      if (flow.device !== 0 || isReusable(flow, now)) continue;
      taken = true;
      if (flow.rest !== undefined && flow.rest.reusableAfter !== never) crowd.ripening.push(flow);
    }
    if (taken) crowd.taken.add(port);
    else crowd.taken.delete(port);
  }

  #ripen(crowd: CrowdedFlow<Owner>, now: Instant): void {
    const { ripening } = crowd;
    while (crowd.ripe < ripening.length && ripening[crowd.ripe]!.rest!.reusableAfter < now) {
      // It may have ended meanwhile, and another taken its place: a fresh look tells.
      this.#refresh(crowd, ripening[crowd.ripe++]!.port, now);
    }
    if (crowd.ripe * 2 < ripening.length || crowd.ripe === 0) return;
    ripening.splice(0, crowd.ripe);
    crowd.ripe = 0;
  }

  #idlest(): CrowdedFlow<Owner> {
    return this.#list.reduce((idlest, crowd) => (crowd.lastUse < idlest.lastUse ? crowd : idlest));
  }

  #drop(crowd: CrowdedFlow<Owner>): void {
    this.#crowds.remove(crowd.local, 0, crowd.remote, crowd.remotePort, crowd);
    this.#list.splice(this.#list.indexOf(crowd), 1);
    if (this.#latest === crowd) this.#latest = undefined;
  }
}

/** A hold whose five-tuple connect(2) may choose. */
export function isReusable<Owner>(flow: BindingRecord<Owner>, now: Instant): boolean {
  return flow.rest !== undefined && flow.rest.reusableAfter < now;
}
