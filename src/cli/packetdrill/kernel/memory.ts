/** Memory for the kernel to read and write. */
import type { SystemCalls } from "../../../node/system/calls.ts";

/** What one call works with: kept until it is over, so that none of it is collected. */
export class Memory {
  readonly #calls: SystemCalls;
  readonly #kept: Uint8Array[] = [];

  constructor(calls: SystemCalls) {
    this.#calls = calls;
  }

  /** Keeps the bytes. @returns where they lie */
  keep(bytes: Uint8Array): number {
    this.#kept.push(bytes);
    return this.#calls.address(bytes);
  }

  /** So many zeros, and where they lie. */
  zeros(length: number): { readonly bytes: Uint8Array; readonly at: number } {
    // Never of no length: that would have no address, which means something else.
    const bytes = new Uint8Array(Math.max(length, 1));
    return { bytes, at: this.keep(bytes) };
  }
}

/** 32-bit numbers one after the other. */
export function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value >>> 0, true);
  return bytes;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
