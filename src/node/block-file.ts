/** A file of blocks: taken at once, written behind, and never more of them waiting than a limit. */
import { closeSync, openSync, write } from "node:fs";

export interface BlockFileOptions {
  /** Bytes that may wait for the disk. Default: 16 MiB. */
  readonly limit?: number | undefined;
}

export interface BlockFile {
  /** Blocks that were left out because the disk was too slow. */
  readonly dropped: number;
  /**
   * Takes a block whole, copying it.
   * @returns false where it was left out, as too much is waiting
   * @throws the error of an earlier write, once; ERR_STREAM_WRITE_AFTER_END after `close`
   */
  write(block: Uint8Array): boolean;
  /** Writes what waits and closes the file. Idempotent. @throws the error of a failed write */
  close(): Promise<void>;
}

/** Opens `path`, emptied if it is there. @throws the system's error, ENOENT, EACCES ... */
export function openBlockFile(path: string, { limit = 16 << 20 }: BlockFileOptions = {}): BlockFile {
  return new BufferedFile(openSync(path, "w"), limit);
}

/** Blocks are gathered into pieces of this size. */
const pieceSize = 64 << 10;

class BufferedFile implements BlockFile {
  dropped = 0;
  readonly #limit: number;
  readonly #fd: number;
  /** Full pieces, oldest first; the first is being written while `#writing`. */
  readonly #waiting: Uint8Array[] = [];
  /** What is being filled: `[0, #given)` is waiting or written already, `[#given, #used)` is new. */
  #piece = new Uint8Array(pieceSize);
  #given = 0;
  #used = 0;
  /** Bytes taken and not yet written. */
  #bytes = 0;
  #writing = false;
  #flushing: NodeJS.Immediate | undefined;
  #error: Error | undefined;
  #closing: Promise<void> | undefined;
  #idle: () => void = () => {};

  constructor(fd: number, limit: number) {
    this.#fd = fd;
    this.#limit = limit;
  }

  write(block: Uint8Array): boolean {
    if (this.#closing !== undefined)
      throw Object.assign(new Error("the file is closed"), { code: "ERR_STREAM_WRITE_AFTER_END" });
    this.#throwError();
    if (this.#bytes + block.length > this.#limit) {
      this.dropped++;
      return false;
    }
    this.#bytes += block.length;
    if (block.length > pieceSize - this.#used) this.#nextPiece();
    if (block.length > pieceSize) this.#waiting.push(block.slice());
    else {
      this.#piece.set(block, this.#used);
      this.#used += block.length;
    }
    this.#flushing ??= setImmediate(() => {
      this.#flushing = undefined;
      this.#flush();
    });
    return true;
  }

  #nextPiece(): void {
    this.#give();
    this.#piece = new Uint8Array(pieceSize);
    this.#given = 0;
    this.#used = 0;
  }

  /** What is new joins what waits. */
  #give(): void {
    if (this.#given === this.#used) return;
    this.#waiting.push(this.#piece.subarray(this.#given, this.#used));
    this.#given = this.#used;
  }

  #flush(): void {
    if (this.#writing) return;
    if (this.#waiting.length === 0) this.#give();
    const piece = this.#error === undefined ? this.#waiting[0] : undefined;
    if (piece === undefined) {
      this.#idle();
      return;
    }
    this.#writing = true;
    write(this.#fd, piece, (error, written) => {
      this.#writing = false;
      this.#bytes -= written ?? 0;
      if (error) this.#error = error;
      else if (written < piece.length) this.#waiting[0] = piece.subarray(written);
      else this.#waiting.shift();
      this.#flush();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
      this.#flush();
    });
    clearImmediate(this.#flushing);
    closeSync(this.#fd);
    this.#throwError();
  }

  #throwError(): void {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
  }
}
