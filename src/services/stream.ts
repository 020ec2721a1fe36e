/**
 * A stream socket seen through callbacks: what both ends of every TCP service here are made of.
 * Reading follows the reader (pause, resume) and writing is never refused, but `write` says when to wait.
 */
import { SocketError } from "../base/errno.ts";
import type { Socket, SocketAddress } from "../stack/socket.ts";
import { abort, again, failureOf, takeError, tryReceive, trySend } from "./attempt.ts";

/** What a stream tells its owner. Nothing follows `closed`. */
export interface StreamEvents {
  /** The handshake is done. Only for streams that connect. */
  connected?(): void;
  /** Bytes have arrived; they are lent until the call returns. */
  data(bytes: Uint8Array): void;
  /** The peer has sent its last. */
  ended(): void;
  /** Everything written has been taken by the socket. Only after `write` said false. */
  drained?(): void;
  /** It is over, and the socket is closed. */
  closed(error: SocketError | undefined): void;
}

export class Stream {
  readonly socket: Socket;
  /** Payload bytes so far. */
  bytesIn = 0;
  bytesOut = 0;
  readonly #events: StreamEvents;
  readonly #scratch: Uint8Array;
  readonly #pending: Uint8Array[] = [];
  readonly #connectingTo: SocketAddress | undefined;
  #state: "connecting" | "open" | "closed";
  #reading = true;
  /** Inside {@link pump}: what is lent must not be overwritten by a second read. */
  #pumping = false;
  #peerEnded = false;
  /** `end` was called; "sent" once the FIN is the socket's. */
  #end: "no" | "wanted" | "sent" = "no";

  /**
   * Takes the socket over. Call {@link pump} once the owner is ready for events.
   * @param connectingTo Where its connect is under way to; undefined: it is connected.
   * @param scratch What is received passes through here; streams of one owner share it.
   */
  constructor(
    socket: Socket,
    connectingTo: SocketAddress | undefined,
    events: StreamEvents,
    scratch: Uint8Array,
  ) {
    this.socket = socket;
    this.#connectingTo = connectingTo;
    this.#state = connectingTo === undefined ? "open" : "connecting";
    this.#events = events;
    this.#scratch = scratch;
    socket.onReady = () => this.pump();
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** True once nothing more can be written. */
  get isEnding(): boolean {
    return this.#end !== "no";
  }

  /** True while written bytes wait for room. `drained` follows. */
  get isCongested(): boolean {
    return this.#pending.length > 0;
  }

  /** Sends, or keeps a copy until there is room. False: wait for `drained` before writing more. */
  write(bytes: Uint8Array): boolean {
    if (this.#state === "closed" || this.#end !== "no") return false;
    if (this.#state === "connecting" || this.#pending.length > 0) {
      this.#pending.push(bytes.slice());
      return false;
    }
    const taken = this.#send(bytes);
    if (taken < bytes.length && !this.isClosed) this.#pending.push(bytes.slice(taken));
    return taken === bytes.length;
  }

  /** Half-closes after what was written. The stream closes when the peer has ended too. */
  end(): void {
    if (this.#end !== "no") return;
    this.#end = "wanted";
    this.#finish();
  }

  /** No `data` until {@link resume}; the peer is slowed by its window. */
  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    if (!this.#pumping) this.pump();
  }

  /** Gives it up at once, with a reset. */
  destroy(error?: SocketError): void {
    if (this.#state === "closed") return;
    abort(this.socket);
    this.#close(error);
  }

  /** Does whatever the socket is ready for. */
  pump(): void {
    this.#pumping = true;
    if (this.#state === "connecting") this.#connect();
    if (this.#state === "open") this.#flush();
    if (this.#state === "open") this.#read();
    this.#pumping = false;
  }

  #connect(): void {
    const ready = this.socket.poll();
    if (!(ready.writable || ready.error || ready.hangup)) return;
    const error = takeError(this.socket, "connect", this.#connectingTo);
    if (error !== undefined) {
      this.#fail(error);
      return;
    }
    this.#state = "open";
    this.#events.connected?.();
  }

  #flush(): void {
    const waited = this.#pending.length > 0;
    while (this.#pending.length > 0) {
      const bytes = this.#pending[0]!;
      const taken = this.#send(bytes);
      if (this.isClosed) return;
      if (taken < bytes.length) {
        this.#pending[0] = bytes.subarray(taken);
        return;
      }
      this.#pending.shift();
    }
    this.#finish();
    if (waited && this.#end === "no") this.#events.drained?.();
  }

  /** How much of `bytes` the socket took; a failure closes the stream. */
  #send(bytes: Uint8Array): number {
    let taken = 0;
    while (taken < bytes.length) {
      const count = trySend(this.socket, taken === 0 ? bytes : bytes.subarray(taken));
      if (count instanceof SocketError) {
        this.#fail(count);
        return taken;
      }
      if (count === again || count === 0) break;
      taken += count;
      this.bytesOut += count;
    }
    return taken;
  }

  #read(): void {
    while (this.#reading && !this.#peerEnded && this.#state === "open") {
      const count = tryReceive(this.socket, this.#scratch);
      if (count === again) return;
      if (count instanceof SocketError) {
        this.#fail(count);
        return;
      }
      if (count === 0) {
        this.#ended();
        return;
      }
      this.bytesIn += count;
      this.#events.data(this.#scratch.subarray(0, count));
    }
  }

  #ended(): void {
    this.#peerEnded = true;
    this.#events.ended();
    this.#finish();
  }

  /** Sends the FIN when its turn has come, and closes when both directions are over. */
  #finish(): void {
    if (this.#state !== "open") return;
    if (this.#end === "wanted" && this.#pending.length === 0) {
      this.#end = "sent";
      const error = failureOf(() => this.socket.shutdown("SHUT_WR"));
      if (error !== undefined) {
        this.#fail(error);
        return;
      }
    }
    if (this.#end !== "sent" || !this.#peerEnded) return;
    this.socket.close();
    this.#close(undefined);
  }

  #fail(error: SocketError): void {
    if (this.#state === "closed") return;
    this.socket.close();
    this.#close(error);
  }

  #close(error: SocketError | undefined): void {
    this.#state = "closed";
    this.#pending.length = 0;
    this.socket.onReady = undefined;
    this.#events.closed(error);
  }
}
