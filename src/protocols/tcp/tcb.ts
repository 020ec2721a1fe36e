/**
 * The transmission control block (RFC 9293, section 3.3.1): all that is known of one connection, as a flat plain object.
 * Sequence numbers are int32, sizes bytes, times milliseconds; a deadline that is not set is `never`.
 */
import type { Family } from "../../base/address.ts";
import type { ErrnoName } from "../../base/errno.ts";
import type { IntervalSet } from "../../base/ranges.ts";
import { ByteRing } from "../../base/ring.ts";
import { type Instant, never } from "../../base/time/clock.ts";
import type { TcpConfig } from "./config.ts";
import type { TimeWait } from "./ending/time-wait.ts";
import type { TcpState } from "./state.ts";
import type { TcpWorld } from "./world.ts";

/** What the user of a connection may set, at any time, through `configure`. */
export interface ConnectionOptions {
  /** TCP_NODELAY: no Nagle algorithm (RFC 9293 MUST-17). */
  noDelay: boolean;
  /** TCP_CORK: no small segments until it is taken away, or an RTO has passed. */
  cork: boolean;
  /** TCP_QUICKACK: no delayed acknowledgments. */
  quickAck: boolean;
  /** SO_KEEPALIVE (RFC 9293, section 3.8.4). */
  keepAlive: boolean;
  keepIdle: number;
  keepInterval: number;
  keepCount: number;
  /** TCP_USER_TIMEOUT (RFC 5482): longest that sent data may stay unacknowledged; 0: R2 decides. */
  userTimeout: number;
  /** TCP_SYNCNT. */
  synRetries: number;
  /** TCP_LINGER2: time in FIN-WAIT-2 after close; negative: none. */
  finWait2: number;
  /** SO_LINGER with 0 seconds: close resets. */
  lingerReset: boolean;
  /** TCP_MAXSEG: largest segment to announce and to send; 0: what the path allows. */
  maxSegment: number;
}

/** What a TCB is made from. */
export interface TcpOptions extends Partial<ConnectionOptions> {
  readonly config: TcpConfig;
  readonly world: TcpWorld;
  readonly family: Family;
  /** Path MTU: bytes of IP packet. */
  readonly mtu: number;
  /** MTU of the interface, which decides the MSS we announce (RFC 9293 MUST-67). Default: `mtu`. */
  readonly interfaceMtu?: number | undefined;
  /** ISS, of `initialSequence`. */
  readonly iss: number;
  /** Added to the clock in TSval, of `timestampOffset`. */
  readonly timestampOffset?: number | undefined;
  /** Largest payload `transmit` takes, for a link that cuts segments itself (TSO). Default: one segment. */
  readonly maxSegmentPayload?: number | undefined;
  readonly sendBuffer?: number | undefined;
  readonly receiveBuffer?: number | undefined;
  /** Most that our SYN is to announce, which is then rounded down to full segments. */
  readonly firstWindow?: number | undefined;
  /** Largest the receive buffer will be; the host's where left out. */
  readonly receiveBufferMost?: number | undefined;
  readonly owner?: unknown;
}

export interface Tcb extends ConnectionOptions {
  /** The stack's: nothing here looks at them. */
  id: number;
  owner: unknown;
  readonly config: TcpConfig;
  readonly world: TcpWorld;
  readonly family: Family;

  state: TcpState;
  /** Opened by a listener (RFC 9293 MUST-11). */
  passive: boolean;
  /** Timeouts of the SYN-ACK that pass in silence, for the peer has answered it without data (TCP_DEFER_ACCEPT). */
  silentTimeouts: number;
  /** No socket holds it any more. */
  orphan: boolean;
  /** The user reads no more: text that comes is answered with a reset once we have closed too. */
  receiveShutdown: boolean;
  /** Why it ended; undefined for an orderly end. */
  error: ErrnoName | undefined;
  /** The last ICMP error that ended nothing; what a timeout then reports. */
  softError: ErrnoName | undefined;
  /** {@link wish} bits. */
  wishes: number;

  // Send sequence variables.
  readonly iss: number;
  sndUna: number;
  /** One past the highest sequence number sent. */
  sndNxt: number;
  sndWnd: number;
  sndWl1: number;
  sndWl2: number;
  /** SND.UP: one past the last urgent octet (RFC 6093, section 4); meaningful with `sndUrgent`. */
  sndUp: number;
  sndUrgent: boolean;
  /** MAX.SND.WND (RFC 5961, section 5.2). */
  maxSndWnd: number;
  /** One past the last octet the user gave us; the FIN's sequence number once `finQueued`. */
  sndEnd: number;
  /** End of the last small segment sent (Minshall's Nagle). */
  sndSml: number;
  finQueued: boolean;
  /** One past the last octet of each record that is to end a segment (MSG_EOR), in order. */
  readonly recordEnds: number[];
  /** Sequence numbers whose acknowledgment the world is to hear of (`acknowledged`), in order. */
  readonly watched: number[];
  /** The last SEND said that more follows. */
  more: boolean;
  /** And what it left is held back, until an acknowledgment comes. */
  moreHolds: boolean;
  /** What was sent but not acknowledged, and then what was not sent: from SND.UNA on. */
  readonly sendRing: ByteRing;
  sendBuffer: number;

