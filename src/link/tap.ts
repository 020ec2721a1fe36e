/** A link around a link that changes nothing and sees everything. */
import type { Packet } from "../base/packet.ts";
import type { Link, LinkCapabilities, LinkReceiver, LinkStats, PortClaim } from "./link.ts";

/** `in` is towards the host that holds the link, `out` away from it. */
export type Direction = "in" | "out";

/** Is shown each packet that the inner link has taken or brought, lent. */
export type Observer = (packet: Packet, direction: Direction) => void;

export class TapLink implements Link {
  readonly claim: PortClaim | undefined;
  readonly #inner: Link;
  readonly #observe: Observer;

  constructor(inner: Link, observe: Observer) {
    this.#inner = inner;
    this.#observe = observe;
    this.claim = inner.claim && ((protocol, address, port) => inner.claim!(protocol, address, port));
  }

  get name(): string {
    return this.#inner.name;
  }

  get capabilities(): LinkCapabilities {
    return this.#inner.capabilities;
  }

  get stats(): LinkStats {
    return this.#inner.stats;
  }

  open(receiver: LinkReceiver): void {
    this.#inner.open({
      receive: (packets, count) => {
        for (let i = 0; i < count; i++) this.#observe(packets[i]!, "in");
        receiver.receive(packets, count);
      },
      writable: () => receiver.writable?.(),
      failed: (error) => receiver.failed?.(error),
      closed: () => receiver.closed?.(),
    });
  }

  send(packets: readonly Packet[], count: number): number {
    const taken = this.#inner.send(packets, count);
    for (let i = 0; i < taken; i++) this.#observe(packets[i]!, "out");
    return taken;
  }

  close(): void {
    this.#inner.close();
  }
}
