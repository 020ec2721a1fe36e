/** What a number in a script stands for, as a kernel keeps it: a socket with its file status flags, or an epoll. */
import type { Socket } from "../../stack/socket.ts";
import type { Epoll } from "./epoll.ts";

/** Mutable: fcntl() and epoll change it. */
export interface Descriptor {
  readonly label: number;
  /** Absent for an epoll. */
  readonly socket?: Socket;
  readonly epoll?: Epoll;
  nonBlocking: boolean;
  /** Socket options that programs set and only descriptors act on: milliseconds, 0 for ever. */
  receiveTimeout: number;
}

export class Descriptors {
  readonly #open = new Map<number, Descriptor>();

  /** @returns undefined where the label is in use. */
  add(
    label: number,
    what: Pick<Descriptor, "socket" | "epoll"> & { nonBlocking?: boolean },
  ): Descriptor | undefined {
    if (this.#open.has(label)) return undefined;
    const descriptor: Descriptor = { label, receiveTimeout: 0, nonBlocking: false, ...what };
    this.#open.set(label, descriptor);
    return descriptor;
  }

  get(label: number): Descriptor | undefined {
    return this.#open.get(label);
  }

  remove(label: number): void {
    this.#open.delete(label);
  }

  get open(): readonly Descriptor[] {
    return [...this.#open.values()];
  }
}
