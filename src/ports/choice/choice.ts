/** Choosing ports of one protocol: the wish, the range it may come from, and the selection that proposes. */
import type { Endpoint } from "../../base/endpoint.ts";
import type { Random } from "../../base/random.ts";
import type { BindRequest, TransportProtocol } from "../binding.ts";
import type { BindingRecord } from "../binding-record.ts";
import type { CrowdedFlows } from "../demultiplexer/crowded-flows.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import type { FlowTable } from "../demultiplexer/flow-table.ts";
import type { HostContext } from "../host-context.ts";
import type { ProtocolProfile } from "../profile.ts";
import { narrowRange, type PortRange } from "../range.ts";
import type { Selection } from "../selection.ts";
import type { BusyRule } from "../settings/algorithm-settings.ts";
import { type KeptRules, sameRules } from "../settings/protocol-settings.ts";
import type { BindTable } from "../table/bind-table.ts";
import type { InternedClaim } from "../table/claim.ts";
import { Algorithms } from "./algorithms.ts";
import { ChoiceField } from "./choice-field.ts";
import { Chooser } from "./chooser.ts";
import { Foresight } from "./foresight.ts";

export class Choice<Owner> {
  readonly algorithms: Algorithms;
  readonly field: ChoiceField<Owner>;
  readonly random: Foresight;
  /** How often a port was chosen, could not be, and was found past the end of the range; candidates looked at for it. */
  made = 0;
  exhausted = 0;
  wraps = 0;
  looked = 0;
  /** Called before each choice, where somebody wants to know. */
  watcher: ((wish: Wish, selection: Selection) => void) | undefined = undefined;
  readonly #host: HostContext;
  readonly #over4: Readonly<KeptRules>;
  readonly #over6: Readonly<KeptRules>;
  readonly #table: BindTable<Owner>;
  readonly #keepsFree: number;
  readonly #chooser = new Chooser();
  readonly #wish: Wish;
  /** Whose it is. */
  #domain: 4 | 6 = 4;

  constructor(
    protocol: TransportProtocol,
    profile: ProtocolProfile,
    host: HostContext,
    table: BindTable<Owner>,
    flows: FlowTable<BindingRecord<Owner>>,
    crowds: CrowdedFlows<Owner>,
    random: Random,
  ) {
    this.algorithms = new Algorithms(profile, host, random);
    this.field = new ChoiceField(table, flows, crowds);
    this.#table = table;
    this.#keepsFree = profile.keepsFree ?? -1;
    this.random = new Foresight(random.fork("choices"));
    this.#host = host;
    this.#over4 = host.settings.rulesOf(protocol, 4);
    this.#over6 = host.settings.rulesOf(protocol, 6);
    this.#wish = newWish(host.settings.algorithms.busy);
    this.rulesChanged();
  }

  /** What is set for sockets of the domain. */
  rulesFor(domain: 4 | 6): Readonly<KeptRules> {
    return domain === 4 ? this.#over4 : this.#over6;
  }

  /** Something else is chosen from: it is counted anew how much of it is free. */
  rulesChanged(): void {
    if (sameRules(this.#over4, this.#over6)) this.#table.watch(this.#over4);
    else this.#table.watch(this.#over4, this.#over6);
  }

  /** A port for bind(2), or -1. */
  forBind(newcomer: InternedClaim, request: BindRequest): number {
    return this.#choose(this.algorithms.for(request).bind, this.wishToBind(newcomer, request));
  }

  /** A port for connect(2), or -1. */
  forConnect(newcomer: InternedClaim, request: BindRequest, remote: Endpoint): number {
    return this.#choose(this.algorithms.for(request).connect!, this.wishToConnect(newcomer, request, remote));
  }

  /** Whether connect(2) binds first, with no thought of its flow. */
  bindsFirst(request: BindRequest): boolean {
    return this.algorithms.for(request).connect === undefined;
  }

  /** No more ports of the host's range are free than the system keeps to itself; the range that the last wish is for. */
  get isSpent(): boolean {
    return this.#keepsFree >= 0 && this.#table.freeFor(this.#domain) <= this.#keepsFree;
  }

  /** The band of IP_PORTRANGE_LOW is for the privileged alone. */
  needsPrivilege({ band, privileged }: BindRequest): boolean {
    return band === "low" && this.#host.profile.bands !== undefined && privileged !== true;
  }

  /** The wish, with the field aimed at it. Lent until the next. */
  wishToBind(newcomer: InternedClaim, request: BindRequest): Wish {
    const wish = this.#prepare(newcomer, request);
    wish.remote = undefined;
    wish.remotePort = 0;
    this.field.aim(newcomer, "chosen", wish, this.rulesFor(request.domain).closed);
    return wish;
  }

  wishToConnect(newcomer: InternedClaim, request: BindRequest, remote: Endpoint): Wish {
    const wish = this.#prepare(newcomer, request);
    wish.remote = remote.address;
    wish.remotePort = remote.port;
    this.field.aim(newcomer, "connect", wish, this.rulesFor(request.domain).closed);
    return wish;
  }

  #prepare(newcomer: InternedClaim, request: BindRequest): Wish {
    const wish = this.#wish;
    const [low, high] = this.rangeFor(request);
    this.#domain = request.domain;
    wish.protocol = request.protocol;
    wish.local = newcomer.address;
    wish.low = low;
    wish.high = high;
    wish.band = request.band ?? "default";
    wish.ownRange = this.#host.profile.ownRange && hasRange(request.portRange);
    wish.reuseAddress = newcomer.reuseAddress;
    wish.mayRelax = this.#host.settings.autobindReuse;
    wish.stepWidth = this.#host.settings.stepWidth;
    wish.now = this.#host.now();
    return wish;
  }

  /** Where the request's port may come from. */
  rangeFor({ domain, portRange, band }: BindRequest): PortRange {
    const { profile } = this.#host;
    const { range } = this.rulesFor(domain);
    if (portRange !== undefined && profile.ownRange && hasRange(portRange))
      return narrowRange(range, portRange);
    if (band === undefined || band === "default" || profile.bands === undefined) return range;
    return profile.bands[band];
  }

  #choose(selection: Selection, wish: Wish): number {
    if (this.watcher !== undefined) this.watcher(wish, selection);
    const chooser = this.#chooser;
    if (this.isSpent) {
      this.exhausted++;
      return -1;
    }
    const port = chooser.choose(selection, wish, this.field, this.random);
    this.looked += chooser.looked;
    if (chooser.wrapped) this.wraps++;
    if (port < 0) this.exhausted++;
    else this.made++;
    return port;
  }
}

/** Setting both halves to 0 takes the wish back. */
function hasRange(range: PortRange | undefined): boolean {
  return range !== undefined && (range[0] !== 0 || range[1] !== 0);
}

function newWish(busy: BusyRule): Wish {
  return {
    protocol: "tcp",
    local: { w0: 0, w1: 0, w2: 0, w3: 0 },
    remote: undefined,
    remotePort: 0,
    low: 0,
    high: 0,
    band: "default",
    ownRange: false,
    reuseAddress: false,
    mayRelax: false,
    stepWidth: 0,
    now: 0,
    busy,
  };
}
