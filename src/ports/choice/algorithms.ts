/**
 * The algorithms of one protocol, of which a host and each of its sockets may take one. Each is made when it is first taken, and
 * goes on from where it stood when it is taken again.
 */
import type { Random } from "../../base/random.ts";
import type { BindRequest } from "../binding.ts";
import type { HostContext } from "../host-context.ts";
import { algorithmNamed, newShared, type ProtocolProfile, type Selections, type Shared } from "../profile.ts";
import type { AlgorithmSettings } from "../settings/algorithm-settings.ts";

export class Algorithms {
  /** The one at work where nobody has taken another. */
  readonly usual: Selections;
  readonly #profile: ProtocolProfile;
  readonly #host: HostContext;
  readonly #settings: AlgorithmSettings;
  readonly #random: Random;
  readonly #own: Shared = newShared();
  /** By name, without the usual one. */
  readonly #others = new Map<string, Selections>();

  constructor(profile: ProtocolProfile, host: HostContext, random: Random) {
    this.#profile = profile;
    this.#host = host;
    this.#settings = host.settings.algorithms;
    this.#random = random;
    this.usual = profile.selections(random.fork("selections"), host.shared, this.#own);
  }

  /** By which the request's port would be chosen. @throws RangeError where it wants one that the system has not */
  for(request: BindRequest): Selections {
    if (request.algorithm === undefined && !this.#settings.areTaken) return this.usual;
    const name = this.#nameFor(request);
    return name === undefined ? this.usual : this.named(name);
  }

  /** @throws RangeError where there is none of that name */
  named(name: string): Selections {
    const algorithm = this.#find(name);
    if (algorithm === this.#profile.selections) return this.usual;
    let made = this.#others.get(name);
    if (made === undefined) {
      made = algorithm(this.#random.fork(`algorithm ${name}`), this.#host.shared, this.#own);
      this.#others.set(name, made);
    }
    return made;
  }

  /** Those that were ever taken beside the usual one. */
  get others(): ReadonlyMap<string, Selections> {
    return this.#others;
  }

  has(name: string): boolean {
    return algorithmNamed(this.#profile, name) !== undefined;
  }

  /** The request's, as another host would have them: with its own secrets. */
  elsewhere(request: BindRequest, random: Random): Selections {
    const name = this.#nameFor(request);
    const algorithm = name === undefined ? this.#profile.selections : this.#find(name);
    return algorithm(random, newShared(), newShared());
  }

  #nameFor({ algorithm, protocol, domain }: BindRequest): string | undefined {
    return algorithm ?? this.#settings.taken(protocol, domain);
  }

  #find(name: string): ProtocolProfile["selections"] {
    const algorithm = algorithmNamed(this.#profile, name);
    if (algorithm !== undefined) return algorithm;
    const names = Object.keys(this.#profile.algorithms ?? {});
    throw new RangeError(
      `no algorithm "${name}": ${names.length === 0 ? "there are none" : names.join(", ")}`,
    );
  }
}
