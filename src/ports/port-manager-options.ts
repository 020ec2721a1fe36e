/** What a port manager is made with. */

import type { Random } from "../base/random.ts";
import type { Instant } from "../base/time/clock.ts";
import type { Binding, TransportProtocol } from "./binding.ts";
import type { Restart } from "./hold/restart.ts";
import type { ClaimPort } from "./host-context.ts";
import type { LowWater } from "./insight/low-water.ts";
import type { Profile } from "./profile.ts";
import type { PortSettings } from "./settings/port-settings.ts";

export interface PortManagerOptions<Owner> {
  readonly profile: Profile;
  /** Keys, starts and increments come from here. */
  readonly random: Random;
  readonly now: () => Instant;
  /** A hold's deadline has come: the binding is released already. */
  readonly onExpire?: (binding: Binding<Owner>) => void;
  /** A hold gave way to a new connection with its five-tuple, which is about to be entered. */
  readonly onReplace?: (binding: Binding<Owner>) => void;
  /** Asked for every port that is about to be taken, where addresses are shared with another stack. */
  readonly claim?: ClaimPort | undefined;
  readonly lowWater?: LowWater;
  /** What the host brings from before it was started again. */
  readonly restart?: Restart | undefined;
  /** Asked when no port was left for a choice: true where {@link PortSettings} have more than before, and it is tried again. */
  readonly more?: (protocol: TransportProtocol) => boolean;
}
