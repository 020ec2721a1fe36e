/**
 * The parts of two optional packages that are used here. Declared rather than imported, so that everything compiles
 * without them, and because what is used of them is not (`koffi.node.poll`) or wrongly (its callback) declared.
 */

declare module "koffi" {
  export interface PollEvents {
    readonly readable: boolean;
    readonly writable: boolean;
    readonly disconnect: boolean;
  }
  export type PollCallback = (status: number, events: PollEvents) => void;
  export interface PollHandle {
    start(events: { readable?: boolean; writable?: boolean }, callback: PollCallback): void;
    stop(): void;
    close(): void;
    ref(): void;
    unref(): void;
  }
  export interface Library {
    func(name: string, result: string, parameters: readonly string[]): (...values: never[]) => number;
  }
  const koffi: {
    load(path: string | null): Library;
    errno(): number;
    address(memory: Uint8Array): bigint;
    sizeof(type: string): number;
    readonly os: { readonly errno: Readonly<Record<string, number> & { EAGAIN: number; EINTR: number }> };
    readonly node: {
      poll(
        fd: number,
        events: { readable?: boolean; writable?: boolean },
        callback: PollCallback,
      ): PollHandle;
    };
  };

  // biome-ignore lint/style/noDefaultExport: the package has one
  export default koffi;
}

declare module "raw-socket" {
  /** The native half of a socket. Not documented, but the only way to read and write without a queue between. */
  export interface SocketWrap {
    /** Reads one packet into `buffer`. @throws Error with only strerror's text. */
    recv(buffer: Uint8Array, done: (buffer: Uint8Array, length: number, source: string) => void): void;
    /** Writes one packet. @throws Error with only strerror's text. */
    send(
      buffer: Uint8Array,
      offset: number,
      length: number,
      address: string,
      done: (length: number) => void,
    ): void;
    on(event: "recvReady" | "sendReady", listener: () => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    removeAllListeners(event?: string): void;
  }
  export interface Socket {
    readonly wrap: SocketWrap;
    on(event: "error", listener: (error: Error) => void): void;
    close(): void;
    pauseSend(): void;
    resumeSend(): void;
    setOption(level: number, option: number, value: number): void;
    setOption(level: number, option: number, value: Uint8Array, length: number): void;
  }
  const raw: {
    createSocket(options: { protocol: number; addressFamily: number; bufferSize: number }): Socket;
    readonly AddressFamily: { readonly IPv4: number; readonly IPv6: number };
  };

  // biome-ignore lint/style/noDefaultExport: the package has one
  export default raw;
}
