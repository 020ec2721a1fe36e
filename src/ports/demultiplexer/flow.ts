/** What is known before a local port is chosen: where the packets will go, and from where. */
import type { Address } from "../../base/address.ts";
import type { Endpoint } from "../../base/endpoint.ts";
import type { Instant } from "../../base/time/clock.ts";
import type { BindOptions, TransportProtocol } from "../binding.ts";
import type { BusyRule } from "../settings/algorithm-settings.ts";

/** The far end of a flow, and the local address it will use. */
export interface Path {
  readonly remote: Endpoint;
  readonly source: Address;
}

/** A flow still in want of its local port, and the frame that port must come from. Lent to a selection for one choice. */
export interface Wish {
  protocol: TransportProtocol;
  local: Address;
  /** Undefined where the port is chosen before any peer is known: bind(2) with port 0. */
  remote: Address | undefined;
  remotePort: number;
  low: number;
  high: number;
  /** IP_PORTRANGE: which band `low` to `high` is. Systems that have bands keep a counter for each. */
  band: BindOptions["band"];
  /** The socket brought a range of its own (IP_LOCAL_PORT_RANGE). */
  ownRange: boolean;
  reuseAddress: boolean;
  /** The host lets bind(2) share a port where all are taken (ip_autobind_reuse). */
  mayRelax: boolean;
  /** How far apart successive candidates of connect(2) may lie (ip_local_port_step_width); 0 for as near as can be. */
  stepWidth: number;
  now: Instant;
  /** Of the host, where its system counts choices (net.inet.ip.portrange.randomcps and .randomtime). */
  busy?: BusyRule;
}
