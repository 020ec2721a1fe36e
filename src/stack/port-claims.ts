/** Ports of addresses that a link shares with another stack (raw sockets): asked for before they are bound. */
import { type Address, anyV4, anyV6, isUnspecified, isV4 } from "../base/address.ts";
import type { TransportProtocol } from "../ports/binding.ts";
import { protocols } from "../wire/protocols.ts";
import type { Interface } from "./interface/interface.ts";

const numbers: Partial<Record<TransportProtocol, number>> = {
  tcp: protocols.tcp,
  udp: protocols.udp,
  sctp: protocols.sctp,
};

/**
 * Claims the port on every link that shares addresses; where one refuses, those before it let go.
 * @returns what gives all back, or undefined where no link shares.
 * @throws SocketError EADDRINUSE, as the link has it
 */
export function claimPort(
  interfaces: readonly Interface[],
  protocol: TransportProtocol,
  address: Address,
  port: number,
): (() => void) | undefined {
  const number = numbers[protocol];
  if (number === undefined) return undefined;
  let held: (() => void)[] | undefined;
  for (const { link } of interfaces) {
    if (link.claim === undefined) continue;
    held ??= [];
    try {
      for (const meant of addressesMeant(address)) held.push(link.claim(number, meant, port));
    } catch (error) {
      for (const letGo of held) letGo();
      throw error;
    }
  }
  if (held === undefined) return undefined;
  const all = held;
  return () => {
    for (const letGo of all) letGo();
  };
}

/** `::` may be dual-stack: it stands for both families. */
function addressesMeant(address: Address): readonly Address[] {
  return isUnspecified(address) && !isV4(address) ? [anyV6, anyV4] : [address];
}
