/** How option values are read, as getsockopt and setsockopt have them: ints, and a few structures as plain objects. */
import { type Address, parseAddress } from "../../base/address.ts";
import { type ErrnoName, SocketError } from "../../base/errno.ts";
import type { SocketCore } from "../socket-core/core.ts";

/** One option by name. What is missing cannot be read, or not be set. Both throw `SocketError`. */
export interface Option {
  readonly get?: (core: SocketCore) => unknown;
  readonly set?: (core: SocketCore, value: unknown) => void;
}

export type OptionTable = Readonly<Record<string, Option>>;

/** @throws SocketError for setsockopt. */
export function refuse(code: ErrnoName): never {
  throw new SocketError(code, "setsockopt");
}

/** An int; true is 1. @throws EINVAL for anything else. */
export function integer(value: unknown): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "number" || !Number.isInteger(value)) return refuse("EINVAL");
  if (value < -(2 ** 31) || value >= 2 ** 32) return refuse("EINVAL");
  return value | 0;
}

/** Any int but 0 is true. */
export function truth(value: unknown): boolean {
  return integer(value) !== 0;
}

/** An int from `lowest` to `highest`. @throws EINVAL */
export function ranged(value: unknown, lowest: number, highest: number): number {
  const number = integer(value);
  return number < lowest || number > highest ? refuse("EINVAL") : number;
}

/** An address, as text or as an `Address`. @throws EINVAL */
export function addressOf(value: unknown): Address {
  if (typeof value === "string") return parseAddress(value) ?? refuse("EINVAL");
  const word = (name: string): number => integer(field(value, name));
  return { w0: word("w0"), w1: word("w1"), w2: word("w2"), w3: word("w3") };
}

/** Field `name` of a structure. @throws EINVAL where `value` is no object. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return refuse("EINVAL");
  return (value as Record<string, unknown>)[name];
}

/** An option kept by name that nothing acts on yet: it reads back as it was set. */
export function inert(name: string, initial: number, read: (value: unknown) => number): Option {
  return {
    get: ({ options }) => options.inert?.get(name) ?? initial,
    set: ({ options }, value) => {
      const number = read(value);
      options.inert ??= new Map();
      options.inert.set(name, number);
    },
  };
}

/** {@link inert}, 0 or 1. */
export function inertFlag(name: string, initial: 0 | 1 = 0): Option {
  return inert(name, initial, (value) => (truth(value) ? 1 : 0));
}
