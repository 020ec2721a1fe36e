/** What the ports of one protocol have to know of their host. */
import type { Address } from "../base/address.ts";
import type { Instant } from "../base/time/clock.ts";
import type { TransportProtocol } from "./binding.ts";
import type { Profile, Shared } from "./profile.ts";
import type { PortSettings } from "./settings/port-settings.ts";

/**
 * Asks whoever shares our addresses for a port that a binding is about to take; the function returned gives it back.
 * @throws SocketError where it is not to be had
 */
export type ClaimPort = (
  protocol: TransportProtocol,
  address: Address,
  port: number,
) => (() => void) | undefined;

export interface HostContext {
  readonly profile: Profile;
  readonly settings: PortSettings;
  readonly now: () => Instant;
  readonly claim: ClaimPort | undefined;
  readonly shared: Shared;
}
