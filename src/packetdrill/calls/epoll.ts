/** epoll(7) over sockets: level and edge triggered, one-shot. */
import type { Readiness } from "../../stack/socket.ts";
import type { Descriptor } from "./descriptor.ts";

/** Bits of Linux's epoll_event. */
export const epollBits = {
  IN: 0x1,
  PRI: 0x2,
  OUT: 0x4,
  ERR: 0x8,
  HUP: 0x10,
  RDNORM: 0x40,
  WRNORM: 0x100,
  RDHUP: 0x2000,
  ONESHOT: 0x40000000,
  EDGE: 0x80000000,
} as const;

interface Interest {
  readonly descriptor: Descriptor;
  events: number;
  /** The member of the data union the script wrote, and its value. */
  data: EpollData;
  /** Something happened since it was last reported. */
  fresh: boolean;
  /** Reported once and not armed again. */
  spent: boolean;
}

export interface EpollData {
  readonly name: "fd" | "ptr" | "u32" | "u64";
  readonly value: number;
}

export interface EpollEvent {
  readonly events: number;
  readonly data: EpollData;
}

/** Bits of poll(2) and epoll alike for what a socket is ready for. */
export function readyBits(ready: Readiness): number {
  return (
    (ready.readable ? epollBits.IN | epollBits.RDNORM : 0) |
    (ready.writable ? epollBits.OUT | epollBits.WRNORM : 0) |
    (ready.error ? epollBits.ERR : 0) |
    (ready.hangup ? epollBits.HUP : 0) |
    (ready.readHangup ? epollBits.RDHUP : 0)
  );
}

export class Epoll {
  readonly #interests = new Map<number, Interest>();

  /** False where the descriptor is known already (EEXIST). */
  add(descriptor: Descriptor, events: number, data: EpollData): boolean {
    if (this.#interests.has(descriptor.label)) return false;
    this.#interests.set(descriptor.label, { descriptor, events, data, fresh: true, spent: false });
    return true;
  }

  /** False where the descriptor is unknown (ENOENT). Changing arms again. */
  change(label: number, events: number, data: EpollData): boolean {
    const interest = this.#interests.get(label);
    if (interest === undefined) return false;
    Object.assign(interest, { events, data, fresh: true, spent: false });
    return true;
  }

  remove(label: number): boolean {
    return this.#interests.delete(label);
  }

  /** Something happened on the socket: an edge for those that wait for one. */
  stirred(label: number): void {
    const interest = this.#interests.get(label);
    if (interest !== undefined) interest.fresh = true;
  }

  /** What is ready, at most `most`; what is reported as an edge is not reported again before the next one. */
  wait(most: number): EpollEvent[] {
    const found: EpollEvent[] = [];
    for (const interest of this.#interests.values()) {
      if (found.length === most) break;
      const events = readyFor(interest);
      if (events === 0) continue;
      interest.fresh = false;
      interest.spent = (interest.events & epollBits.ONESHOT) !== 0;
      found.push({ events, data: interest.data });
    }
    return found;
  }
}

function readyFor(interest: Interest): number {
  const { socket } = interest.descriptor;
  if (socket === undefined || interest.spent) return 0;
  const edge = interest.events >= epollBits.EDGE;
  if (edge && !interest.fresh) return 0;
  const wanted = interest.events | epollBits.ERR | epollBits.HUP;
  return readyBits(socket.poll()) & wanted & 0xffff;
}
