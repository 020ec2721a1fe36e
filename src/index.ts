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
export type { Link, LinkCapabilities, LinkReceiver, LinkStats } from "./link/link.ts";
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
