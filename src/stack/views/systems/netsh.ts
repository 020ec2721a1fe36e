/**
 * netsh(8) of Windows, as far as it is about ports: `netsh int ipv4 show dynamicport tcp`, `set dynamicport`, `show`, `add` and `delete
 * excludedportrange`. The texts are those of Windows 10. Each protocol has a range and exclusions of its own over each version of IP.
 */

import type { PortRange } from "../../../ports/range.ts";
import type { PortSettings } from "../../../ports/settings/port-settings.ts";
import type { PortRules } from "../../../ports/settings/protocol-settings.ts";

/** set dynamicport: start 1025 or more, 255 ports or more, up to 65535 (Microsoft, "Default dynamic port range"). */
const lowest = 1025;
const fewest = 255;

const wrong = "The parameter is incorrect.\n";

/** What it prints; undefined where it is no such command. */
export function netsh(words: readonly string[], settings: PortSettings): string | undefined {
  const [program, context = "", family, verb, object, ...rest] = words;
  if (program !== "netsh" || !"interface".startsWith(context) || context.length < 3) return undefined;
  if (family !== "ipv4" && family !== "ipv6") return undefined;
  const { protocol, numbers } = parametersOf(rest);
  if (protocol === undefined) return undefined;
  const ports = settings.of(protocol, family === "ipv4" ? 4 : 6);
  const what = `${verb} ${object?.replace(/^dynamicportrange$/, "dynamicport")}`;
  if (what === "show dynamicport") return dynamicText(protocol, ports.range);
  if (what === "set dynamicport") return setDynamic(numbers, ports);
  if (what === "show excludedportrange") return excludedText(protocol, ports.reserved);
  if (what === "add excludedportrange") return addExcluded(numbers, ports);
  if (what === "delete excludedportrange") return deleteExcluded(numbers, ports);
  return undefined;
}

interface Parameters {
  readonly protocol: "tcp" | "udp" | undefined;
  readonly numbers: Readonly<Record<string, number>>;
}

/** `tcp` or `protocol=tcp`; `start=10000 num=1000`, or of exclusions `startport=` and `numberofports=`. */
function parametersOf(words: readonly string[]): Parameters {
  let protocol: Parameters["protocol"];
  const numbers: Record<string, number> = {};
  for (const word of words) {
    const [name = "", value = name] = word.toLowerCase().split("=");
    if (value === "tcp" || value === "udp") protocol = value;
    else if (/^\d{1,9}$/.test(value)) numbers[name.slice(0, 5).replace("numbe", "num")] = Number(value);
  }
  return { protocol, numbers };
}

function setDynamic({ start, num }: Readonly<Record<string, number>>, ports: PortRules): string {
  if (start === undefined || num === undefined) return wrong;
  if (start < lowest || num < fewest || start + num - 1 > 65535) return wrong;
  ports.range = [start, start + num - 1];
  return "Ok.\n\n";
}

function addExcluded({ start, num }: Readonly<Record<string, number>>, ports: PortRules): string {
  if (start === undefined || num === undefined || start < 1 || num < 1 || start + num - 1 > 65535)
    return wrong;
  const added: PortRange = [start, start + num - 1];
  if (ports.reserved.some(([low, high]) => low <= added[1] && added[0] <= high))
    return "The process cannot access the file because it is being used by another process.\n";
  ports.reserved = [...ports.reserved, added].sort((a, b) => a[0] - b[0]);
  return "Ok.\n\n";
}

function deleteExcluded({ start, num }: Readonly<Record<string, number>>, ports: PortRules): string {
  const isMeant = ([low, high]: PortRange): boolean => low === start && high - low + 1 === num;
  if (!ports.reserved.some(isMeant)) return "The system cannot find the file specified.\n";
  ports.reserved = ports.reserved.filter((range) => !isMeant(range));
  return "Ok.\n\n";
}

function dynamicText(protocol: string, [first, last]: PortRange): string {
  return [
    "",
    `Protocol ${protocol} Dynamic Port Range`,
    "---------------------------------",
    `Start Port      : ${first}`,
    `Number of Ports : ${last - first + 1}`,
    "",
    "",
  ].join("\n");
}

function excludedText(protocol: string, excluded: readonly PortRange[]): string {
  const rows = excluded.map(
    ([low, high]) => `${String(low).padStart(10)}  ${String(high).padStart(10)}     *`,
  );
  return [
    "",
    `Protocol ${protocol} Port Exclusion Ranges`,
    "",
    "Start Port    End Port      ",
    "----------    --------      ",
    ...rows,
    "",
    "* - Administered port exclusions.",
    "",
    "",
  ].join("\n");
}
