/** IP as transports and sockets see it: {@link IpOutput} over output, ICMP and the path MTU cache. */
import type { Address } from "../../base/address.ts";
import type { ErrnoName } from "../../base/errno.ts";
import type { Packet } from "../../base/packet.ts";
import type { Core } from "../core.ts";
import type { HostRoute } from "../host-route.ts";
import type { IcmpError, IpDatagram, IpOutput, Route, RouteWish, SendOptions } from "../transport.ts";
import type { Icmp } from "./icmp.ts";
import type { ErrorsIn } from "./icmp-errors-in.ts";
import type { Output } from "./ip-output.ts";

export class IpFace implements IpOutput {
  readonly #core: Core;
  readonly #output: Output;
  readonly #icmp: Icmp;
  readonly #errors: ErrorsIn;

  constructor(core: Core, output: Output, icmp: Icmp, errors: ErrorsIn) {
    this.#core = core;
    this.#output = output;
    this.#icmp = icmp;
    this.#errors = errors;
  }

  route(destination: Address, wish: RouteWish): Route | ErrnoName {
    return this.#output.route(destination, wish);
  }

  allocate(length: number): Packet {
    return this.#core.pool.allocate(length);
  }

  release(packet: Packet): void {
    this.#core.pool.release(packet);
  }

  send(packet: Packet, route: Route, options: SendOptions): ErrnoName | undefined {
    return this.#output.send(packet, route as HostRoute, options);
  }

  admits(route: Route): boolean {
    return (route as HostRoute).interface.queue.admits();
  }

  confirm(route: Route): void {
    const { neighbour, interface: by } = route as HostRoute;
    if (neighbour !== undefined) by.linkLayer?.confirm(neighbour);
  }

  reducePathMtu(error: IcmpError): void {
    this.#errors.learnPath(error);
  }

  sendUnreachable(about: IpDatagram, reason: "port" | "protocol" | "administrative"): void {
    this.#icmp.unreachable(about, reason);
  }
}
