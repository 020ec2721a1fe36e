/** What the ports of one protocol have to know of their host. */
import type { Instant } from "../base/clock.ts";
import type { PortSettings } from "./port-settings.ts";
import type { Profile } from "./profile.ts";

export interface HostContext {
  readonly profile: Profile;
  readonly settings: PortSettings;
  readonly now: () => Instant;
}
