/** gVisor's netstack, by its source (pkg/tcpip): lately (3c5eee17), and in December 2022. It has no SCTP. */
import { type Address, isLoopback, sameAddress } from "../../base/address.ts";
import { jenkinsAddByte, jenkinsEnd } from "../../base/hash/jenkins.ts";
import { never } from "../../base/time/clock.ts";
import {
  gvisorTcpConflict,
  gvisorTcpJointly,
  gvisorUdpConflict,
  gvisorUdpJointly,
} from "../conflict/gvisor.ts";
import type { Receiver, Reception } from "../demultiplexer/reception.ts";
import { reciprocalScale } from "../demultiplexer/reuseport-group.ts";
import type { HoldRule } from "../hold/hold.ts";
import type { Profile, ProtocolProfile } from "../profile.ts";
import { gvisor as gvisorSelection, gvisorStable, mixAddress } from "../selection/gvisor.ts";

/** endpointsByNIC.handlePacket: those of the packet's device hide those of none. */
function score({ remote, device }: Receiver, _: Address, from: Address, port: number, by: number): number {
  if (remote !== undefined && (!sameAddress(remote.address, from) || remote.port !== port)) return 0;
  if (device === 0) return 1;
  return device === by ? 2 : 0;
}

/** The hash of multiPortEndpoint.selectEndpoint (pkg/tcpip/stack/transport_demuxer.go), uint32. */
export function endpointHash(
  seed: number,
  local: Address,
  localPort: number,
  remote: Address,
  remotePort: number,
): number {
  let state = seed;
  for (const port of [localPort, remotePort])
    state = jenkinsAddByte(jenkinsAddByte(state, port & 255), port >>> 8);
  return jenkinsEnd(mixAddress(mixAddress(state, local), remote)) >>> 0;
}

/** selectEndpoint: the most recent where all have SO_REUSEADDR and not all SO_REUSEPORT, else by hash. */
const udpReception: Reception = {
  score,
  place: () => "last",
  specific: "alone", // findEndpointLocked: the best id alone is consulted
  sameFlows: "device",
  groupHash: undefined,
  pick: (equals, ...tuple) => {
    const mostRecent = equals.every(({ reuseAddress }) => reuseAddress);
    const balanced = equals.every(({ reusePort }) => reusePort);
    if (mostRecent && !balanced) return equals.length - 1;
    return reciprocalScale(endpointHash(...tuple), equals.length);
  },
};

/** SO_REUSEADDR of TCP is TupleOnly, and decides nothing here. */
const tcpReception: Reception = {
  ...udpReception,
  pick: (equals, ...tuple) => reciprocalScale(endpointHash(...tuple), equals.length),
};

const timeWait: HoldRule = {
  length: 60_000, // DefaultTCPTimeWaitTimeout, pkg/tcpip/transport/tcp/protocol.go
  // registerEndpoint: TIME-WAIT for a second since its last timestamp, and both ends loopback unless it is for all
  reusableAfter: ({ local, remote, since, reuse }, { mode, delay }) => {
    if (mode === 0 || (mode === 2 && !(isLoopback(local) && isLoopback(remote)))) return never;
    return reuse.timestamps ? since + delay : since;
  },
  boundMayReuse: () => false,
};

const tcp: ProtocolProfile = {
  conflict: gvisorTcpConflict,
  jointConflict: gvisorTcpJointly,
  selections: () => ({ bind: gvisorSelection(), connect: gvisorSelection() }),
  // pkg/sentry/socket/netstack/netstack.go, pkg/syserr/netstack.go
  exhausted: { bind: "EADDRINUSE", listen: "EADDRINUSE", connect: "EADDRNOTAVAIL", send: "EADDRNOTAVAIL" },
  duplicateFlow: "EADDRINUSE", // RegisterTransportEndpoint: ErrPortInUse
  receivesWhen: "listening",
  disconnect: "keeps-port",
  reception: tcpReception,
};

const udp: ProtocolProfile = {
  ...tcp,
  conflict: gvisorUdpConflict,
  jointConflict: gvisorUdpJointly,
  selections: () => ({ bind: gvisorSelection() }), // connect() reserves for any destination
  exhausted: { bind: "EADDRINUSE", listen: "EADDRINUSE", connect: "EAGAIN", send: "EAGAIN" },
  duplicateFlow: undefined,
  receivesWhen: "bound",
  disconnect: "keeps-named-port", // Disconnect, pkg/tcpip/transport/udp/endpoint.go
  reception: udpReception,
};

export const gvisor: Profile = {
  name: "gvisor",
  range: [16000, 65535], // firstEphemeral, pkg/tcpip/ports/ports.go
  ownRange: false,
  unprivilegedStart: 0, // the stack asks for no privilege
  errorNames: {
    EADDRINUSE: "ErrPortInUse",
    EADDRNOTAVAIL: "ErrNoPortAvailable",
    EAGAIN: "ErrNoPortAvailable",
  },
  addressMakesV6Only: true, // an endpoint bound to an IPv6 address is of that network alone
  protocols: { tcp, udp, sctp: tcp, udplite: udp },
  hold: timeWait,
  reuse: { mode: 2, delay: 1000 }, // TCPTimeWaitReuseLoopbackOnly
};

const tcp2022: ProtocolProfile = {
  ...tcp,
  selections: (random) => ({ bind: gvisorSelection(), connect: gvisorStable(random) }),
};

/** December 2022, as Debian 12 has it: connect() of TCP goes upward from a hash of its destination. */
export const gvisor2022: Profile = {
  ...gvisor,
  name: "gvisor-2022",
  protocols: { ...gvisor.protocols, tcp: tcp2022, sctp: tcp2022 },
};