  // Receive sequence variables.
  irs: number;
  rcvNxt: number;
  /** From RCV.NXT to the right edge the peer has seen. */
  rcvWnd: number;
  /** RCV.UP; meaningful with `rcvUrgent`. */
  rcvUp: number;
  rcvUrgent: boolean;
  /** Last.ACK.sent (RFC 7323, section 4.3). */
  lastAckSent: number;
  /** Largest segment the peer has sent: an estimate of its MSS. */
  rcvMss: number;
  /** In order, not yet read; beyond its end, what waits out of order. */
  readonly receiveRing: ByteRing;
  receiveBuffer: number;
  /** Most that a SYN announces, in full segments; Infinity: all there is. */
  readonly firstWindow: number;
  /** What it may grow to, which decides the window scale. */
  readonly receiveBufferMost: number;
  /** Sequence numbers of what waits out of order; made when first needed. */
  outOfOrder: IntervalSet | undefined;
  /** Where the text ends that last came out of order, newest first: they order the SACK blocks. */
  sackRecent: number[];
  /** A segment that came twice, to be reported (RFC 2883); empty where both are equal. */
  duplicateStart: number;
  duplicateEnd: number;
  /** Acknowledgments owed for segments out of order. */
  duplicateAcks: number;
  /** The peer's FIN has been seen at `finSequence`; it counts once RCV.NXT reaches it. */
  finSeen: boolean;
  finSequence: number;

  // What was negotiated.
  /** Path MTU without the IP and TCP headers. */
  pathMss: number;
  /** What we announce. */
  readonly rcvMssOffer: number;
  /** What the peer announced, or the default. */
  peerMss: number;
  maxSegmentPayload: number;
  windowScaling: boolean;
  /** The effective send MSS: payload of a full segment. */
  sndMss: number;
  sndWndShift: number;
  rcvWndShift: number;
  timestamps: boolean;
  readonly timestampOffset: number;
  /** TS.Recent and when it was taken. */
  tsRecent: number;
  tsRecentAt: Instant;
  sackPermitted: boolean;

  // Round trip, loss and congestion; `CongestionState` says what the latter's fields are.
  srtt: number;
  rttvar: number;
  /** The shortest round trip measured; meaningful with `srtt`. */
  minRtt: number;
  rto: number;
  /** One segment at a time is measured: the ACK of `timedSequence` ends it. */
  timing: boolean;
  timedSequence: number;
  timedAt: Instant;
  /** When something was last sent again. */
  resentAt: Instant;
  /** Timeouts in a row, and when the first of them struck; SYNs, and window probes without an answer, alike. */
  retransmits: number;
  firstRetransmitAt: Instant;
  probes: number;
  /** Window probes since it closed: how often their interval has doubled. */
  persistBackoff: number;
  keepProbes: number;
  cwnd: number;
  ssthresh: number;
  cwndCredit: number;
  recovery: "open" | "fast" | "timeout";
  dupAcks: number;
  /** RFC 6582: the highest sequence number sent when the last recovery began. */
  recover: number;
  /** The first partial ACK of this recovery has come. */
  partialAcked: boolean;
  /** HighRxt (RFC 6675): what lies between it and `lostEnd`, and is not SACKed, is to be sent again. */
  highRxt: number;
  lostEnd: number;
  /** What the peer has SACKed; made when first needed. */
  sacked: IntervalSet | undefined;
  /** cwnd was what kept us from sending more. */
  cwndLimited: boolean;
  /** Bytes in flight after the last new segment. */
  peakFlight: number;

  // Acknowledgments.
  quickAcksLeft: number;
  /** Data goes both ways in turn: acknowledgments ride on answers. */
  interactive: boolean;
  lastTextAt: Instant;
  establishedAt: Instant;
  lastSentAt: Instant;
  lastReceivedAt: Instant;
  lastInvalidAckAt: Instant;
  refusal: number;

  // Deadlines.
  retransmitAt: Instant;
  persistAt: Instant;
  delayedAckAt: Instant;
  keepAliveAt: Instant;
  finWait2At: Instant;
  /** When TIME-WAIT ends; not a deadline of ours but of whoever holds the port. */
  timeWaitUntil: Instant;
  timeWait: TimeWait | undefined;

  // Counters, for those who ask.
  segmentsIn: number;
  segmentsOut: number;
  bytesAcked: number;
  bytesReceived: number;
  retransmitted: number;
  bytesResent: number;
  bytesSent: number;
  textSegmentsOut: number;
  textSegmentsIn: number;
}

/** Headers without options: IPv4 or IPv6, and TCP. */
export function headerLength(family: Family): number {
  return family === 4 ? 40 : 60;
}

