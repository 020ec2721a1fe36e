/** A C library whose every call is the test's own. */
import type { Native, PollCallback } from "../../src/node/native.ts";

export interface FakeNative extends Native {
  /** What errno says after the next failure. */
  failure: string;
  /** Events that a descriptor is watched for, and what to call. */
  readonly polls: Map<number, { events: object; callback: PollCallback; closed: boolean }>;
  readonly closed: number[];
}

const numbers: Readonly<Record<string, number>> = {
  EPERM: 1,
  EINTR: 4,
  EIO: 5,
  EAGAIN: 11,
  EBUSY: 16,
  EINVAL: 22,
  EBADFD: 77,
  EADDRINUSE: 98,
};

/** Calls not given fail the test that makes them. */
export function fakeNative(calls: Partial<Native>): FakeNative {
  const polls: FakeNative["polls"] = new Map();
  const closed: number[] = [];
  const unexpected = (name: string) => () => {
    throw new Error(`unexpected call of ${name}`);
  };
  const names = [
    "open",
    "ioctl",
    "ioctlValue",
    "read",
    "write",
    "socket",
    "bind",
    "listen",
    "setsockopt",
  ] as const;
  const native: FakeNative = {
    ...(Object.fromEntries(names.map((name) => [name, unexpected(name)])) as unknown as Native),
    failure: "EAGAIN",
    polls,
    closed,
    eagain: numbers["EAGAIN"]!,
    eintr: numbers["EINTR"]!,
    errno: () => numbers[native.failure] ?? -1,
    errnoName: () => native.failure,
    address: () => 0x1122334455667788n,
    close: (fd) => closed.push(fd),
    poll: (fd, events, callback) => {
      const watched = { events: events as object, callback, closed: false };
      polls.set(fd, watched);
      return {
        start: (anew, call) => {
          watched.events = anew;
          watched.callback = call;
        },
        stop: () => {
          watched.events = {};
        },
        close: () => {
          watched.closed = true;
        },
      };
    },
    ...calls,
  };
  return native;
}
