/** harbormaster: TCP/IP hosts in TypeScript. Everything published under the package's own name. */
export {
  type Address,
  address,
  anyV4,
  anyV6,
  formatAddress,
  isV4,
  loopbackV4,
  loopbackV6,
  parseAddress,
  sameAddress,
} from "./base/address.ts";
export { type Alarm, type Clock, type Instant, never } from "./base/clock.ts";
export { type Endpoint, formatEndpoint } from "./base/endpoint.ts";
export { type ErrnoName, errnoNames, errnoNumber, errnoText, SocketError } from "./base/errno.ts";
export { type ChecksumState, newPacket, type Packet } from "./base/packet.ts";
export { type Random, seededRandom } from "./base/random.ts";
export type { TraceEvent, Tracer } from "./base/trace.ts";
export { VirtualClock } from "./base/virtual-clock.ts";
export { type CapturedPacket, type CaptureOptions, captured } from "./link/capture.ts";
export { type FaultOptions, type Faults, faulty } from "./link/faults.ts";
export { Hub, type HubOptions } from "./link/hub.ts";
export {
  type Link,
  type LinkCapabilities,
  type LinkReceiver,
  type LinkStats,
  newLinkStats,
} from "./link/link.ts";
export { loopback } from "./link/loopback.ts";
export { offloadCapabilities, type PipeOptions, pipe, plainCapabilities } from "./link/pipe.ts";
export { type Shape, type ShaperOptions, shaped } from "./link/shaper.ts";
export { Switch, type SwitchOptions } from "./link/switch.ts";
export { type TraceOptions, traced } from "./link/tracer.ts";
export type { Profile } from "./ports/profile.ts";
export { Host, type HostOptions } from "./stack/host.ts";
export type { Interface, InterfaceAddress } from "./stack/interface.ts";
export type { InterfaceOptions } from "./stack/interface-options.ts";
export {
  type CableOptions,
  type LinkOptions,
  Network,
  type NetworkOptions,
  type Segment,
} from "./stack/network.ts";
export type { RouteOptions } from "./stack/route-options.ts";
export type { HostSnapshot } from "./stack/snapshot.ts";
export type { SocketSnapshot } from "./stack/snapshot-sockets.ts";
export type {
  EndpointName,
  MessageFlags,
  Readiness,
  Received,
  ShutdownHow,
  Socket,
  SocketAddress,
  SocketDomain,
  SocketType,
} from "./stack/socket.ts";
