/** Raw sockets and IP: each sees what is delivered; IP looks for them only while there are any. */
import type { RawSockets, RawTaker } from "../socket-core/world.ts";
import type { IpDatagram } from "../transport.ts";

/** Where IP looks. */
export interface TappedHost {
  rawTap: ((datagram: IpDatagram) => boolean) | undefined;
}

export class RawTap implements RawSockets {
  readonly #host: TappedHost;
  readonly #takers: Set<RawTaker> = new Set();
  readonly #show = (datagram: IpDatagram): boolean => {
    let taken = false;
    for (const taker of this.#takers) if (taker.offer(datagram)) taken = true;
    return taken;
  };

  constructor(host: TappedHost) {
    this.#host = host;
  }

  add(taker: RawTaker): void {
    this.#takers.add(taker);
    this.#host.rawTap = this.#show;
  }

  delete(taker: RawTaker): void {
    this.#takers.delete(taker);
    if (this.#takers.size === 0) this.#host.rawTap = undefined;
  }
}
