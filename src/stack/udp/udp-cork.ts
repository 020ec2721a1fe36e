/** MSG_MORE and UDP_CORK: one datagram out of several sends (udp(7)). The first says where it goes. */
import type { Route } from "../transport.ts";

export class Cork {
  readonly route: Route;
  readonly port: number;
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(route: Route, port: number) {
    this.route = route;
    this.port = port;
  }

  get length(): number {
    return this.#length;
  }

  add(data: Uint8Array): void {
    this.#pieces.push(data.slice());
    this.#length += data.length;
  }

  /** The whole of it. */
  datagram(): Uint8Array {
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
