/** A remote program that the test plays: one address and port beyond the network the stack is on. */
import { formatAddress } from "../base/address.ts";
import type { SocketAddress } from "../stack/socket.ts";
import { Expect } from "./expect.ts";
import { Inject } from "./inject.ts";
import type { Remote } from "./remote.ts";
import { immediately, timeOf } from "./timeline.ts";
import type { World } from "./world.ts";

/** What can be done at some time. */
export interface Steps {
  readonly expect: Expect;
  readonly inject: Inject;
}

export class Peer implements Steps {
  /** Of the stack, now: the packet has been sent, or is sent without time passing. */
  readonly expect: Expect;
  /** To the stack, now. */
  readonly inject: Inject;
  readonly #world: World;
  readonly #remote: Remote;

  constructor(world: World, remote: Remote) {
    this.#world = world;
    this.#remote = remote;
    this.expect = new Expect(world, remote, immediately);
    this.inject = new Inject(world, remote, immediately);
  }

  get address(): string {
    return formatAddress(this.#remote.settings.address);
  }

  get port(): number {
    return this.#remote.settings.port;
  }

  /** For connect() and sendTo() of a socket. */
  get endpoint(): SocketAddress {
    return { address: this.address, port: this.port };
  }

  /** The stack's port in this conversation; undefined before there is one. */
  get localPort(): number | undefined {
    return this.#remote.localPort;
  }

  /** So many seconds from now, as `+.1` in a script. With `end`, an expected packet may come anywhere between. */
  after(start: number, end?: number): Steps {
    return this.#steps(timeOf("relative", start, end));
  }

  /** So many seconds after the beginning. With `end`, an expected packet may come anywhere between. */
  at(start: number, end?: number): Steps {
    return this.#steps(timeOf("absolute", start, end));
  }

  /** From now on, for so many seconds: for what is expected. */
  within(seconds: number): Pick<Steps, "expect"> {
    return this.#steps(timeOf("relative", 0, seconds));
  }

  /** Whenever it comes, as `*` in a script: for what is expected. */
  get anytime(): Pick<Steps, "expect"> {
    return this.#steps({ form: "any" });
  }

  #steps(time: Parameters<typeof newSteps>[2]): Steps {
    return newSteps(this.#world, this.#remote, time);
  }
}

function newSteps(world: World, remote: Remote, time: ConstructorParameters<typeof Expect>[2]): Steps {
  return { expect: new Expect(world, remote, time), inject: new Inject(world, remote, time) };
}
