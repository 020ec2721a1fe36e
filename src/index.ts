/**
 * harbormaster: TCP/IP hosts in TypeScript, for any JavaScript engine. Begin with {@link Network} for hosts in memory, with
 * {@link Host} for one on a link of your own.
 */

// Addresses, endpoints, errors.

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
export { type Endpoint, formatEndpoint } from "./base/endpoint.ts";
export {
  type ErrnoName,
  errnoNames,
  errnoNumber,
  errnoText,
  SocketError,
  type SocketErrorDetail,
} from "./base/errno.ts";

// Time and chance, which are always given; and what a host says while it works.

export { type Random, seededRandom } from "./base/random.ts";
export { type Alarm, type Clock, type Instant, never } from "./base/time/clock.ts";
export { VirtualClock } from "./base/time/virtual-clock.ts";
export type { TraceEvent, Tracer } from "./base/trace.ts";

// Links, and links around a link.

export { type ChecksumState, newPacket, type Packet } from "./base/packet.ts";
export { type CapturedPacket, type CaptureOptions, captured } from "./link/capture.ts";
export { type FaultCounts, type FaultOptions, type Faults, faulty } from "./link/faults.ts";
export { Hub, type HubOptions } from "./link/hub.ts";
export {
  type Link,
  type LinkCapabilities,
  type LinkReceiver,
  type LinkStats,
  newLinkStats,
  type PortClaim,
} from "./link/link.ts";
export { loopback } from "./link/loopback.ts";
export { offloadCapabilities, type PipeOptions, pipe, plainCapabilities } from "./link/pipe.ts";
export { type Shape, type ShapeCounts, type ShaperOptions, shaped } from "./link/shaper.ts";
export { Switch, type SwitchOptions } from "./link/switch.ts";
export type { Direction } from "./link/tap.ts";
export { type TraceOptions, traced } from "./link/tracer.ts";
export { packetLine } from "./wire/line.ts";

// Hosts, and networks of hosts.

export { Host, type HostOptions, type NeighbourEntry } from "./stack/host.ts";
export type { Interface, InterfaceAddress } from "./stack/interface/interface.ts";
export type { InterfaceOptions } from "./stack/interface/interface-options.ts";
export type { Echo, EchoRequest, EchoResult } from "./stack/ip/icmp-echo.ts";
export type { RouteOptions } from "./stack/ip/route-options.ts";
export {
  type CableOptions,
  type LinkOptions,
  Network,
  type NetworkOptions,
  type Segment,
} from "./stack/network.ts";
export type { Credentials } from "./stack/socket-core/world.ts";
export { openMetrics } from "./stack/views/metrics.ts";
export type { HostSnapshot } from "./stack/views/snapshot.ts";
export type { EndpointSnapshot, SocketSnapshot } from "./stack/views/snapshot-sockets.ts";
export type { Sysctl } from "./stack/views/sysctl.ts";
export type { SystemSettings } from "./stack/views/systems/system-settings.ts";

// Sockets: the POSIX face.

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

// Streams with callbacks, and the services made of them.

export { chargenTcp, chargenUdp } from "./services/chargen.ts";
export { type ConnectOptions, connectStream } from "./services/connect.ts";
export { daytimeTcp, daytimeUdp } from "./services/daytime.ts";
export { discardTcp, discardUdp } from "./services/discard.ts";
export { echoTcp, echoUdp } from "./services/echo.ts";
export { type FileContent, type FileSource, memoryFiles } from "./services/file-source.ts";
export {
  type HttpFault,
  type HttpGet,
  type HttpGetEvents,
  type HttpGetOptions,
  type HttpResponse,
  httpGet,
} from "./services/http/get.ts";
export { type HttpLogEntry, type HttpServerOptions, httpServer } from "./services/http/server.ts";
export type { Service, ServiceAddress, ServiceCounters, ServiceHost } from "./services/service.ts";
export type { Stream, StreamEvents } from "./services/stream.ts";
export { type StreamHandler, StreamServer, type StreamServerOptions } from "./services/stream-server.ts";
export { TftpServer, type TftpServerOptions } from "./services/tftp/server.ts";
