/**
 * A port manager's ports where they are leased in blocks: its range goes from the lowest to the highest of them, and what lies
 * between is never chosen, and may not be named either.
 */

import { SocketError } from "../../base/errno.ts";
import type { Instant } from "../../base/time/clock.ts";
import { type TransportProtocol, transportProtocols } from "../binding.ts";
import type { ClaimPort } from "../host-context.ts";
import type { PortRange } from "../range.ts";
import { domains, type PortSettings } from "../settings/port-settings.ts";
import type { ProtocolSettings } from "../settings/protocol-settings.ts";
import type { PortBlocks, PortLease, Subscriber } from "./blocks.ts";

/** As much of a port manager as this concerns. */
interface Supplied {
  readonly settings: PortSettings;
  bindings(): Iterable<{ readonly port: number }>;
}

/**
 * Give its `claim` and `more` to the manager's options, and the manager to `supply`:
 * `const ports = new PortManager({ ..., claim: leased.claim, more: leased.more }); leased.supply(ports);`
 */
export class LeasedPorts {
  readonly #blocks: PortBlocks;
  readonly #subscriber: Subscriber;
  readonly #now: () => Instant;
  readonly #leases: PortLease[];
  /** What the host had reserved itself, for each protocol and version of IP. */
  #reserved: readonly { readonly of: ProtocolSettings; readonly ports: readonly PortRange[] }[] = [];
  #manager: Supplied | undefined = undefined;

  constructor(blocks: PortBlocks, subscriber: Subscriber, now: () => Instant) {
    this.#blocks = blocks;
    this.#subscriber = subscriber;
    this.#now = now;
    this.#leases = [blocks.own(subscriber)];
  }

  /** The subscriber's own block first, those of the pool after it as they came. */
  get ranges(): readonly PortRange[] {
    return this.#leases.map(({ range }) => range);
  }

  /** A port of somebody else's block is in use elsewhere: EADDRINUSE. */
  readonly claim: ClaimPort = (_protocol: TransportProtocol, _address, port: number) => {
    if (!this.#has(port)) throw new SocketError("EADDRINUSE", "bind", { port });
    return undefined;
  };

  /** No port was left: one more block of the pool, if there is one. */
  readonly more = (): boolean => {
    const lease = this.#blocks.lease(this.#subscriber, this.#now());
    if (typeof lease === "string") return false;
    this.#leases.push(lease);
    this.#apply();
    return true;
  };

  /** The manager's ports are these from now on. */
  supply(manager: Supplied): void {
    this.#manager = manager;
    this.#reserved = transportProtocols.flatMap((protocol) =>
      domains.map((domain) => {
        const of = manager.settings.of(protocol, domain);
        return { of, ports: of.reserved };
      }),
    );
    this.#apply();
  }

  /** Gives back the blocks of the pool in which nobody holds a port; says how many. */
  giveBack(): number {
    const ports = [...(this.#manager?.bindings() ?? [])].map(({ port }) => port);
    const idle = this.#leases.filter(
      ({ kind, range: [low, high] }) =>
        kind === "common" && !ports.some((port) => low <= port && port <= high),
    );
    for (const lease of idle) {
      this.#leases.splice(this.#leases.indexOf(lease), 1);
      this.#blocks.release(lease, this.#now());
    }
    if (idle.length > 0) this.#apply();
    return idle.length;
  }

  #has(port: number): boolean {
    return this.#leases.some(({ range: [low, high] }) => low <= port && port <= high);
  }

  #apply(): void {
    if (this.#manager === undefined) return;
    const { settings } = this.#manager;
    const inOrder = this.ranges.toSorted((a, b) => a[0] - b[0]);
    const gaps = inOrder
      .slice(1)
      .map(([low], index): PortRange => [inOrder[index]![1] + 1, low - 1])
      .filter(([low, high]) => low <= high);
    for (const { of, ports } of this.#reserved) of.reserved = [...ports, ...gaps];
    settings.range = [inOrder[0]![0], inOrder.at(-1)![1]];
  }
}
