/** Where the ports are in use towards: the destinations that will run out first. */
import { type Address, formatAddress } from "../../base/address.ts";
import type { Binding, TransportProtocol } from "../binding.ts";

export interface Destination {
  readonly protocol: TransportProtocol;
  /** The local address, and the peer with its port. */
  readonly source: Address;
  readonly remote: { readonly address: Address; readonly port: number };
  /** Flows to it, and flows to it that rest. */
  readonly inUse: number;
  readonly held: number;
}

/** Every destination with its flows, those with most first. */
export function destinationsOf<Owner>(ports: { bindings(): Iterable<Binding<Owner>> }): Destination[] {
  const found = new Map<string, { -readonly [Key in keyof Destination]: Destination[Key] }>();
  for (const { protocol, address, remote, state } of ports.bindings()) {
    if (remote === undefined) continue;
    const key = `${protocol} ${formatAddress(address)} ${formatAddress(remote.address)} ${remote.port}`;
    const known = found.get(key) ?? { protocol, source: address, remote, inUse: 0, held: 0 };
    if (state === "held") known.held++;
    else known.inUse++;
    found.set(key, known);
  }
  return [...found.values()].sort((a, b) => b.inUse + b.held - (a.inUse + a.held));
}
