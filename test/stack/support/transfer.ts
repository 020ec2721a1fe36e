/** Two sockets that send each other all they have, shut down, read to the end and close. */
import { sameBytes } from "../../../src/base/bytes.ts";
import type { Host } from "../../../src/stack/host.ts";
import type { Socket, SocketDomain } from "../../../src/stack/socket.ts";
import { outcome } from "./fake-world.ts";

/** How it ended for one side: `whole` where every byte came as it was sent, or what went wrong. */
export type Fate = "open" | "whole" | "wrong" | "too short" | "too long" | (string & {});

/** One side: writes as the buffer takes it, compares what comes with what is expected. */
class Side {
  fate: Fate = "open";
  finishedAt = 0;
  /** Called when the connection could not be opened. */
  onUnreachable: () => void = () => {};
  readonly #socket: Socket;
  readonly #host: Host;
  readonly #sends: Uint8Array;
  readonly #expects: Uint8Array;
  readonly #buffer = new Uint8Array(32_768);
  #sent = 0;
  #received = 0;

  constructor(host: Host, socket: Socket, sends: Uint8Array, expects: Uint8Array) {
    this.#host = host;
    this.#socket = socket;
    this.#sends = sends;
    this.#expects = expects;
    socket.onReady = () => this.work();
  }

  work(): void {
    this.#write();
    this.#read();
  }

  #write(): void {
    while (this.fate === "open" && this.#sent < this.#sends.length) {
      const taken = outcome(() => this.#socket.send(this.#sends.subarray(this.#sent)));
      if (taken === "EAGAIN") return;
      if (typeof taken === "string") this.#end(taken);
      else this.#sent += taken;
      if (this.#sent === this.#sends.length) this.#socket.shutdown("SHUT_WR");
    }
  }

  #read(): void {
    while (this.fate === "open") {
      const got = outcome(() => this.#socket.recv(this.#buffer));
      if (got === "EAGAIN") return;
      if (typeof got === "string") this.#end(got);
      else if (got === 0) this.#end(this.#received === this.#expects.length ? "whole" : "too short");
      else this.#compare(got);
    }
  }

  #compare(count: number): void {
    const end = this.#received + count;
    if (end > this.#expects.length) this.#end("too long");
    else if (!sameBytes(this.#buffer.subarray(0, count), this.#expects.subarray(this.#received, end)))
      this.#end("wrong");
    this.#received = end;
  }

  #end(fate: Fate): void {
    this.fate = fate;
    this.finishedAt = this.#host.now();
    this.#socket.close();
    if (fate === "EHOSTUNREACH" && this.#received === 0) this.onUnreachable();
  }
}

export class Transfer {
  #client: Side | undefined;
  #server: Side | undefined;
  readonly #connect: () => void;

  /** Where nobody answers for the server's address on the link, the client tries again, as its user would. */
  constructor(
    client: Host,
    server: Host,
    at: { readonly domain: SocketDomain; readonly address: string; readonly port: number },
    up: Uint8Array,
    down: Uint8Array,
  ) {
    const listener = server.socket(at.domain, "SOCK_STREAM");
    listener.bind(at);
    listener.listen(1);
    listener.onReady = () => {
      this.#server = new Side(server, listener.accept(), down, up);
      listener.close();
      this.#server.work();
    };
    this.#connect = () => {
      const socket = client.socket(at.domain, "SOCK_STREAM");
      this.#client = new Side(client, socket, up, down);
      this.#client.onUnreachable = this.#connect;
      const answer = outcome(() => socket.connect(at));
      if (answer !== "EINPROGRESS") throw new Error(`connect: ${String(answer)}`);
    };
    this.#connect();
  }

  /** When each side was through. */
  get finishedAt(): number[] {
    return [this.#client?.finishedAt ?? 0, this.#server?.finishedAt ?? 0];
  }

  outcome(): { client: Fate; server: Fate } {
    return { client: this.#client?.fate ?? "open", server: this.#server?.fate ?? "never accepted" };
  }
}
