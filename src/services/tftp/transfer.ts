/**
 * One file on its way to one client, from a port of its own (RFC 1350, section 4: the transfer identifier).
 * A duplicate ACK never sends anything: only the timer retransmits (RFC 1123, section 4.2.3.1, the Sorcerer's
 * Apprentice Syndrome).
 */
import { u16 } from "../../base/bytes.ts";
import { SocketError } from "../../base/errno.ts";
import type { Alarm } from "../../base/time/clock.ts";
import type { EndpointName, Socket } from "../../stack/socket.ts";
import { trySend } from "../attempt.ts";
import { receiveFrom } from "../datagram-server.ts";
import type { FileContent } from "../file-source.ts";
import type { ServiceHost } from "../service.ts";
import type { TftpTerms } from "./options.ts";
import { errorCodes, errorPacket, oackPacket, opcodes, putDataHeader } from "./packet.ts";
import type { BlockReader } from "./reader.ts";

/** Milliseconds; doubled at each retransmission (RFC 1123, section 4.2.3.2) unless the client fixed it. */
const firstTimeout = 1000;
const longestTimeout = 8000;
const mostAttempts = 6;
const headerLength = 4;
/** What a client says in a transfer is short: an ACK, or an ERROR with a text. */
const longestReply = 576;

/** How a transfer ended. */
export type TransferEnd = "done" | "timeout" | "refused-by-peer" | "unreachable" | "aborted";

export interface TransferResult {
  readonly end: TransferEnd;
  readonly client: EndpointName;
  readonly localPort: number;
  readonly bytes: number;
  readonly blocks: number;
  readonly retransmissions: number;
}

export interface TransferOptions {
  readonly host: ServiceHost;
  /** Connected to the client: nobody else is heard. */
  readonly socket: Socket;
  readonly client: EndpointName;
  readonly file: FileContent;
  readonly reader: BlockReader;
  readonly terms: TftpTerms;
  readonly ended: (result: TransferResult) => void;
}

export class Transfer {
  readonly #options: TransferOptions;
  readonly #alarm: Alarm;
  readonly #reply = new Uint8Array(longestReply);
  readonly #buffer: Uint8Array;
  readonly #localPort: number;
  /** What waits for its ACK, and the block number it waits for; counted on past 65,535. */
  #packet: Uint8Array;
  #block = 0;
  /** The packet under way is the last one. */
  #last = false;
  #attempts = 0;
  #timeout: number;
  #bytes = 0;
  #retransmissions = 0;
  #ended = false;

  constructor(options: TransferOptions) {
    this.#options = options;
    this.#buffer = new Uint8Array(headerLength + options.terms.blockSize);
    this.#packet = this.#buffer;
    this.#timeout = options.terms.timeout ?? firstTimeout;
    this.#localPort = options.socket.localEndpoint().port;
    this.#alarm = options.host.clock.alarm(() => this.#retransmit());
    options.socket.onReady = () => this.#pump();
  }

  /** Something was acknowledged, but the client has been silent since. */
  get isStalled(): boolean {
    return (
      this.#attempts > 1 && (this.#block > 1 || (this.#block === 1 && this.#options.terms.agreed.size > 0))
    );
  }

  /** Sends the OACK, or block 1 where nothing was agreed. */
  start(): void {
    if (this.#options.terms.agreed.size === 0) {
      this.#nextBlock();
      return;
    }
    this.#packet = oackPacket(this.#options.terms.agreed);
    this.#send();
  }

  abort(): void {
    if (this.#ended) return;
    trySend(this.#options.socket, errorPacket(errorCodes.undefined, "server is shutting down"));
    this.#end("aborted");
  }

  /** Ends it without a word to the client. */
  drop(): void {
    if (!this.#ended) this.#end("timeout");
  }

  #pump(): void {
    while (!this.#ended) {
      const received = receiveFrom(this.#options.socket, this.#reply);
      if (received === "none") return;
      if (!(received instanceof SocketError)) this.#take(received.length);
      // The way is narrower than was thought: from now on the block goes in fragments (RFC 1191, section 6.5).
      else if (received.code === "EMSGSIZE") this.#retransmit();
      else this.#end("unreachable");
    }
  }

  #take(length: number): void {
    if (length < headerLength) return;
    const opcode = u16(this.#reply, 0);
    if (opcode === opcodes.ERROR) {
      this.#end("refused-by-peer");
      return;
    }
    if (opcode !== opcodes.ACK || u16(this.#reply, 2) !== (this.#block & 0xffff)) return;
    if (this.#last) {
      this.#end("done");
      return;
    }
    this.#nextBlock();
  }

  #nextBlock(): void {
    this.#block++;
    const count = this.#options.reader.next(this.#buffer.subarray(headerLength));
    this.#last = count < this.#options.terms.blockSize;
    this.#bytes += count;
    putDataHeader(this.#buffer, this.#block);
    this.#packet = this.#buffer.subarray(0, headerLength + count);
    this.#attempts = 0;
    this.#timeout = this.#options.terms.timeout ?? firstTimeout;
    this.#send();
  }

  /** A datagram the stack has no room for is as good as lost: the timer sends it again. */
  #send(): void {
    this.#attempts++;
    trySend(this.#options.socket, this.#packet);
    this.#alarm.set(this.#options.host.clock.now() + this.#timeout);
  }

  #retransmit(): void {
    if (this.#ended) return;
    if (this.#attempts >= mostAttempts) {
      this.#end("timeout");
      return;
    }
    if (this.#options.terms.timeout === undefined)
      this.#timeout = Math.min(this.#timeout * 2, longestTimeout);
    this.#retransmissions++;
    this.#send();
  }

  #end(end: TransferEnd): void {
    this.#ended = true;
    this.#alarm.set(Number.POSITIVE_INFINITY);
    this.#options.socket.onReady = undefined;
    this.#options.socket.close();
    this.#options.file.close?.();
    this.#options.ended({
      end,
      client: this.#options.client,
      localPort: this.#localPort,
      bytes: this.#bytes,
      blocks: this.#block,
      retransmissions: this.#retransmissions,
    });
  }
}
