/**
 * Calls that block, done by a thread of their own, so that this one goes on meanwhile without its event loop: it looks
 * whether the call is over, or sleeps on a descriptor that becomes readable then.
 */
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { nativeError } from "../native.ts";
import { closeOnExec, nonBlocking } from "../structs.ts";
import { LinkUnavailableError } from "../unavailable.ts";
import type { CallName, CallOutcome, SystemCalls } from "./calls.ts";

/** What the two threads share: 32-bit words, and the result as a double at {@link resultAt}. */
export const shared = { state: 0, thread: 1, errno: 2, length: 32, resultAt: 2 } as const;
export const states = { starting: 0, idle: 1, posted: 2, inside: 3, done: 4 } as const;

export interface Order {
  readonly name: CallName;
  readonly args: readonly number[];
}

export interface BlockingStart {
  readonly memory: SharedArrayBuffer;
  readonly port: MessagePort;
  /** Written to when a call is over. */
  readonly bell: number;
}

/** So long the thread has to start, in milliseconds. */
const startLimit = 20_000;

export class BlockingCaller {
  /** Readable once a call is over, until {@link take}. */
  readonly bell: number;
  readonly #calls: SystemCalls;
  readonly #words: Int32Array;
  readonly #results: Float64Array;
  readonly #port: MessagePort;

  /** @throws LinkUnavailableError where the thread does not start */
  constructor(calls: SystemCalls) {
    this.#calls = calls;
    const bell = calls.invoke("eventfd", 0, nonBlocking | closeOnExec);
    if (bell.value < 0) throw nativeError(calls.native, "eventfd");
    this.bell = bell.value;
    const memory = new SharedArrayBuffer(shared.length);
    this.#words = new Int32Array(memory);
    this.#results = new Float64Array(memory);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const entry = new URL(`./blocking-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
    const start: BlockingStart = { memory, port: port2, bell: this.bell };
    new Worker(entry, { workerData: start, transferList: [port2] }).unref();
    if (Atomics.wait(this.#words, shared.state, states.starting, startLimit) === "timed-out")
      throw new LinkUnavailableError("a thread for blocking calls does not start", "try again");
  }

  /** Begins a call. There must be none under way. */
  start(name: CallName, args: readonly number[]): void {
    const order: Order = { name, args };
    this.#port.postMessage(order);
    Atomics.store(this.#words, shared.state, states.posted);
    Atomics.notify(this.#words, shared.state);
  }

  get done(): boolean {
    return Atomics.load(this.#words, shared.state) === states.done;
  }

  get idle(): boolean {
    return Atomics.load(this.#words, shared.state) === states.idle;
  }

  /** The outcome of a call that is over. */
  take(): CallOutcome {
    const outcome = { value: this.#results[shared.resultAt]!, errno: this.#words[shared.errno]! };
    Atomics.store(this.#words, shared.state, states.idle);
    const count = new Uint8Array(8);
    this.#calls.invoke("read", this.bell, this.#calls.address(count), count.length);
    return outcome;
  }

  /** Returns once the call is over or its thread sleeps in it, or after so many milliseconds. */
  awaitSleep(limit: number): void {
    const end = performance.now() + limit;
    Atomics.wait(this.#words, shared.state, states.posted, limit);
    while (!this.done && performance.now() < end && !this.#sleeps())
      Atomics.wait(this.#words, shared.state, states.inside, 0.05);
  }

  /** Returns once the call is over, or after so many milliseconds. @returns whether it is */
  awaitEnd(limit: number): boolean {
    const end = performance.now() + limit;
    while (!this.done && performance.now() < end) {
      const state = Atomics.load(this.#words, shared.state);
      if (state !== states.done) Atomics.wait(this.#words, shared.state, state, end - performance.now());
    }
    return this.done;
  }

  /** The third word of stat is the state, `S` for a sleep that a signal can end. */
  #sleeps(): boolean {
    if (Atomics.load(this.#words, shared.state) !== states.inside) return false;
    const stat = readFileSync(`/proc/self/task/${this.#words[shared.thread]}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("S");
  }
}
