/**
 * System calls as they are: numbers in, a number out, memory by its address. For whoever has to say exactly what a program
 * in C would, wrong lengths and null pointers included; everyone else has kernel-sockets.ts.
 */
import { loadNative, type Native } from "../native.ts";
import { importOptional } from "../unavailable.ts";

/** The calls there are. */
export type CallName =
  | (
      | "socket"
      | "bind"
      | "listen"
      | "accept4"
      | "connect"
      | "shutdown"
      | "close"
      | "fcntl"
      | "ioctl"
      | "open"
      | "pipe"
    )
  | ("getsockopt" | "setsockopt" | "poll" | "ppoll" | "epoll_create" | "epoll_ctl" | "epoll_wait" | "eventfd")
  | ("read" | "write" | "readv" | "writev" | "recv" | "send" | "recvfrom" | "sendto" | "recvmsg" | "sendmsg")
  | ("splice" | "sendfile" | "clock_gettime" | "gettid" | "sched_setscheduler");

/** How many arguments each has, all of a register's size, by the type of what it gives back. */
const counts: Readonly<Record<"int" | "long", string>> = {
  int:
    "socket 3 bind 3 listen 2 accept4 4 connect 3 shutdown 2 close 1 fcntl 3 ioctl 3 open 3 pipe 1 getsockopt 5 " +
    "setsockopt 5 poll 3 ppoll 4 epoll_create 1 epoll_ctl 4 epoll_wait 4 eventfd 2 clock_gettime 2 gettid 0 sched_setscheduler 3",
  long: "read 3 write 3 readv 3 writev 3 recv 4 send 4 recvfrom 6 sendto 6 recvmsg 3 sendmsg 3 splice 6 sendfile 4",
};

export interface CallOutcome {
  readonly value: number;
  /** 0 where it did not fail. */
  readonly errno: number;
}

export interface SystemCalls {
  readonly native: Native;
  /** Blocks as the call does. */
  invoke(name: CallName, ...args: readonly number[]): CallOutcome;
  /** Where memory lies. Keep the array for as long as the kernel may look there. */
  address(memory: Uint8Array): number;
}

let loading: Promise<SystemCalls> | undefined;

/** @throws LinkUnavailableError where koffi is missing or the machine is not one it was made for */
export function loadSystemCalls(): Promise<SystemCalls> {
  loading ??= load();
  return loading;
}

async function load(): Promise<SystemCalls> {
  const native = await loadNative();
  const koffi = await importOptional("koffi", () => import("koffi"));
  const libc = koffi.load(null);
  const functions = new Map<string, (...args: readonly number[]) => number>();
  for (const [result, list] of Object.entries(counts))
    for (const [, name, count] of list.matchAll(/(\w+) (\d)/g)) {
      const parameters = new Array<string>(Number(count)).fill("intptr_t");
      functions.set(name!, libc.func(name!, result, parameters) as (...args: readonly number[]) => number);
    }
  return {
    native,
    invoke: (name, ...args) => {
      const value = functions.get(name)!(...args);
      return { value, errno: value < 0 ? native.errno() : 0 };
    },
    address: (memory) => (memory.length === 0 ? 0 : Number(native.address(memory))),
  };
}
