/**
 * Windows, by its documents. How it chooses a port is not published: every algorithm here is assumed. Ranges are
 * one for each protocol and IP version, alike until they are set (netsh int ipv4 show dynamicport tcp); that a dual-stack socket goes by IPv6's is assumed.
 */
import { type Address, isUnspecified, sameAddress } from "../../base/address.ts";
import { windowsConflict, windowsXpConflict } from "../conflict/windows.ts";
import type { Receiver, Reception } from "../demultiplexer/reception.ts";
import { heldToTheEnd } from "../hold/hold.ts";
import { inBoth, type Profile, type ProtocolProfile, withSelection } from "../profile.ts";
import type { PortRange } from "../range.ts";
import { random } from "../selection/rfc6056/random.ts";
import { sequential } from "../selection/rfc6056/sequential.ts";
import { windowsAutoReuse } from "../selection/windows-auto-reuse.ts";

/** Not published; a connected UDP socket takes its peer's datagrams alone (Winsock, connect). */
function score({ remote, device }: Receiver, _: Address, from: Address, port: number, by: number): number {
  if (device !== 0 && device !== by) return 0;
  if (remote === undefined) return 1;
  if (!isUnspecified(remote.address) && !sameAddress(remote.address, from)) return 0;
  return remote.port === 0 || remote.port === port ? 2 : 0;
}

/** "The behavior is undefined as to which socket will receive" where two share: the older is assumed, and no balancing. */
const reception: Reception = { score, place: () => "last", sameFlows: "newest", groupHash: undefined };

/** "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE": WSAEACCES. */
const refusals = { exclusive: "EACCES", user: "EACCES", denied: "EACCES" } as const;
/** "WSAENOBUFS (10055)" for a connect() beyond MaxUserPort: Microsoft, KB 196271. */
const exhaustedBuffers = { bind: "ENOBUFS", listen: "ENOBUFS", connect: "ENOBUFS", send: "ENOBUFS" } as const;
/** Since Vista connect() says "Only one usage of each socket address": Microsoft, troubleshoot port exhaustion. */
const exhausted = { ...exhaustedBuffers, connect: "EADDRINUSE" } as const;

const xpTcp: ProtocolProfile = {
  conflict: windowsXpConflict,
  refusals,
  selections: () => ({ bind: sequential() }), // assumed; connect() binds first, and shares nothing
  exhausted: exhaustedBuffers,
  duplicateFlow: "EADDRINUSE", // Winsock, connect: "could be delayed until the connect function"
  receivesWhen: "listening",
  disconnect: "keeps-port", // not documented
  reception,
};

const xpUdp: ProtocolProfile = { ...xpTcp, duplicateFlow: undefined, receivesWhen: "bound" };

/** What Winsock calls them, with its numbers (Winsock, error codes). */
const errorNames = {
  EACCES: "WSAEACCES (10013)",
  EADDRINUSE: "WSAEADDRINUSE (10048)",
  EADDRNOTAVAIL: "WSAEADDRNOTAVAIL (10049)",
  EAFNOSUPPORT: "WSAEAFNOSUPPORT (10047)",
  EINVAL: "WSAEINVAL (10022)",
  EISCONN: "WSAEISCONN (10056)",
  ENOBUFS: "WSAENOBUFS (10055)",
  ENOTCONN: "WSAENOTCONN (10057)",
} as const;

export const windowsXp: Profile = {
  name: "windows-xp",
  range: [1025, 5000], // MaxUserPort
  ownRange: false,
  unprivilegedStart: 0, // no port is privileged
  namingReserved: "EACCES", // assumed as for later ones (ReservedPorts)
  errorNames,
  addressMakesV6Only: false,
  v6Only: "by-default", // Winsock, IPV6_V6ONLY
  protocols: { tcp: xpTcp, udp: xpUdp, sctp: xpTcp, udplite: xpUdp }, // there is no SCTP
  hold: heldToTheEnd(240_000), // TcpTimedWaitDelay, 240 s where it is not set
  reuse: { mode: 0, delay: 0 },
};

const tcp2003: ProtocolProfile = { ...xpTcp, conflict: windowsConflict };
const udp2003: ProtocolProfile = { ...xpUdp, conflict: windowsConflict };

export const windows2003: Profile = {
  ...windowsXp,
  name: "windows-2003",
  protocols: { tcp: tcp2003, udp: udp2003, sctp: tcp2003, udplite: udp2003 },
};

const randomTcp = withSelection(tcp2003, random);
const randomUdp = withSelection(udp2003, random);

/** After MS08-037 (2008), which gave DNS its random source ports. */
export const windows2003Ms08037: Profile = {
  ...windows2003,
  name: "windows-2003-ms08-037",
  range: [49152, 65535],
  protocols: { tcp: randomTcp, udp: randomUdp, sctp: randomTcp, udplite: randomUdp },
};

/** SO_RANDOMIZE_PORT: "a random port number is bound". What is assumed without it is no less random. */
const tcp: ProtocolProfile = { ...randomTcp, exhausted, algorithms: { random: inBoth(randomTcp, random) } };
const udp: ProtocolProfile = { ...randomUdp, algorithms: { random: inBoth(randomUdp, random) } };

/** Vista, Server 2008 and later. */
export const windows: Profile = {
  ...windows2003Ms08037,
  name: "windows",
  algorithmOption: "SO_RANDOMIZE_PORT",
  protocols: { tcp, udp, sctp: tcp, udplite: udp },
  hold: heldToTheEnd(120_000), // TcpTimedWaitDelay; two to four minutes by different documents
};

/** Exchange Server 2007 widens the range of Server 2008 when it is installed. */
export const windows2008Exchange2007: Profile = {
  ...windows,
  name: "windows-2008-exchange-2007",
  range: [1025, 60000],
};

const firstCustomPort = 1025;
const fewestCustomPorts = 255;

/**
 * Windows with the dynamic range that `netsh int ipv4 set dynamicport` gave it.
 * @throws RangeError unless it is 255 ports or more within 1025 to 65535, as netsh wants it
 */
export function windowsWithRange([first, last]: PortRange): Profile {
  checkCustomRange(first, last);
  return { ...windows, name: `windows:${first}-${last}`, range: [first, last] };
}

/** With the widest range there is. */
export const windowsCustom: Profile = { ...windowsWithRange([1025, 65535]), name: "windows-custom" };

/**
 * Windows with an auto-reuse range (Set-NetTCPSetting): connect() of an unbound TCP socket takes its port there, and shares
 * it with connections to other destinations. @throws RangeError as {@link windowsWithRange}
 */
export function windowsWithAutoReuse([first, last]: PortRange, base: Profile = windows): Profile {
  checkCustomRange(first, last);
  const sharing: ProtocolProfile = {
    ...base.protocols.tcp,
    autoReuse: [first, last],
    selections: (chance) => ({
      ...base.protocols.tcp.selections(chance),
      connect: windowsAutoReuse([first, last]),
    }),
  };
  return {
    ...base,
    name: `${base.name}, auto-reuse ${first}-${last}`,
    protocols: { ...base.protocols, tcp: sharing },
  };
}

function checkCustomRange(first: number, last: number): void {
  const whole = Number.isInteger(first) && Number.isInteger(last);
  if (!whole || first < firstCustomPort || last > 65535)
    throw new RangeError(`Windows takes ports from ${firstCustomPort} to 65535, not ${first} to ${last}`);
  if (last - first + 1 < fewestCustomPorts)
    throw new RangeError(`Windows takes ${fewestCustomPorts} ports or more, not ${first} to ${last}`);
}
