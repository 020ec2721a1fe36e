/** What a simulation of port choices is made of: everything it does follows from this. */
import type { Endpoint } from "../../base/endpoint.ts";
import type { PortRange } from "../../ports/range.ts";
import type { PortPair } from "../arguments.ts";
import type { SessionLength } from "./session-length.ts";

export const simulatedProtocols = ["tcp", "udp", "sctp"] as const;
export type SimulatedProtocol = (typeof simulatedProtocols)[number];

export interface SimulationSettings {
  readonly protocol: SimulatedProtocol;
  /** `connect`: a connect(2) of a socket without a port. `bind`: a bind(2) to port 0, and then a connect(2). */
  readonly call: "bind" | "connect";
  /** Instead of the profile's own. */
  readonly range: PortPair | undefined;
  /** Ports that are never chosen. */
  readonly reserved: readonly PortRange[];
  /** Where the sessions go, in turn; at least one. */
  readonly destinations: readonly Endpoint[];
  /** How many ports to choose. */
  readonly count: number;
  /** Choices a second. */
  readonly rate: number;
  readonly session: SessionLength;
  /** Who ends a TCP connection first. Its port rests in TIME-WAIT here only where we do. */
  readonly closer: "us" | "peer";
  readonly seed: string;
  /** For so many choices, the first, the reason is told. */
  readonly told: number;
}

/** One of the things that are compared. */
export interface Contestant {
  readonly profile: string;
  /** Instead of the profile's own. */
  readonly algorithm: string | undefined;
}

export function contestantName({ profile, algorithm }: Contestant): string {
  return algorithm === undefined ? profile : `${profile}/${algorithm}`;
}
