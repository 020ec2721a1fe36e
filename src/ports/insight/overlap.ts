/** Servers whose ports the host might give to a client of its own first. */
import type { TransportProtocol } from "../binding.ts";
import type { PortRange } from "../range.ts";
import { rangesOf, type ToldRanges } from "./told-ranges.ts";

export interface PlannedServer {
  readonly name: string;
  readonly protocol: TransportProtocol;
  /** One port, or several in a row. */
  readonly ports: PortRange;
}

/** The ports of a server that are chosen from, as a range: those from which the host's reserved ports are not taken away. */
export interface Overlap {
  readonly server: PlannedServer;
  readonly ports: PortRange;
  /** The ephemeral range they are in: the protocol's. */
  readonly range: PortRange;
}

/**
 * Which servers have ports in the ephemeral range of their protocol that are not reserved; the lowest and the highest of those ports. Told
 * once, of IPv4 where both versions of IP overlap. `host` is a `PortManager`, its settings, or of the same shape.
 */
export function overlapsOf(host: ToldRanges, servers: readonly PlannedServer[]): Overlap[] {
  return servers.flatMap((server) => {
    const overlaps = rangesOf(host, server.protocol).map(({ range, reserved }) => {
      const ports = within(server.ports, range, reserved);
      return ports && { server, ports, range };
    });
    return overlaps.find((overlap) => overlap !== undefined) ?? [];
  });
}

function within(
  [from, to]: PortRange,
  [low, high]: PortRange,
  reserved: readonly PortRange[],
): PortRange | undefined {
  const isReserved = (port: number): boolean =>
    reserved.some(([first, last]) => first <= port && port <= last);
  let [first, last] = [Math.max(from, low), Math.min(to, high)];
  while (first <= last && isReserved(first)) first++;
  while (last > first && isReserved(last)) last--;
  return first > last ? undefined : [first, last];
}

/** A line for whoever starts the server. */
export function overlapText(
  { server: { name, protocol }, ports: [low, high], range: own }: Overlap,
  range: PortRange = own,
): string {
  const ports = low === high ? `port ${low}` : `ports ${low}-${high}`;
  return `${name}: ${protocol} ${ports} in the ephemeral range ${range.join("-")}: a client may have the port when the server starts; reserve it, or take one below`;
}
