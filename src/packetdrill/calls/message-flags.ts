/** The MSG_ flags of a call, as our sockets take them. */
import type { MessageFlags } from "../../stack/socket.ts";
import { symbolValue } from "../language/names/symbols.ts";
import type { Platform } from "../language/script/script.ts";
import { unsupported } from "../run/failure.ts";

export interface CallFlags extends MessageFlags {
  /** MSG_DONTWAIT */
  readonly dontWait: boolean;
  /** MSG_WAITALL */
  readonly waitAll: boolean;
  /** MSG_ERRQUEUE */
  readonly errorQueue?: boolean;
}

const known = {
  MSG_PEEK: { peek: true },
  MSG_TRUNC: { truncate: true },
  MSG_MORE: { more: true },
  MSG_OOB: { urgent: true },
  MSG_DONTWAIT: { dontWait: true },
  MSG_WAITALL: { waitAll: true },
  MSG_ERRQUEUE: { errorQueue: true },
  MSG_ZEROCOPY: { zerocopy: true },
  MSG_NOSIGNAL: {},
  MSG_EOR: { endOfRecord: true },
  MSG_CMSG_CLOEXEC: {},
} as const;

/** Flags nobody acts on here would make a script lie: they are refused. */
export function messageFlags(bits: number, platform: Platform): CallFlags {
  let left = bits;
  let flags: CallFlags = { dontWait: false, waitAll: false };
  for (const [name, meaning] of Object.entries(known)) {
    const bit = symbolValue(platform, name) ?? 0;
    if (bit === 0 || (bits & bit) === 0) continue;
    left &= ~bit;
    flags = { ...flags, ...meaning };
  }
  if (left !== 0) unsupported(`message flags 0x${(left >>> 0).toString(16)}`);
  return flags;
}
