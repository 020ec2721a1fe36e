/** What happened in a demo, as plain data: shown as text, or given as JSON. */
import type { PortStats } from "../../ports/stats.ts";
import type { SocketView } from "../render/sockets.ts";

export interface DemoEvent {
  /** Virtual milliseconds. */
  readonly at: number;
  readonly protocol: "tcp" | "udp";
  readonly action: "opened" | "refused" | "closed by us" | "closed by peer" | "freed";
  readonly local: string;
  readonly remote: string;
  /** Why this port, or what failed. */
  readonly why: string;
}

export interface DemoScene {
  readonly title: string;
  /** A sentence on what to look at. */
  readonly about: string;
  readonly events: readonly DemoEvent[];
  /** The client host's sockets at the end. */
  readonly sockets: readonly SocketView[];
}

export interface DemoSummary {
  /** Virtual milliseconds. */
  readonly duration: number;
  readonly packets: number;
  readonly ports: PortStats;
  /** The source ports of all TCP connections, in order. */
  readonly tcpPorts: readonly number[];
}

export interface DemoSettings {
  readonly profile: string;
  readonly range: readonly [number, number];
  readonly algorithm: string | undefined;
  readonly seed: string;
  readonly connections: number;
}
