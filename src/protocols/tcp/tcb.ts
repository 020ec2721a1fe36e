/**
 * The transmission control block (RFC 9293, section 3.3.1): all that is known of one connection, as a flat plain object.
 * Sequence numbers are int32, sizes bytes, times milliseconds; a deadline that is not set is `never`.
 */
import type { Family } from "../../base/address.ts";
import { type Instant, never } from "../../base/clock.ts";
import type { ErrnoName } from "../../base/errno.ts";
import type { IntervalSet } from "../../base/ranges.ts";
import { ByteRing } from "../../base/ring.ts";
import type { TcpConfig } from "./config.ts";
import type { TcpState } from "./state.ts";
import type { TimeWait } from "./time-wait.ts";
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
  readonly owner?: unknown;
}

/**
 * All fields are there from the beginning, in this order: so all TCBs have one shape, and making one is cheap. (Spread from
 * a template, it took a thousand times as long.)
 */
export class Tcb implements ConnectionOptions {
  /** The stack's: nothing here looks at them. */
  id = 0;
  owner: unknown;
  readonly config: TcpConfig;
  readonly world: TcpWorld;
  readonly family: Family;

  state: TcpState = "CLOSED";
  /** Opened by a listener (RFC 9293 MUST-11). */
  passive = false;
  /** No socket holds it any more. */
  orphan = false;
  /** The user reads no more: text that comes is answered with a reset once we have closed too. */
  receiveShutdown = false;
  /** Why it ended; undefined for an orderly end. */
  error: ErrnoName | undefined = undefined;
  /** The last ICMP error that ended nothing; what a timeout then reports. */
  softError: ErrnoName | undefined = undefined;
  /** {@link wish} bits. */
  wishes = 0;

  noDelay: boolean;
  cork: boolean;
  quickAck: boolean;
  keepAlive: boolean;
  keepIdle: number;
  keepInterval: number;
  keepCount: number;
  userTimeout: number;
  synRetries: number;
  finWait2: number;
  lingerReset: boolean;
  maxSegment: number;

  // Send sequence variables.
  readonly iss: number;
  sndUna: number;
  /** One past the highest sequence number sent. */
  sndNxt: number;
  sndWnd = 0;
  sndWl1 = 0;
  sndWl2 = 0;
  /** SND.UP: one past the last urgent octet (RFC 6093, section 4); meaningful with `sndUrgent`. */
  sndUp = 0;
  sndUrgent = false;
  /** MAX.SND.WND (RFC 5961, section 5.2). */
  maxSndWnd = 0;
  /** One past the last octet the user gave us; the FIN's sequence number once `finQueued`. */
  sndEnd: number;
  /** End of the last small segment sent (Minshall's Nagle). */
  sndSml: number;
  finQueued = false;
  /** The last SEND said that more follows. */
  more = false;
  /** What was sent but not acknowledged, and then what was not sent: from SND.UNA on. */
  readonly sendRing: ByteRing;
  sendBuffer: number;

  // Receive sequence variables.
  irs = 0;
  rcvNxt = 0;
  /** From RCV.NXT to the right edge the peer has seen. */
  rcvWnd: number;
  /** RCV.UP; meaningful with `rcvUrgent`. */
  rcvUp = 0;
  rcvUrgent = false;
  /** Last.ACK.sent (RFC 7323, section 4.3). */
  lastAckSent = 0;
  /** Largest segment the peer has sent: an estimate of its MSS. */
  rcvMss: number;
  /** In order, not yet read; beyond its end, what waits out of order. */
  readonly receiveRing: ByteRing;
  receiveBuffer: number;
  /** Sequence numbers of what waits out of order; made when first needed. */
  outOfOrder: IntervalSet | undefined = undefined;
  /** Where the text ends that last came out of order, newest first: they order the SACK blocks. */
  sackRecent: number[] = [];
  /** A segment that came twice, to be reported (RFC 2883); empty where both are equal. */
  duplicateStart = 0;
  duplicateEnd = 0;
  /** Acknowledgments owed for segments out of order. */
  duplicateAcks = 0;
  /** The peer's FIN has been seen at `finSequence`; it counts once RCV.NXT reaches it. */
  finSeen = false;
  finSequence = 0;

  // What was negotiated.
  /** Path MTU without the IP and TCP headers. */
  pathMss: number;
  /** What we announce. */
  readonly rcvMssOffer: number;
  /** What the peer announced, or the default. */
  peerMss: number;
  maxSegmentPayload: number;
  windowScaling = false;
  /** The effective send MSS: payload of a full segment. */
  sndMss: number;
  sndWndShift = 0;
  rcvWndShift = 0;
  timestamps = false;
  readonly timestampOffset: number;
  /** TS.Recent and when it was taken. */
  tsRecent = 0;
  tsRecentAt: Instant = never;
  sackPermitted = false;

