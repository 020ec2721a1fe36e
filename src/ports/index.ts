/** The port manager, published on its own as `harbormaster/ports`: no socket, no packet, no clock needed. */
export {
  type Address,
  address,
  addressV4,
  addressV6,
  anyV4,
  anyV6,
  formatAddress,
  parseAddress,
} from "../base/address.ts";
export type { Instant } from "../base/clock.ts";
export type { Endpoint } from "../base/endpoint.ts";
export { type ErrnoName, SocketError } from "../base/errno.ts";
export { type Random, seededRandom } from "../base/random.ts";
export type { AlgorithmScope, AlgorithmSettings, BusyRule, TakenAlgorithm } from "./algorithm-settings.ts";
export type {
  Binding,
  BindingState,
  BindOptions,
  BindRequest,
  PortCall,
  TransportProtocol,
} from "./binding.ts";
export type { Obstacle } from "./choice/choice-field.ts";
export type { ExplainedRun, Explanation, PassedOver } from "./choice/explain.ts";
export { bsdTcpConflict, bsdUdpConflict } from "./conflict/bsd.ts";
export {
  gvisorTcpConflict,
  gvisorTcpJointly,
  gvisorUdpConflict,
  gvisorUdpJointly,
} from "./conflict/gvisor.ts";
export { linuxSctpConflict, linuxTcpConflict, linuxUdpConflict } from "./conflict/linux.ts";
export { lwipTcpConflict, lwipUdpConflict } from "./conflict/lwip.ts";
export { smoltcpConflict } from "./conflict/smoltcp.ts";
export { usrsctpConflict } from "./conflict/usrsctp.ts";
export { windowsConflict, windowsXpConflict } from "./conflict/windows.ts";
export type { ConflictReason, ConflictRule, JointRule, Purpose } from "./conflict.ts";
export type { Path, Wish } from "./demultiplexer/flow.ts";
export type { Receiver, Reception } from "./demultiplexer/reception.ts";
export type { ArrivingPacket, GroupSelector } from "./demultiplexer/reuseport-group.ts";
export {
  type HoldRule,
  heldToTheEnd,
  type RestingFlow,
  type ReuseSettings,
  type TimeWaitReuse,
} from "./hold/hold.ts";
export type { PortCounters, Restart } from "./hold/restart.ts";
export { type RestingTag, TagHolds } from "./hold/tag-holds.ts";
export { type Destination, destinationsOf } from "./insight/destinations.ts";
export { explanationText } from "./insight/explanation-text.ts";
export type { Forecast, ForecastOptions } from "./insight/forecast.ts";
export type { LowWater } from "./insight/low-water.ts";
export { openMetrics } from "./insight/metrics.ts";
export { type Overlap, overlapsOf, overlapText, type PlannedServer } from "./insight/overlap.ts";
export {
  type DeterministicOptions,
  deterministicBlocks,
  type LeaseRefusal,
  type PortBlocks,
  type PortLease,
  type Subscriber,
} from "./lease/blocks.ts";
export { LeasedPorts } from "./lease/leased-ports.ts";
export { PortManager } from "./port-manager.ts";
export type { PortManagerOptions } from "./port-manager-options.ts";
export type { PortSettings, RulesApart } from "./port-settings.ts";
export {
  type Algorithm,
  type Profile,
  type ProtocolProfile,
  type Selections,
  type Shared,
  withAlgorithm,
  withSelection,
} from "./profile.ts";
export { bsd } from "./profiles/bsd.ts";
export { type ProfileEntry, rangeText } from "./profiles/entry.ts";
export { freebsd, freebsd4, freebsd13, freebsd13AsPublished } from "./profiles/freebsd.ts";
export { gvisor, gvisor2022 } from "./profiles/gvisor.ts";
export { iana } from "./profiles/iana.ts";
export { linux, linuxAsPublished } from "./profiles/linux.ts";
export { linux22, linux24, oldLinuxRange } from "./profiles/linux-old.ts";
export { lwip, lwipAsPublished, tcpipJs } from "./profiles/lwip.ts";
export { macos } from "./profiles/macos.ts";
export {
  netbsd,
  netbsdDoubleHash,
  netbsdHashAsCoded,
  netbsdHashAsPublished,
  netbsdRandinc,
  netbsdRandomPick,
  netbsdRandomStart,
} from "./profiles/netbsd.ts";
export { openbsd } from "./profiles/openbsd.ts";
export { profileNamed, registry } from "./profiles/registry.ts";
export { rfc6056 } from "./profiles/rfc6056.ts";
export { smoltcp } from "./profiles/smoltcp.ts";
export { aix, solaris } from "./profiles/solaris.ts";
export { usrsctp } from "./profiles/usrsctp.ts";
export {
  windows,
  windows2003,
  windows2003Ms08037,
  windows2008Exchange2007,
  windowsWithAutoReuse,
  windowsWithRange,
  windowsXp,
} from "./profiles/windows.ts";
export type { PortRules, ProtocolSettings } from "./protocol-settings.ts";
export { formatPortList, type PortRange, parsePortList } from "./range.ts";
export { doubleHash } from "./selection/double-hash.ts";
export { linuxBind } from "./selection/linux-bind.ts";
export { linuxConnect } from "./selection/linux-connect.ts";
export { linuxSctp } from "./selection/linux-sctp.ts";
export { linuxUdp } from "./selection/linux-udp.ts";
export { random } from "./selection/random.ts";
export { randomIncrements } from "./selection/random-increments.ts";
export { randomRetry } from "./selection/random-retry.ts";
export { sequential } from "./selection/sequential.ts";
export { simpleHash } from "./selection/simple-hash.ts";
export {
  type Abreast,
  type Draw,
  type Drawing,
  Order,
  type Selection,
  type Strands,
  type Walk,
} from "./selection.ts";
export { parseServices, type ServiceNames, type ServiceRegistry, serviceNames } from "./service-names.ts";
export type { PortState } from "./state/state.ts";
export type {
  BindingSnapshot,
  FlowOccupancy,
  PortSnapshot,
  PortStats,
  ProtocolStats,
} from "./stats.ts";
export { PortBitmap } from "./table/bitmap.ts";
export type { Claim } from "./table/claim.ts";
