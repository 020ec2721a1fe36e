/** Servers whose ports the host might give to a client of its own first. */
import type { TransportProtocol } from "../binding.ts";
import type { PortRange } from "../range.ts";

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
}

/** Which servers have ports in the ephemeral range that are not reserved; the lowest and the highest of those ports. */
export function overlapsOf(
  { range: [low, high], reserved }: { readonly range: PortRange; readonly reserved: readonly PortRange[] },
  servers: readonly PlannedServer[],
): Overlap[] {
  const isReserved = (port: number): boolean => reserved.some(([from, to]) => from <= port && port <= to);
  return servers.flatMap((server) => {
    let [first, last] = [Math.max(server.ports[0], low), Math.min(server.ports[1], high)];
    while (first <= last && isReserved(first)) first++;
    while (last > first && isReserved(last)) last--;
    return first > last ? [] : [{ server, ports: [first, last] as const }];
  });
}

/** A line for whoever starts the server. */
export function overlapText(
  { server: { name, protocol }, ports: [low, high] }: Overlap,
  range: PortRange,
): string {
  const ports = low === high ? `port ${low}` : `ports ${low}-${high}`;
  return `${name}: ${protocol} ${ports} in the ephemeral range ${range.join("-")}: a client may have the port when the server starts; reserve it, or take one below`;
}
