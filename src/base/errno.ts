/**
 * Error numbers by name (POSIX; Linux's values and texts) and the one error that callers see.
 * Shaped as Node shapes its own: `code`, `errno` (negative), `syscall`, `address`, `port`, the same message.
 */

/** Linux's number and libuv's text for each name we can give. */
const table = {
  EPERM: [1, "operation not permitted"],
  ENOENT: [2, "no such file or directory"],
  ESRCH: [3, "no such process"],
  EINTR: [4, "interrupted system call"],
  EIO: [5, "i/o error"],
  ENXIO: [6, "no such device or address"],
  EBADF: [9, "bad file descriptor"],
  EAGAIN: [11, "resource temporarily unavailable"],
  ENOMEM: [12, "not enough memory"],
  EACCES: [13, "permission denied"],
  EFAULT: [14, "bad address in system call argument"],
  EBUSY: [16, "resource busy or locked"],
  EEXIST: [17, "file already exists"],
  ENODEV: [19, "no such device"],
  EINVAL: [22, "invalid argument"],
  EMFILE: [24, "too many open files"],
  ENOTTY: [25, "inappropriate ioctl for device"],
  ESPIPE: [29, "invalid seek"],
  EPIPE: [32, "broken pipe"],
  EDOM: [33, "numerical argument out of domain"],
  ENOMSG: [42, "no message of desired type"],
  ENONET: [64, "machine is not on the network"],
  ENOPROTOOPT: [92, "protocol not available"],
  EPROTO: [71, "protocol error"],
  EOVERFLOW: [75, "value too large for defined data type"],
  ENOTSOCK: [88, "socket operation on non-socket"],
  EDESTADDRREQ: [89, "destination address required"],
  EMSGSIZE: [90, "message too long"],
  EPROTOTYPE: [91, "protocol wrong type for socket"],
  EPROTONOSUPPORT: [93, "protocol not supported"],
  ESOCKTNOSUPPORT: [94, "socket type not supported"],
  EOPNOTSUPP: [95, "operation not supported on socket"],
  EAFNOSUPPORT: [97, "address family not supported"],
  EADDRINUSE: [98, "address already in use"],
  EADDRNOTAVAIL: [99, "address not available"],
  ENETDOWN: [100, "network is down"],
  ENETUNREACH: [101, "network is unreachable"],
  ENETRESET: [102, "network dropped connection on reset"],
  ECONNABORTED: [103, "software caused connection abort"],
  ECONNRESET: [104, "connection reset by peer"],
  ENOBUFS: [105, "no buffer space available"],
  EISCONN: [106, "socket is already connected"],
  ENOTCONN: [107, "socket is not connected"],
  ESHUTDOWN: [108, "cannot send after transport endpoint shutdown"],
  ETIMEDOUT: [110, "connection timed out"],
  ECONNREFUSED: [111, "connection refused"],
  EHOSTDOWN: [112, "host is down"],
  EHOSTUNREACH: [113, "host is unreachable"],
  EALREADY: [114, "connection already in progress"],
  EINPROGRESS: [115, "operation now in progress"],
  ECANCELED: [125, "operation canceled"],
} as const;

export type ErrnoName = keyof typeof table;

/** Linux's number for a name, positive. */
export function errnoNumber(name: ErrnoName): number {
  return table[name][0];
}

/** The text libuv, and so Node, gives for a name; Linux's for the three that libuv does not know. */
export function errnoText(name: ErrnoName): string {
  return table[name][1];
}

export const errnoNames: readonly ErrnoName[] = Object.keys(table) as ErrnoName[];

/** What an error can say beyond its code. */
export interface SocketErrorDetail {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** For an exhausted range: ports in use, ports resting, and the range that was searched. */
  readonly inUse?: number | undefined;
  readonly held?: number | undefined;
  readonly range?: readonly [number, number] | undefined;
}

/** A call that failed, as the caller is told: `connect ECONNREFUSED 127.0.0.1:1`. */
export class SocketError extends Error {
  /** Negative, as Node has it. */
  readonly errno: number;
  readonly code: ErrnoName;
  readonly syscall: string;
  // There only where they say something.
  declare readonly address?: string;
  declare readonly port?: number;
  declare readonly inUse?: number;
  declare readonly held?: number;
  declare readonly range?: readonly [number, number];

  constructor(code: ErrnoName, syscall: string, detail: SocketErrorDetail = {}) {
    super(message(code, syscall, detail));
    this.errno = -errnoNumber(code);
    this.code = code;
    this.syscall = syscall;
    const { address, port, inUse, held, range } = detail;
    if (address !== undefined) this.address = address;
    if (port) this.port = port;
    if (inUse !== undefined) this.inUse = inUse;
    if (held !== undefined) this.held = held;
    if (range !== undefined) this.range = range;
  }
}

/** Node says the libuv text for listen, leaves it out for the others, and never names port 0. */
function message(code: ErrnoName, syscall: string, { address, port }: SocketErrorDetail): string {
  const where = address === undefined ? "" : ` ${address}${port ? `:${port}` : ""}`;
  const text = syscall === "listen" ? `: ${errnoText(code)}` : "";
  return `${syscall} ${code}${text}${where}`;
}
