/** smoltcp, by its source (5393f885): its caller chooses every port, and nothing is refused but port 0. No SCTP. */
import { type Address, isUnspecified, sameAddress } from "../../base/address.ts";
import { smoltcpConflict } from "../conflict/smoltcp.ts";
import type { Receiver, Reception } from "../demultiplexer/reception.ts";
import { heldToTheEnd } from "../hold/hold.ts";
import type { Profile, ProtocolProfile } from "../profile.ts";
import { callerChooses } from "../selection/caller-chooses.ts";

function score({ remote }: Receiver, _: Address, from: Address, port: number): number {
  if (remote === undefined) return 1;
  const fits = isUnspecified(remote.address) || sameAddress(remote.address, from);
  return fits && remote.port === port ? 1 : 0;
}

/** The first socket of the SocketSet that accepts() the packet, however it is bound (src/iface/interface). */
const reception: Reception = {
  score,
  place: () => "last",
  specific: "equal",
  sameFlows: "newest",
  groupHash: undefined,
};

const unaddressable = {
  bind: "EADDRNOTAVAIL",
  listen: "EADDRNOTAVAIL",
  connect: "EADDRNOTAVAIL",
  send: "EADDRNOTAVAIL",
} as const;

const tcp: ProtocolProfile = {
  conflict: smoltcpConflict,
  selections: () => ({ bind: callerChooses() }),
  exhausted: unaddressable, // ConnectError, ListenError and BindError::Unaddressable
  duplicateFlow: undefined,
  receivesWhen: "listening",
  disconnect: "keeps-port",
  reception,
};

const udp: ProtocolProfile = { ...tcp, receivesWhen: "bound" };

export const smoltcp: Profile = {
  name: "smoltcp",
  range: [49152, 65535], // what its examples draw from: 49152 + rand % 16384
  ownRange: false,
  unprivilegedStart: 0, // no port is privileged
  errorNames: { EADDRNOTAVAIL: "Unaddressable" },
  addressMakesV6Only: false,
  protocols: { tcp, udp, sctp: tcp, udplite: udp },
  hold: heldToTheEnd(10_000), // CLOSE_DELAY, src/socket/tcp.rs
  reuse: { mode: 0, delay: 0 },
};
