/**
 * usrsctp 0.9.5, by its source: FreeBSD's SCTP in user space. It has SCTP alone; for the others, which are its host's, stands the
 * same choice with Linux's rules.
 */
import { type Address, isUnspecified, sameAddress } from "../../base/address.ts";
import { usrsctpConflict } from "../conflict/usrsctp.ts";
import type { Receiver, Reception } from "../demultiplexer/reception.ts";
import type { HoldRule } from "../hold/hold.ts";
import { type Profile, type ProtocolProfile, withSelection } from "../profile.ts";
import { usrsctp as usrsctpSelection } from "../selection/usrsctp.ts";
import { linux } from "./linux.ts";

function score({ remote }: Receiver, _: Address, from: Address, port: number): number {
  if (remote === undefined) return 1;
  const fits = isUnspecified(remote.address) || sameAddress(remote.address, from);
  return fits && remote.port === port ? 2 : 0;
}

/** sctp_pcb_findep: an endpoint with the address before one that is bound to all; new ones stand first (LIST_INSERT_HEAD). */
const reception: Reception = { score, place: () => "first", sameFlows: "newest", groupHash: undefined };

/** SCTP_TIME_WAIT, netinet/sctp_constants.h: sixty seconds for the verification tag. The port is free at once. */
const tagWait: HoldRule = {
  length: 60_000,
  reusableAfter: ({ since }) => since,
  boundMayReuse: () => true,
};

const sctp: ProtocolProfile = {
  conflict: usrsctpConflict,
  selections: () => ({ bind: usrsctpSelection() }), // connect() binds first; an endpoint owns its port
  exhausted: { bind: "EADDRINUSE", listen: "EADDRINUSE", connect: "EADDRINUSE", send: "EADDRINUSE" }, // sctp_inpcb_bind
  duplicateFlow: "EADDRINUSE",
  receivesWhen: "listening",
  disconnect: "keeps-port",
  reception,
};

export const usrsctp: Profile = {
  name: "usrsctp",
  range: [49152, 65535], // ipport_firstauto and _lastauto, usrsctplib/user_environment.c
  ownRange: false,
  unprivilegedStart: 0, // in user space no port is privileged
  addressMakesV6Only: false,
  protocols: {
    tcp: withSelection(linux.protocols.tcp, usrsctpSelection),
    udp: withSelection(linux.protocols.udp, usrsctpSelection),
    sctp,
    udplite: withSelection(linux.protocols.udplite, usrsctpSelection),
  },
  hold: tagWait,
  reuse: { mode: 0, delay: 0 },
};
