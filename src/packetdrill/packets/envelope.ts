/** What a script does not say of a packet, because the run knows it: who sends it to whom. */
import type { Address } from "../../base/address.ts";
import type { IpFamily } from "../language/names/icmp-names.ts";

export interface Endpoints {
  readonly source: Address;
  readonly sourcePort: number;
  readonly destination: Address;
  readonly destinationPort: number;
}

/** The connection a packet belongs to, as the packet itself goes. */
export interface Envelope extends Endpoints {
  readonly family: IpFamily;
}

export function reversed(envelope: Envelope): Envelope {
  const { family, source, sourcePort, destination, destinationPort } = envelope;
  return {
    family,
    source: destination,
    sourcePort: destinationPort,
    destination: source,
    destinationPort: sourcePort,
  };
}
