/** What only TCP sockets can be set to, and the two questions a TCP socket must be asked. */
import type { TcpState } from "../../protocols/tcp/state.ts";
import type { Tcb } from "../../protocols/tcp/tcb.ts";

export interface TcpOptions {
  noDelay: boolean;
  cork: boolean;
  /** TCP_MAXSEG as set, 0 for none. */
  maxSegment: number;
  /** Seconds, as are the next three; 0: the host's. */
  keepIdle: number;
  keepInterval: number;
  keepCount: number;
  synCount: number;
  /** Seconds in FIN-WAIT-2 once closed; 0: the host's, -1: none. */
  linger2: number;
  /** SYN-ACK retransmissions to wait for data. */
  deferAccept: number;
  windowClamp: number;
  /** As it was set; reads as on until then. */
  quickAck: boolean | undefined;
  /** Milliseconds; 0: none. */
  userTimeout: number;
  notSentLowWater: number;
  /** Sends with MSG_ZEROCOPY, each of which has a number. */
  zerocopies: number;
  /** The sequence number SOF_TIMESTAMPING_OPT_ID counts from. */
  timestampBase: number;
  /** The socket itself: it learns of options that changed, and is asked for what only a connection knows. */
  socket: TcpInspection | undefined;
}

/** What the option tables ask of a TCP socket. */
export interface TcpInspection {
  /** An option changed that the connection must learn of. */
  optionsChanged(): void;
  /** Of its connection, which may be over. */
  readonly tcb: Tcb | undefined;
  info(): Record<string, number>;
  state(): TcpState;
}

/** The defaults, or what a listener was set to. */
export function newTcpOptions(listener?: TcpOptions): TcpOptions {
  if (listener !== undefined) return { ...listener, socket: undefined, zerocopies: 0 };
  return {
    noDelay: false,
    cork: false,
    maxSegment: 0,
    keepIdle: 0,
    keepInterval: 0,
    keepCount: 0,
    synCount: 0,
    linger2: 0,
    deferAccept: 0,
    windowClamp: 0,
    quickAck: undefined,
    userTimeout: 0,
    notSentLowWater: 0,
    zerocopies: 0,
    timestampBase: 0,
    socket: undefined,
  };
}
