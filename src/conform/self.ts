/** Our own host as the machine under test: a fresh network for every case, in virtual time. */
import { SocketError } from "../base/errno.ts";
import type { Profile } from "../ports/profile.ts";
import type { Host } from "../stack/host.ts";
import { Network } from "../stack/network.ts";
import type { Socket, SocketDomain, SocketType } from "../stack/socket.ts";
import { type DeviceSetup, type DeviceUnderTest, NotApplicableError, type TestBench } from "./device.ts";
import { profileFor } from "./profiles.ts";
import { modelOf } from "./vectors.ts";

/** Between two looks at whether something has happened, and how often one looks: half a second in all. */
const step = 1;
const patience = 500;

/** Hosts of our own that behave as the profile named, or else as the profile of each suite's model. */
export function selfBench(profile?: Profile): TestBench {
  const chosen = (models: readonly string[]): Profile | undefined =>
    profile ?? models.map((words) => profileFor(modelOf(words).name)).find((one) => one !== undefined);
  return {
    name: "self",
    refuses: (models) => refusal(models, profile) ?? missing(models, chosen(models)),
    open: (setup, models, seed) => new OwnHost(setup, chosen(models)!, seed),
  };
}

function refusal(models: readonly string[], profile: Profile | undefined): string | undefined {
  if (profile === undefined) return undefined;
  const names = models.map((words) => modelOf(words).name);
  const fits = names.includes("any") || names.some((name) => profileFor(name)?.name === profile.name);
  return fits ? undefined : `is about ${names.join(", ")}, not about ${profile.name}`;
}

function missing(models: readonly string[], profile: Profile | undefined): string | undefined {
  return profile === undefined ? `no profile for ${models.join(", ")}` : undefined;
}

class OwnHost implements DeviceUnderTest {
  readonly #setup: DeviceSetup;
  readonly #profile: Profile;
  readonly #seed: string;
  #network: Network;
  #host: Host;
  /** The other end of every interface. */
  #beyond: Host;
  #boots = 0;

  constructor(setup: DeviceSetup, profile: Profile, seed: string) {
    this.#setup = setup;
    this.#profile = profile;
    this.#seed = seed;
    [this.#network, this.#host, this.#beyond] = this.#boot();
  }

  socket(domain: SocketDomain, type: SocketType, protocol: number): Socket {
    return this.#host.socket(domain, type, protocol);
  }

  needInterface(name: string): void {
    addInterface(this.#network, this.#host, this.#beyond, name, []);
  }

  becomeUser(uid: number): void {
    this.#host.credentials = { uid, privileged: uid === 0 };
  }

  settle(enough: () => boolean): void {
    this.#network.advance(0);
    for (let looks = 0; looks < patience && !enough(); looks += step) {
      if (this.#network.clock.next() > this.#network.now() + patience - looks) return;
      this.#network.advance(step);
    }
  }

  wait(milliseconds: number): void {
    this.#network.advance(milliseconds);
  }

  restart(): void {
    this.#network.close();
    this.#boots++;
    [this.#network, this.#host, this.#beyond] = this.#boot();
  }

  close(): void {
    this.#network.close();
  }

  #boot(): [Network, Host, Host] {
    const network = new Network({ seed: `${this.#seed}, boot ${this.#boots}` });
    const host = network.host("host", { profile: this.#profile });
    const beyond = network.host("beyond");
    const { sysctl, addresses } = this.#setup;
    for (const [name, value] of Object.entries(sysctl)) setKnob(host, name, value);
    for (const name of new Set(addresses.map(([device]) => device))) {
      const own = addresses.filter(([device]) => device === name).map(([, prefix]) => prefix);
      addInterface(network, host, beyond, name, own);
    }
    network.advance(0);
    return [network, host, beyond];
  }
}

function setKnob(host: Host, name: string, value: string): void {
  try {
    host.sysctl.set(name, value);
  } catch (error) {
    if (error instanceof SocketError && error.code === "ENOENT") throw new NotApplicableError(`no ${name}`);
    throw error;
  }
}

/** The interface, made where it is not there, and these addresses on it. */
function addInterface(
  network: Network,
  host: Host,
  beyond: Host,
  name: string,
  prefixes: readonly string[],
): void {
  const known = host.interfaceNamed(name);
  if (known === undefined)
    network.link(host, beyond, { ends: [{ name, addresses: prefixes }, { name: `${name}p` }] });
  else for (const prefix of prefixes) host.addAddress(known, prefix);
}
