/** Our own host as the machine under test: a fresh network for every case, in virtual time. */
import { SocketError } from "../base/errno.ts";
import type { GroupSelector } from "../ports/demultiplexer/reuseport-group.ts";
import type { Profile } from "../ports/profile.ts";
import type { Host } from "../stack/host.ts";
import { Network } from "../stack/network.ts";
import type { Socket, SocketDomain, SocketType } from "../stack/socket.ts";
import { type DeviceSetup, type DeviceUnderTest, NotApplicableError, type TestBench } from "./device.ts";
import type { SelectorProgram } from "./option-values.ts";
import { openPortSocket } from "./port-socket.ts";
import { profileFor } from "./profiles.ts";
import { type Foresight, steered } from "./steered.ts";
import { modelOf } from "./vectors.ts";

const sctp = 132;
const mptcp = 262;

/** What a call takes, in milliseconds: enough that no two connections begin at one instant, with one sequence number. */
const callTime = 0.02;
/** Between two looks at whether something has happened, and how often one looks: half a second in all. */
const step = 1;
const patience = 500;

/**
 * Hosts of our own that behave as the profile named, or else as the profile of each suite's model. By `recorded` choices
 * they take the ports that were chosen where the answers come from, as far as those suit; else ports are theirs to choose.
 */
export function selfBench(profile?: Profile, choices: "own" | "recorded" = "own"): TestBench {
  const chosen = (models: readonly string[]): Profile | undefined =>
    profile ?? models.map((words) => profileFor(modelOf(words).name)).find((one) => one !== undefined);
  return {
    name: "self",
    refuses: (models) => refusal(models, profile) ?? missing(models, chosen(models)),
    open: (setup, models, seed) => {
      const foresight = choices === "recorded" ? { port: undefined } : undefined;
      return new OwnHost(setup, chosen(models)!, seed, foresight);
    },
    profile: (models) => chosen(models)!,
    isAbsence: () => false,
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
  readonly #foresight: Foresight | undefined;
  #network: Network;
  #host: Host;
  /** The other end of every interface. */
  #beyond: Host;
  #boots = 0;
  /** By the sender's port. */
  readonly #early = new Map<number, Uint8Array>();

  constructor(setup: DeviceSetup, profile: Profile, seed: string, foresight: Foresight | undefined) {
    this.#setup = setup;
    this.#profile = foresight === undefined ? profile : steered(profile, foresight);
    this.#foresight = foresight;
    this.#seed = seed;
    [this.#network, this.#host, this.#beyond] = this.#boot();
  }

  /** SCTP sockets have ports and no packets. MPTCP's are TCP's, as with a peer that has no MPTCP (RFC 8684, section 3.7). */
  socket(domain: SocketDomain, type: SocketType, protocol: number): Socket {
    if (protocol === sctp) return openPortSocket(this.#host, domain, protocol);
    return this.#host.socket(domain, type, protocol === mptcp ? 0 : protocol);
  }

  needInterface(name: string): void {
    addInterface(this.#network, this.#host, this.#beyond, name, []);
  }

  becomeUser(uid: number): void {
    this.#host.credentials = { uid, privileged: uid === 0 };
  }

  settle(enough: () => boolean): void {
    this.#network.advance(callTime);
    for (let looks = 0; looks < patience && !enough(); looks += step) {
      if (this.#network.clock.next() > this.#network.now() + patience - looks) return;
      this.#network.advance(step);
    }
  }

  wait(milliseconds: number): void {
    this.#network.advance(milliseconds);
  }

  /** As with a peer that gives no cookie, the data does not go with the SYN (RFC 7413, section 4.1.3): see {@link OwnHost.selector}. */
  fastOpen(socket: Socket, data: Uint8Array, address: string, port: number): void {
    try {
      socket.connect({ address, port });
    } finally {
      this.#early.set(socket.localEndpoint().port, data);
    }
  }

  handleOn(cpu: number): void {
    for (const one of this.#host.interfaces) one.cpu = cpu;
  }

  /** A program that reads the payload is handed, for a SYN, the data that came by {@link OwnHost.fastOpen}. */
  selector(program: SelectorProgram): GroupSelector {
    if ("index" in program) return () => program.index;
    return ({ payload, remotePort }) => {
      const { buffer, byteOffset, byteLength } =
        payload.length > 0 ? payload : (this.#early.get(remotePort) ?? payload);
      return byteLength < 4 ? 0 : new DataView(buffer, byteOffset).getUint32(0) % program.modulo;
    };
  }

  foresee(port: number | undefined): void {
    if (this.#foresight !== undefined) this.#foresight.port = port;
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
    const { sysctl, addresses, range } = this.#setup;
    if (range !== undefined) host.ports.range = range;
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
  if (name === "net.ipv4.tcp_fastopen") return; // whatever it says, no data goes with a SYN
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
