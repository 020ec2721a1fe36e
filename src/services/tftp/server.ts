/** A TFTP server that gives files out (RFC 1350, with the options of RFC 2347 to 2349). Writing is refused. */
import { SocketError } from "../../base/errno.ts";
import type { EndpointName, Socket } from "../../stack/socket.ts";
import { failureOf, trySend } from "../attempt.ts";
import { bindAt, receiveFrom } from "../datagram-server.ts";
import { type FileContent, type FileSource, safePath } from "../file-source.ts";
import {
  newCounters,
  type Service,
  type ServiceAddress,
  type ServiceCounters,
  type ServiceHost,
} from "../service.ts";
import { agree, largestBlockSize } from "./options.ts";
import { errorCodes, errorPacket, parseRequest, type TftpRequest } from "./packet.ts";
import { netasciiReader, octetReader } from "./reader.ts";
import { Transfer, type TransferResult } from "./transfer.ts";

export interface TftpServerOptions {
  readonly files: FileSource;
  /** Transfers at once; more are refused. */
  readonly transfers?: number | undefined;
  /** Largest block agreed to, 8 to 65,464 bytes. */
  readonly blockSize?: number | undefined;
  /** Told of each transfer that ended. */
  readonly log?: ((result: TransferResult, file: string) => void) | undefined;
}

const defaultTransfers = 256;

/** @throws SocketError as bind does. */
export class TftpServer implements Service {
  readonly name = "tftp";
  readonly counters: ServiceCounters = newCounters();
  readonly #host: ServiceHost;
  readonly #at: ServiceAddress;
  readonly #options: TftpServerOptions;
  readonly #socket: Socket;
  /** By client endpoint: a client has one transfer at a time from one port. */
  readonly #transfers = new Map<string, Transfer>();
  readonly #scratch = new Uint8Array(2048);

  constructor(host: ServiceHost, at: ServiceAddress, options: TftpServerOptions) {
    this.#host = host;
    this.#at = at;
    this.#options = options;
    this.#socket = bindAt(host, at);
    this.#socket.label = this.name;
    this.#socket.onReady = () => this.#pump();
  }

  /** Transfers under way. */
  get transfers(): number {
    return this.#transfers.size;
  }

  close(): void {
    this.#socket.onReady = undefined;
    this.#socket.close();
    for (const transfer of [...this.#transfers.values()]) transfer.abort();
  }

  #pump(): void {
    for (let errors = 0; errors < 8; ) {
      const received = receiveFrom(this.#socket, this.#scratch);
      if (received === "none") return;
      if (received instanceof SocketError) errors++;
      else this.#request(this.#scratch.subarray(0, received.length), received.from);
    }
  }

  #request(bytes: Uint8Array, client: EndpointName): void {
    const request = parseRequest(bytes);
    // An ERROR must not be answered, nor may what is no request: two servers would go on for ever.
    if (typeof request === "string" || client.port === 0) {
      this.counters.refused++;
      return;
    }
    const key = `${client.address} ${client.port}`;
    const before = this.#transfers.get(key);
    // A request sent again, or held up in the network, is no new one; one by a client that has gone silent is.
    if (before !== undefined && !before.isStalled) return;
    const verdict = this.#open(request);
    if ("code" in verdict) {
      this.counters.refused++;
      this.#refuse(client, verdict.code, verdict.message);
      return;
    }
    before?.drop();
    this.#begin(request, client, key, verdict);
  }

  /** The file asked for, or the error that answers instead. */
  #open({ operation, mode, file }: TftpRequest): FileContent | { code: number; message: string } {
    if (operation === "write") return { code: errorCodes.accessViolation, message: "this server only reads" };
    if (mode !== "octet" && mode !== "netascii")
      return { code: errorCodes.illegalOperation, message: "mode is neither octet nor netascii" };
    if (this.#transfers.size >= (this.#options.transfers ?? defaultTransfers))
      return { code: errorCodes.undefined, message: "too many transfers, try again later" };
    const path = safePath(file);
    const content = path === undefined ? undefined : this.#options.files.open(path);
    return content ?? { code: errorCodes.fileNotFound, message: "file not found" };
  }

  #begin(request: TftpRequest, client: EndpointName, key: string, file: FileContent): void {
    const socket = this.#replySocket(client);
    if (socket === undefined) {
      file.close?.();
      this.counters.failed++;
      return;
    }
    const octet = request.mode === "octet";
    const mostBlockSize = Math.min(this.#options.blockSize ?? largestBlockSize, largestBlockSize);
    const transfer = new Transfer({
      host: this.#host,
      socket,
      client,
      file,
      reader: octet ? octetReader(file) : netasciiReader(file),
      terms: agree(request.options, octet ? file.size : undefined, mostBlockSize),
      ended: (result) => {
        if (this.#transfers.get(key) === transfer) this.#transfers.delete(key);
        if (result.end !== "done") this.counters.failed++;
        this.counters.bytesOut += result.bytes;
        this.#options.log?.(result, request.file);
      },
    });
    this.counters.served++;
    this.#transfers.set(key, transfer);
    transfer.start();
  }

  /** A socket of its own for what is said to `client`, on an ephemeral port. */
  #replySocket(client: EndpointName): Socket | undefined {
    let socket: Socket | undefined;
    const error = failureOf(() => {
      socket = bindAt(this.#host, { ...this.#at, port: 0 });
      socket.label = this.name;
      socket.connect({ address: client.address, port: client.port, scope: this.#at.scope });
    });
    if (error === undefined) return socket;
    socket?.close();
    return undefined;
  }

  #refuse(client: EndpointName, code: number, message: string): void {
    const socket = this.#replySocket(client);
    if (socket === undefined) return;
    trySend(socket, errorPacket(code, message));
    socket.close();
  }
}