  // Round trip, loss and congestion; `CongestionState` says what the latter's fields are.
  srtt = -1;
  rttvar = 0;
  rto: number;
  /** One segment at a time is measured: the ACK of `timedSequence` ends it. */
  timing = false;
  timedSequence = 0;
  timedAt: Instant = never;
  /** When something was last sent again. */
  resentAt: Instant = -Infinity;
  /** Timeouts in a row, and when the first of them struck; SYNs, and window probes without an answer, alike. */
  retransmits = 0;
  firstRetransmitAt: Instant = never;
  probes = 0;
  /** Window probes since it closed: how often their interval has doubled. */
  persistBackoff = 0;
  keepProbes = 0;
  cwnd = 0;
  ssthresh = 0x7fffffff;
  cwndCredit = 0;
  recovery: "open" | "fast" | "timeout" = "open";
  dupAcks = 0;
  /** RFC 6582: the highest sequence number sent when the last recovery began. */
  recover: number;
  /** The first partial ACK of this recovery has come. */
  partialAcked = false;
  /** HighRxt (RFC 6675): what lies between it and `lostEnd`, and is not SACKed, is to be sent again. */
  highRxt: number;
  lostEnd: number;
  /** What the peer has SACKed; made when first needed. */
  sacked: IntervalSet | undefined = undefined;
  /** cwnd was what kept us from sending more. */
  cwndLimited = false;
  /** Bytes in flight after the last new segment. */
  peakFlight = 0;

  // Acknowledgments.
  quickAcksLeft: number;
  /** Data goes both ways in turn: acknowledgments ride on answers. */
  interactive = false;
  lastTextAt: Instant = -Infinity;
  lastSentAt: Instant = -Infinity;
  lastReceivedAt: Instant = -Infinity;
  lastInvalidAckAt: Instant = -Infinity;
  refusal = 0;

  // Deadlines.
  retransmitAt: Instant = never;
  persistAt: Instant = never;
  delayedAckAt: Instant = never;
  keepAliveAt: Instant = never;
  finWait2At: Instant = never;
  /** When TIME-WAIT ends; not a deadline of ours but of whoever holds the port. */
  timeWaitUntil: Instant = never;
  timeWait: TimeWait | undefined = undefined;

  // Counters, for those who ask.
  segmentsIn = 0;
  segmentsOut = 0;
  bytesAcked = 0;
  bytesReceived = 0;
  retransmitted = 0;

  constructor(options: TcpOptions, user: Partial<ConnectionOptions>) {
    const { config, family, mtu } = options;
    const iss = options.iss | 0;
    const offer = Math.min((options.interfaceMtu ?? mtu) - headerLength(family), 0xffff);
    this.owner = options.owner;
    this.config = config;
    this.world = options.world;
    this.family = family;
    this.iss = iss;
    this.sndUna = iss;
    this.sndNxt = iss;
    this.sndEnd = (iss + 1) | 0;
    this.sndSml = iss;
    this.recover = iss;
    this.highRxt = iss;
    this.lostEnd = iss;
    this.sendBuffer = options.sendBuffer ?? config.sendBuffer;
    this.sendRing = new ByteRing(this.sendBuffer);
    this.receiveBuffer = options.receiveBuffer ?? config.receiveBuffer;
    this.receiveRing = new ByteRing(this.receiveBuffer);
    this.rcvWnd = this.receiveBuffer;
    this.rcvMss = Math.min(offer, smallestRcvMss);
    this.pathMss = mtu - headerLength(family);
    this.rcvMssOffer = user.maxSegment ? Math.min(offer, user.maxSegment) : offer;
    this.peerMss = defaultMss(family);
    this.sndMss = this.peerMss;
    this.maxSegmentPayload = options.maxSegmentPayload ?? 0;
    this.timestampOffset = options.timestampOffset ?? 0;
    this.rto = config.rtoInitial;
    this.quickAcksLeft = config.quickAcks;
    this.keepIdle = user.keepIdle ?? config.keepIdle;
    this.keepInterval = user.keepInterval ?? config.keepInterval;
    this.keepCount = user.keepCount ?? config.keepCount;
    this.synRetries = user.synRetries ?? config.synRetries;
    this.finWait2 = user.finWait2 ?? config.finWait2;
    this.noDelay = user.noDelay ?? false;
    this.cork = user.cork ?? false;
    this.quickAck = user.quickAck ?? false;
    this.keepAlive = user.keepAlive ?? false;
    this.userTimeout = user.userTimeout ?? 0;
    this.lingerReset = user.lingerReset ?? false;
    this.maxSegment = user.maxSegment ?? 0;
  }
}

/**
 * A connection in CLOSED that is to be opened with `openActive` or `openPassive`.
 * @param user What its user has set, where that is not among `options`.
 */
export function newTcb(options: TcpOptions, user: Partial<ConnectionOptions> = options): Tcb {
  return new Tcb(options, user);
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
