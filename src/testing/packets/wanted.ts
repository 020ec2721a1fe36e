/**
 * What a test expects of a packet. A line of a script says everything, as the real tools read it; an object says only
 * what it names, each field a value or a question about it.
 */
import type { IpAnnotations, Packet, TcpOption } from "../../packetdrill/language/script/packets.ts";
import type { Chunk } from "../../packetdrill/language/script/sctp.ts";
import type { Seen } from "../../packetdrill/packets/packet-parse.ts";
import type { Arrived } from "./seen.ts";

/** A value, or a function that tells whether it will do. */
export type Wanted<Value> = Value | ((value: Value) => boolean);

export interface ExpectedTcp extends IpAnnotations {
  readonly flags?: Wanted<string>;
  readonly seq?: Wanted<number>;
  /** Payload bytes. As many packets are taken as make up this many, as a burst may come in any cut. */
  readonly length?: Wanted<number>;
  /** The payload itself, text in UTF-8; its length is then expected too. */
  readonly payload?: string | Uint8Array;
  readonly ack?: Wanted<number>;
  readonly win?: Wanted<number>;
  readonly urg?: Wanted<number>;
  /** All of them, in their order. */
  readonly options?: Wanted<readonly TcpOption[]>;
}

export interface ExpectedUdp extends IpAnnotations {
  readonly length?: Wanted<number>;
  readonly payload?: string | Uint8Array;
}

export interface ExpectedIcmp extends IpAnnotations {
  /** As scripts name them: `unreachable`, `packet_too_big`. */
  readonly type?: Wanted<string>;
  readonly code?: Wanted<string>;
  readonly mtu?: Wanted<number>;
}

export interface ExpectedSctp extends IpAnnotations {
  /** Verification tag, as it is on the wire. */
  readonly tag?: number;
  readonly chunks?: readonly Chunk[];
}

/** An expectation in one form, whoever wrote it. */
export interface Expectation {
  readonly protocol: Packet["content"]["protocol"];
  /** Payload bytes to be collected; undefined: one packet. */
  readonly length: number | undefined;
  /** The line a script would have, as far as it is known beside what came. */
  readonly line: (seen: Seen | undefined) => string;
  /** What is wrong with what came, in the words of the real tools. */
  readonly mistake: (arrived: Arrived) => string | undefined;
  /** The script's own packet, where a line was written: it names numbers and timestamps. */
  readonly packet?: Packet;
}
