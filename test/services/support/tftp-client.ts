/** A TFTP client that can be told to misbehave. */
import { u16 } from "../../../src/base/bytes.ts";
import { SocketError } from "../../../src/base/errno.ts";
import { decodeLatin1, encodeLatin1 } from "../../../src/base/text.ts";
import { receiveFrom } from "../../../src/services/datagram-server.ts";
import type { ServiceHost } from "../../../src/services/service.ts";
import type { Socket } from "../../../src/stack/socket.ts";

export class TestTftpClient {
  done = false;
  serverPort = 0;
  blocks = 0;
  agreed: { [name: string]: string; blksize?: string } = {};
  error: { code: number; message: string } | undefined;
  acksPerBlock = 1;
  /** Goes silent after this many blocks. */
  stopAfter = Infinity;
  /** Sends an ERROR instead of acknowledging this block. */
  failAt = Infinity;
  #parts: Uint8Array[] = [];
  #blockSize = 512;
  readonly #socket: Socket;
  readonly #server: { address: string; port: number };
  readonly #request: Uint8Array;

  constructor(
    host: ServiceHost,
    server: { address: string; port: number },
    file: string,
    options: Record<string, string>,
    mode: string,
  ) {
    const wanted = Object.entries(options).map(([name, value]) => `${name}\0${value}\0`);
    this.#server = server;
    this.#request = encodeLatin1(`\0\x01${file}\0${mode}\0${wanted.join("")}`);
    this.#socket = host.socket("AF_INET", "SOCK_DGRAM");
    const scratch = new Uint8Array(65_536);
    this.#socket.onReady = () => {
      for (;;) {
        const received = receiveFrom(this.#socket, scratch);
        if (received === "none" || received instanceof SocketError) return;
        this.#take(scratch.slice(0, received.length), received.from.port);
      }
    };
    this.ask();
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }

  ask(): void {
    this.#socket.sendTo(this.#request, this.#server);
  }

  /** Forgets everything and asks again from the same port. */
  restart(): void {
    this.#parts = [];
    this.blocks = 0;
    this.serverPort = 0;
    this.stopAfter = Infinity;
    this.ask();
  }

  close(): void {
    this.#socket.close();
  }

  #take(packet: Uint8Array, from: number): void {
    if (this.serverPort === 0) this.serverPort = from;
    if (from !== this.serverPort) return;
    const opcode = u16(packet, 0);
    if (opcode === 5) {
      this.error = { code: u16(packet, 2), message: decodeLatin1(packet, 4, packet.length - 1) };
      return;
    }
    if (opcode === 6) {
      const words = decodeLatin1(packet, 2, packet.length - 1).split("\0");
      for (let i = 0; i < words.length; i += 2) this.agreed[words[i]!] = words[i + 1]!;
      this.#blockSize = Number(this.agreed.blksize ?? 512);
      this.#acknowledge(0);
      return;
    }
    const block = u16(packet, 2);
    if (block === ((this.blocks + 1) & 0xffff)) {
      if (this.blocks >= this.stopAfter) return;
      if (this.blocks + 1 === this.failAt) {
        this.#socket.sendTo(encodeLatin1("\0\x05\0\x03disk full\0"), { ...this.#server, port: from });
        return;
      }
      this.blocks++;
      this.#parts.push(packet.slice(4));
      if (packet.length - 4 < this.#blockSize) this.done = true;
    }
    this.#acknowledge(block);
  }

  #acknowledge(block: number): void {
    for (let i = 0; i < this.acksPerBlock; i++)
      this.#socket.sendTo(Uint8Array.of(0, 4, block >>> 8, block), {
        address: this.#server.address,
        port: this.serverPort,
      });
  }
}
