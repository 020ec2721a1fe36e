/** Expecting packets of the stack, at one time. */

import type { Packet } from "../packetdrill/language/script/packets.ts";
import type { EventTime } from "../packetdrill/language/script/script.ts";
import { expectIcmp, expectSctp, expectUdp } from "./packets/expect-datagram.ts";
import { expectTcp } from "./packets/expect-tcp.ts";
import { expectPacket } from "./packets/expectations.ts";
import { lineOf } from "./packets/lines.ts";
import { packetFrom } from "./packets/packet-text.ts";
import {
  type SeenIcmp,
  type SeenPacket,
  type SeenSctp,
  type SeenTcp,
  type SeenUdp,
  seenIcmp,
  seenPacket,
  seenSctp,
  seenTcp,
  seenUdp,
} from "./packets/seen.ts";
import type { Expectation, ExpectedIcmp, ExpectedSctp, ExpectedTcp, ExpectedUdp } from "./packets/wanted.ts";
import { receive } from "./receive.ts";
import { inScriptNumbers, type Remote } from "./remote.ts";
import { microseconds } from "./timeline.ts";
import type { World } from "./world.ts";

/** @throws ExpectationError for what does not come, or comes otherwise; TypeError and RangeError for wrong arguments. */
export class Expect {
  readonly #world: World;
  readonly #remote: Remote;
  readonly #time: EventTime;

  constructor(world: World, remote: Remote, time: EventTime) {
    this.#world = world;
    this.#remote = remote;
    this.#time = time;
  }

  /** `"S. 0:0(0) ack 1 <...>"`, which says everything, or an object, which says what it names. */
  tcp(wanted: string | ExpectedTcp): SeenTcp {
    const expectation = typeof wanted === "string" ? this.#text(`> ${wanted}`, "tcp") : expectTcp(wanted);
    return seenTcp(...this.#receive(expectation));
  }

  /** A length, a payload's text, or an object. */
  udp(wanted: number | string | ExpectedUdp = {}): SeenUdp {
    if (typeof wanted === "number") return seenUdp(...this.#receive(expectUdp({ length: wanted })));
    const expected = typeof wanted === "string" ? { payload: wanted } : wanted;
    return seenUdp(...this.#receive(expectUdp(expected)));
  }

  /** `"unreachable port_unreachable"`, or an object. */
  icmp(wanted: string | ExpectedIcmp): SeenIcmp {
    const expectation =
      typeof wanted === "string" ? this.#text(`> icmp ${wanted}`, "icmp") : expectIcmp(wanted);
    return seenIcmp(...this.#receive(expectation));
  }

  /** `"COOKIE_ACK[flgs=0]"`, chunks as a script has them, or an object. Tags and TSNs are those of the wire. */
  sctp(wanted: string | ExpectedSctp): SeenSctp {
    const expectation =
      typeof wanted === "string" ? this.#text(`> sctp: ${wanted}`, "sctp") : expectSctp(wanted);
    return seenSctp(...this.#receive(expectation));
  }

  /** A line of a script: `"> P. 1:101(100) ack 1"`. */
  packet(line: string): SeenPacket {
    return seenPacket(...this.#receive(this.#text(line, undefined)));
  }

  /** That the stack sends nothing to this peer, and has sent nothing, for so many seconds from when this is due. */
  nothing(seconds = 0): void {
    const { timeline, settle, pass, fail, trace } = this.#world;
    const span = microseconds(seconds);
    const schedule = timeline.schedule(this.#time, "inbound");
    settle();
    pass(
      Math.max(schedule.start, timeline.now()) + span,
      () => this.#remote.waiting(undefined) !== undefined,
    );
    const came = this.#remote.waiting(undefined);
    if (came !== undefined)
      fail("no packet was expected", `nothing for ${seconds} s`, lineOf(inScriptNumbers(came)));
    timeline.mark();
    trace.note(`nothing until ${timeline.now() / 1e6} s`);
  }

  #receive(expectation: Expectation): ReturnType<typeof receive> {
    return receive(this.#world, this.#remote, this.#time, expectation);
  }

  #text(line: string, protocol: Packet["content"]["protocol"] | undefined): Expectation {
    const packet = packetFrom(line, "outbound", this.#remote.settings.family, protocol);
    return expectPacket(packet);
  }
}
