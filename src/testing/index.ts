/** Tests of a TCP/IP stack in virtual time, for vitest, node:test and any other runner: packetdrill as a typed API. */

export { SocketError } from "../base/errno.ts";
export type { IpVersion } from "../packetdrill/language/options.ts";
export type {
  Echoed,
  Ecn,
  IpAnnotations,
  SackBlock,
  TcpOption,
} from "../packetdrill/language/script/packets.ts";
export type { Chunk } from "../packetdrill/language/script/sctp.ts";
export type { Expect } from "./expect.ts";
export { ExpectationError } from "./failure.ts";
export type { Inject } from "./inject.ts";
export type { IcmpMessage, SctpPacket, TcpSegment, UdpDatagram } from "./packets/outgoing.ts";
export type { SeenIcmp, SeenPacket, SeenSctp, SeenTcp, SeenUdp } from "./packets/seen.ts";
export { eol, mss, nop, sack, sackOK, ts, wscale } from "./packets/tcp-options.ts";
export type { ExpectedIcmp, ExpectedSctp, ExpectedTcp, ExpectedUdp, Wanted } from "./packets/wanted.ts";
export type { Peer, Steps } from "./peer.ts";
export type { TestSocket } from "./test-socket.ts";
export { type PeerOptions, type Testbed, type TestbedOptions, testbed } from "./testbed.ts";