/** What a peer that sends no MSS option can take (RFC 9293 MUST-15). */
export function defaultMss(family: Family): number {
  return family === 4 ? 536 : 1220;
}

/** Until the peer has sent a larger segment, its MSS counts as this (as Linux does, tcp_initialize_rcv_mss). */
const smallestRcvMss = 536;

/** A connection in CLOSED that is to be opened with `openActive` or `openPassive`. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a record and no logic; one literal gives all TCBs one shape
export function newTcb(options: TcpOptions): Tcb {
  const { config, family, mtu } = options;
  const sendBuffer = options.sendBuffer ?? config.sendBuffer;
  const receiveBuffer = options.receiveBuffer ?? config.receiveBuffer;
  const iss = options.iss | 0;
  const offer = Math.min((options.interfaceMtu ?? mtu) - headerLength(family), 0xffff);
  return {
    id: 0,
    state: "CLOSED",
    passive: false,
    silentTimeouts: 0,
    orphan: false,
    receiveShutdown: false,
    error: undefined,
    softError: undefined,
    wishes: 0,
    sndWnd: 0,
    sndWl1: 0,
    sndWl2: 0,
    sndUp: 0,
    sndUrgent: false,
    maxSndWnd: 0,
    finQueued: false,
    more: false,
    moreHolds: false,
    irs: 0,
    rcvNxt: 0,
    rcvUp: 0,
    rcvUrgent: false,
    lastAckSent: 0,
    outOfOrder: undefined,
    duplicateStart: 0,
    duplicateEnd: 0,
    duplicateAcks: 0,
    finSeen: false,
    finSequence: 0,
    windowScaling: false,
    sndWndShift: 0,
    rcvWndShift: 0,
    timestamps: false,
    tsRecent: 0,
    tsRecentAt: never,
    sackPermitted: false,
    srtt: -1,
    rttvar: 0,
    minRtt: Infinity,
    timing: false,
    timedSequence: 0,
    timedAt: never,
    resentAt: -Infinity,
    retransmits: 0,
    firstRetransmitAt: never,
    probes: 0,
    persistBackoff: 0,
    keepProbes: 0,
    recovery: "open",
    dupAcks: 0,
    partialAcked: false,
    sacked: undefined,
    cwndLimited: false,
    peakFlight: 0,
    cwndCredit: 0,
    ssthresh: 0x7fffffff,
    interactive: false,
    lastTextAt: -Infinity,
    establishedAt: -Infinity,
    lastSentAt: -Infinity,
    lastReceivedAt: -Infinity,
    lastInvalidAckAt: -Infinity,
    refusal: 0,
    retransmitAt: never,
    persistAt: never,
    delayedAckAt: never,
    keepAliveAt: never,
    finWait2At: never,
    timeWaitUntil: never,
    timeWait: undefined,
    segmentsIn: 0,
    segmentsOut: 0,
    bytesAcked: 0,
    bytesReceived: 0,
    retransmitted: 0,
    bytesResent: 0,
    bytesSent: 0,
    textSegmentsOut: 0,
    textSegmentsIn: 0,
    owner: options.owner,
    config,
    world: options.world,
    family,
    iss,
    sndUna: iss,
    sndNxt: iss,
    sndEnd: (iss + 1) | 0,
    sndSml: iss,
    recover: iss,
    highRxt: iss,
    lostEnd: iss,
    sendRing: new ByteRing(sendBuffer),
    sendBuffer,
    receiveRing: new ByteRing(receiveBuffer),
    receiveBuffer,
    firstWindow: options.firstWindow ?? Infinity,
    receiveBufferMost: options.receiveBufferMost ?? Math.max(config.receiveBufferMax, receiveBuffer),
    rcvWnd: receiveBuffer,
    rcvMss: Math.min(offer, smallestRcvMss),
    sackRecent: [],
    recordEnds: [],
    watched: [],
    pathMss: mtu - headerLength(family),
    rcvMssOffer: options.maxSegment ? Math.min(offer, options.maxSegment) : offer,
    peerMss: defaultMss(family),
    sndMss: defaultMss(family),
    maxSegmentPayload: options.maxSegmentPayload ?? 0,
    timestampOffset: options.timestampOffset ?? 0,
    rto: config.rtoInitial,
    cwnd: 0,
    quickAcksLeft: config.quickAcks,
    noDelay: options.noDelay ?? false,
    cork: options.cork ?? false,
    quickAck: options.quickAck ?? false,
    keepAlive: options.keepAlive ?? false,
    keepIdle: options.keepIdle ?? config.keepIdle,
    keepInterval: options.keepInterval ?? config.keepInterval,
    keepCount: options.keepCount ?? config.keepCount,
    userTimeout: options.userTimeout ?? 0,
    synRetries: options.synRetries ?? config.synRetries,
    finWait2: options.finWait2 ?? config.finWait2,
    lingerReset: options.lingerReset ?? false,
    maxSegment: options.maxSegment ?? 0,
  };
}
