/**
 * SCTP packets as a script writes them. Fields bear the language's names and stand in its order, so that a chunk prints
 * itself; null is `...`, not checked.
 */

import type { Ports } from "./packets.ts";
import type { Unchecked } from "./script.ts";

export type Value = number | Unchecked;
export type Values = readonly number[] | Unchecked;

export interface Sctp {
  readonly protocol: "sctp";
  /** `bad_crc32c`: one more than it should be; `zero_checksum`: RFC 9653. */
  readonly checksum: "good" | "bad_crc32c" | "zero_checksum";
  /** Verification tag, where the script fixes it. */
  readonly tag?: number;
  readonly udpEncapsulation?: Ports;
  readonly body: SctpBody;
}

export type SctpBody =
  | { readonly form: "chunks"; readonly chunks: readonly Chunk[] }
  /** All that follows the common header. */
  | { readonly form: "bytes"; readonly bytes: readonly number[] };

/** RFC 9260, section 3.3, and the chunks of RFC 4820, 6525, 3758, 8260 and NR-SACK. */
export type Chunk =
  | {
      readonly type: "DATA";
      readonly flgs: Value;
      readonly len: Value;
      readonly tsn: Value;
      readonly sid: Value;
      readonly ssn: Value;
      readonly ppid: Value;
    }
  | {
      readonly type: "I_DATA";
      readonly flgs: Value;
      readonly len: Value;
      readonly tsn: Value;
      readonly sid: Value;
      readonly mid: Value;
      /** Of the first fragment. */
      readonly ppid?: Value;
      /** Of the others. */
      readonly fsn?: Value;
    }
  | {
      readonly type: "INIT" | "INIT_ACK";
      readonly flgs: Value;
      readonly tag: Value;
      readonly a_rwnd: Value;
      readonly os: Value;
      readonly is: Value;
      readonly tsn: Value;
      readonly parameters: readonly Parameter[] | Unchecked;
    }
  | {
      readonly type: "SACK";
      readonly flgs: Value;
      readonly cum_tsn: Value;
      readonly a_rwnd: Value;
      readonly gaps: readonly Gap[] | Unchecked;
      readonly dups: Values;
    }
  | {
      readonly type: "NR_SACK";
      readonly flgs: Value;
      readonly cum_tsn: Value;
      readonly a_rwnd: Value;
      readonly gaps: readonly Gap[] | Unchecked;
      readonly nr_gaps: readonly Gap[] | Unchecked;
      readonly dups: Values;
    }
  | {
      readonly type: "HEARTBEAT" | "HEARTBEAT_ACK" | "RECONFIG";
      readonly flgs: Value;
      readonly parameters: readonly Parameter[] | Unchecked;
    }
  | {
      readonly type: "ABORT" | "ERROR";
      readonly flgs: Value;
      readonly causes: readonly Cause[] | Unchecked;
    }
  | { readonly type: "SHUTDOWN"; readonly flgs: Value; readonly cum_tsn: Value }
  | { readonly type: "SHUTDOWN_ACK" | "COOKIE_ACK" | "SHUTDOWN_COMPLETE"; readonly flgs: Value }
  | { readonly type: "COOKIE_ECHO" | "PAD"; readonly flgs: Value; readonly len: Value; readonly val: Values }
  | { readonly type: "ECNE" | "CWR"; readonly flgs: Value; readonly tsn: Value }
  | {
      readonly type: "FORWARD_TSN" | "I_FORWARD_TSN";
      readonly cum_tsn: Value;
      readonly ids: readonly StreamIdentifier[] | Unchecked;
    }
  | {
      readonly type: "CHUNK";
      readonly number: Value;
      readonly flgs: Value;
      readonly len: Value;
      readonly val: Values;
    };

export type ChunkType = Chunk["type"];

/** `start:end`, offsets from the cumulative TSN. */
export interface Gap {
  readonly start: number;
  readonly end: number;
}

/** `{sid, ssn}` of FORWARD_TSN or `{sid, flags, mid}` of I_FORWARD_TSN, as numbers in that order. */
export type StreamIdentifier = readonly number[];

export type Parameter =
  | {
      readonly type: "HEARTBEAT_INFORMATION" | "STATE_COOKIE" | "PAD";
      readonly len: Value;
      readonly val: Values;
    }
  | { readonly type: "IPV4_ADDRESS" | "IPV6_ADDRESS" | "HOSTNAME_ADDRESS"; readonly addr: string | Unchecked }
  | { readonly type: "UNRECOGNIZED_PARAMETER"; readonly params: readonly Parameter[] | Unchecked }
  | { readonly type: "COOKIE_PRESERVATIVE"; readonly incr: Value }
  | { readonly type: "SUPPORTED_ADDRESS_TYPES" | "SUPPORTED_EXTENSIONS"; readonly types: Values }
  | {
      readonly type: "OUTGOING_SSN_RESET";
      readonly req_sn: Value;
      readonly resp_sn: Value;
      readonly last_tsn: Value;
      readonly sids?: Values;
    }
  | { readonly type: "INCOMING_SSN_RESET"; readonly req_sn: Value; readonly sids?: Values }
  | { readonly type: "SSN_TSN_RESET"; readonly req_sn: Value }
  | {
      readonly type: "RECONFIG_RESPONSE";
      readonly resp_sn: Value;
      readonly result: Value;
      readonly sender_next_tsn?: Value;
      readonly receiver_next_tsn?: Value;
    }
  | {
      readonly type: "ADD_OUTGOING_STREAMS" | "ADD_INCOMING_STREAMS";
      readonly req_sn: Value;
      readonly number_of_new_streams: Value;
    }
  | {
      readonly type: "RECONFIG_REQUEST_GENERIC";
      readonly number: Value;
      readonly len: Value;
      readonly req_sn: Value;
      readonly val: Values;
    }
  | { readonly type: "ECN_CAPABLE" | "FORWARD_TSN_SUPPORTED" }
  | { readonly type: "ZERO_CHECKSUM_ACCEPTABLE"; readonly edmid: Value }
  | { readonly type: "ADAPTATION_INDICATION"; readonly adaptation_code_point: Value }
  | { readonly type: "PARAMETER"; readonly number: Value; readonly len: Value; readonly val: Values };

export type ParameterType = Parameter["type"];

/** RFC 9260, section 3.3.10. */
export type Cause =
  | { readonly type: "INVALID_STREAM_IDENTIFIER"; readonly sid: Value }
  | { readonly type: "MISSING_MANDATORY_PARAMETER"; readonly types: Values }
  | { readonly type: "STALE_COOKIE_ERROR"; readonly staleness: Value }
  | { readonly type: "OUT_OF_RESOURCE" | "INVALID_MANDATORY_PARAMETER" | "COOKIE_RECEIVED_WHILE_SHUTDOWN" }
  | { readonly type: "UNRESOLVABLE_ADDRESS"; readonly param: Parameter | Unchecked }
  | { readonly type: "UNRECOGNIZED_CHUNK_TYPE"; readonly chk: Chunk | Unchecked }
  | {
      readonly type: "UNRECOGNIZED_PARAMETERS" | "RESTART_WITH_NEW_ADDRESSES";
      readonly params: readonly Parameter[] | Unchecked;
    }
  | { readonly type: "NO_USER_DATA"; readonly tsn: Value }
  | { readonly type: "USER_INITIATED_ABORT" | "PROTOCOL_VIOLATION"; readonly info: string | Unchecked }
  | { readonly type: "CAUSE"; readonly code: Value; readonly len: Value; readonly info: Values };

export type CauseType = Cause["type"];
