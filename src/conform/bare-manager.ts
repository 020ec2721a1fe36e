/** A port manager without sockets, asked in gVisor's words: networks, flags, devices, and what its refusals are called. */
import { type Address, address, anyV4, anyV6 } from "../base/address.ts";
import { seededRandom } from "../base/random.ts";
import { type BindRequest, type TransportProtocol, transportProtocols } from "../ports/binding.ts";
import type { ClaimPort } from "../ports/host-context.ts";
import { PortManager } from "../ports/port-manager.ts";
import { NotApplicableError } from "./device.ts";
import type { Trial } from "./run.ts";
import type { PortPair, ReservationFlag } from "./schema.ts";

/** As the suite's model has it. @throws NotApplicableError where a machine is tested that has only sockets */
export function bareManager<Owner>(
  { bench, suite, seed }: Trial,
  range: PortPair | undefined,
  claim?: ClaimPort,
): PortManager<Owner> {
  if (bench.profile === undefined)
    throw new NotApplicableError(`a port manager is asked, and the ${bench.name} has sockets only`);
  const profile = bench.profile(suite.models);
  const manager = new PortManager<Owner>({ profile, random: seededRandom(seed), now: () => 0, claim });
  if (range !== undefined) manager.range = range;
  return manager;
}

/** What a reservation asks for, but its port. A transport that is made up is UDP. */
export function requestOf(
  transport: string,
  networks: readonly string[],
  at: string,
  flags: readonly ReservationFlag[],
  device: number,
): Omit<BindRequest, "port"> {
  const protocol = isTransport(transport) ? transport : "udp";
  const domain = networks.includes("ipv6") ? 6 : 4;
  return {
    protocol,
    domain,
    address: addressOf(at, domain),
    v6Only: domain === 6 && !networks.includes("ipv4"),
    // SO_REUSEADDR is TupleOnly to TCP, and MostRecent to UDP. Only a made-up transport has the other one's.
    reuseAddress: flags.includes(protocol === "tcp" ? "TupleOnly" : "MostRecent"),
    reusePort: flags.includes("LoadBalanced"),
    device,
    privileged: true,
  };
}

export function isTransport(name: string): name is TransportProtocol {
  return (transportProtocols as readonly string[]).includes(name);
}

/** `*` and nothing are any address; `$LOCAL` is some address of ours. */
function addressOf(text: string, domain: 4 | 6): Address {
  if (text === "*" || text === "") return domain === 4 ? anyV4 : anyV6;
  if (text.startsWith("$")) return address(domain === 4 ? "192.0.2.1" : "2001:db8::1");
  return address(text);
}

/** gVisor tells a port in use from a range in which there is none. */
export function refusalOf(port: number): string {
  return port === 0 ? "ErrNoPortAvailable" : "ErrPortInUse";
}
