/**
 * What a stream tells of the data it was given: MSG_ZEROCOPY, that a buffer is free again; SO_TIMESTAMPING, when its last
 * octet was scheduled, left and was acknowledged (Documentation/networking/msg_zerocopy.rst and timestamping.rst).
 */

import { greaterOrEqual } from "../../base/sequence.ts";
import type { Instant } from "../../base/time/clock.ts";
import type { Tcb } from "../../protocols/tcp/connection.ts";
import type { ErrorReport, MessageFlags } from "../socket.ts";
import type { SocketCore } from "../socket-core/core.ts";
import { report } from "../socket-core/error-queue.ts";

/** SOF_TIMESTAMPING_ bits (linux/net_tstamp.h). */
export const timestamping = {
  TX_SOFTWARE: 0x002,
  SOFTWARE: 0x010,
  OPT_ID: 0x080,
  TX_SCHED: 0x100,
  TX_ACK: 0x200,
  OPT_TSONLY: 0x800,
} as const;

const transmission = timestamping.TX_SOFTWARE | timestamping.TX_SCHED | timestamping.TX_ACK;
/** SCM_TSTAMP_ (linux/errqueue.h). */
const stages = { sent: 0, scheduled: 1, acknowledged: 2 } as const;
/** SO_EE_CODE_ZEROCOPY_COPIED: the data was copied after all, as it always is here. */
const copied = 1;

interface Stamp {
  /** SOF_TIMESTAMPING_ bits when the data was given. */
  readonly wanted: number;
  /** One past the last octet, and what OPT_ID calls that octet. */
  readonly end: number;
  readonly key: number;
  left: boolean;
}

export class TcpNotices {
  readonly #core: SocketCore;
  readonly #wake: () => void;
  readonly #copies: { readonly id: number; readonly end: number }[] = [];
  #stamps: Stamp[] = [];

  constructor(core: SocketCore, wake: () => void) {
    this.#core = core;
    this.#wake = wake;
  }

  /** Whether a send with these flags is to be told of at all. */
  static wanted({ options }: SocketCore, { zerocopy }: MessageFlags): boolean {
    return (zerocopy === true && options.zerocopy) || (options.timestamping & transmission) !== 0;
  }

  /** All up to `tcb.sndEnd` was given. */
  given(tcb: Tcb, { zerocopy }: MessageFlags): void {
    const { options, tcp } = this.#core;
    const end = tcb.sndEnd;
    tcb.watched.push(end);
    if (zerocopy === true && options.zerocopy) this.#copies.push({ id: tcp!.zerocopies++, end });
    const wanted = options.timestamping;
    if ((wanted & transmission) === 0) return;
    const key = (wanted & timestamping.OPT_ID) === 0 ? 0 : (end - 1 - tcp!.timestampBase) >>> 0;
    this.#stamps.push({ wanted, end, key, left: false });
  }

  /** A segment that ends before `end` leaves. */
  left(end: number, now: Instant): void {
    for (const stamp of this.#stamps) {
      if (stamp.left || !greaterOrEqual(end, stamp.end)) continue;
      stamp.left = true;
      if ((stamp.wanted & timestamping.TX_SCHED) !== 0) this.#stamp(stamp, stages.scheduled, now);
      if ((stamp.wanted & timestamping.TX_SOFTWARE) !== 0) this.#stamp(stamp, stages.sent, now);
    }
  }

  /** SND.UNA passed something watched; or all is over, and nothing of what was given is held any more. */
  acknowledged(tcb: Tcb, now: Instant): void {
    const { sndUna, state } = tcb;
    while (this.#copies.length > 0 && (state === "CLOSED" || greaterOrEqual(sndUna, this.#copies[0]!.end)))
      this.#free(this.#copies.shift()!.id);
    const done = this.#stamps.filter(({ end }) => greaterOrEqual(sndUna, end));
    for (const stamp of done)
      if ((stamp.wanted & timestamping.TX_ACK) !== 0) this.#stamp(stamp, stages.acknowledged, now);
    if (done.length > 0) this.#stamps = this.#stamps.filter((stamp) => !done.includes(stamp));
  }

  /** Buffers in a row are told of as one. */
  #free(id: number): void {
    const { reports } = this.#core;
    const last = reports.at(-1);
    if (last?.origin === "zerocopy" && last.data + 1 === id)
      reports[reports.length - 1] = { ...last, data: id };
    else this.#report({ origin: "zerocopy", type: 0, code: copied, info: id, data: id, truncated: false });
    this.#wake();
  }

  #stamp({ wanted, key }: Stamp, stage: number, at: Instant): void {
    const truncated = (wanted & timestamping.OPT_TSONLY) === 0;
    const common = { errno: "ENOMSG", type: 0, code: 0, info: stage, data: key, truncated } as const;
    const what = { origin: "timestamping", ...common } as const;
    this.#report((wanted & timestamping.SOFTWARE) === 0 ? what : { ...what, at });
    this.#wake();
  }

  #report(what: ErrorReport): void {
    report(this.#core, what);
  }
}
