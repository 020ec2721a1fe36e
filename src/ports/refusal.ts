/** Errors of the port manager, as callers see them. */
import { formatAddress } from "../base/address.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { type ErrnoName, SocketError } from "../base/errno.ts";
import type { Binding, BindRequest, PortCall } from "./binding.ts";
import { BindingRecord } from "./binding-record.ts";
import type { PortSpace } from "./port-space.ts";
import { isPort } from "./range.ts";

/** `wanted` is what was to be bound; where a port was to be chosen for it, the error says how full the range is. */
export function refusal<Owner>(
  code: ErrnoName,
  call: PortCall,
  { inUse, resting, choice }: PortSpace<Owner>,
  wanted: BindRequest | Binding<Owner>,
  at: Endpoint,
): SocketError {
  const chosen = wanted.port === 0 && !("released" in wanted);
  const fullness = chosen ? { inUse, held: resting, range: choice.rangeFor(wanted) } : {};
  return new SocketError(code, call, { address: formatAddress(at.address), port: at.port, ...fullness });
}

/** @throws RangeError */
export function checkPort(port: number): void {
  if (!isPort(port)) throw new RangeError(`not a port: ${port}`);
}

/** @throws TypeError */
export function ownRecord<Owner>(binding: Binding<Owner>): BindingRecord<Owner> {
  if (!(binding instanceof BindingRecord)) throw new TypeError("not a binding of a port manager");
  return binding;
}

/** @throws TypeError where it was released */
export function liveRecord<Owner>(binding: Binding<Owner>): BindingRecord<Owner> {
  const record = ownRecord(binding);
  if (record.released) throw new TypeError(`port ${record.port} was released`);
  return record;
}
