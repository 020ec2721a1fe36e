/** Packets written as in a script, for those who know them so. */
import { checkEvents } from "../../packetdrill/language/check/check.ts";
import { guessDialect } from "../../packetdrill/language/dialect.ts";
import type { ScriptError } from "../../packetdrill/language/errors.ts";
import { parseScript } from "../../packetdrill/language/grammar/parse.ts";
import type { IpFamily } from "../../packetdrill/language/names/icmp-names.ts";
import type { Packet } from "../../packetdrill/language/script/packets.ts";
import type { Dialect } from "../../packetdrill/language/script/script.ts";

/** What stands before the packet when it is read as a script of one event. */
const prefix = "0 ";

/**
 * The packet of a line of a script, direction and all: `> S. 0:0(0) ack 1 <...>`.
 * @throws TypeError with a mark under the place where it is wrong, or where the line is no packet or goes the other way.
 */
export function packetOfText(
  text: string,
  direction: Packet["direction"],
  family: IpFamily,
  wanted?: Dialect,
): { readonly packet: Packet; readonly dialect: Dialect } {
  const source = `${prefix}${text}\n`;
  const dialect = wanted ?? guessDialect(source) ?? "google";
  const { script, errors } = parseScript(source, { dialect });
  if (script === undefined) throw mistake(text, errors[0]!);
  const [wrong] = checkEvents(script.events, source, { dialect, platform: "Linux", family });
  if (wrong !== undefined) throw mistake(text, wrong);
  const action = script.events[0]!.action;
  if (script.events.length !== 1 || action.kind !== "packet")
    throw new TypeError(`this is no packet: ${text}`);
  if (action.direction !== direction) {
    const words = direction === "inbound" ? "injected packet begins with <" : "expected packet begins with >";
    throw new TypeError(`an ${words}: ${text}`);
  }
  return { packet: action, dialect };
}

/** As {@link packetOfText}, of one protocol where one is wanted. */
export function packetFrom(
  line: string,
  direction: Packet["direction"],
  family: IpFamily,
  protocol: Packet["content"]["protocol"] | undefined,
): Packet {
  const { packet } = packetOfText(line, direction, family, protocol === "sctp" ? "nplab" : undefined);
  if (protocol !== undefined && packet.content.protocol !== protocol)
    throw new TypeError(`this is ${packet.content.protocol}, not ${protocol}: ${line}`);
  return packet;
}

function mistake(text: string, error: ScriptError): TypeError {
  const column = Math.max(0, Math.min(error.column - 1 - prefix.length, text.length));
  return new TypeError(`${error.message}\n  ${text}\n  ${" ".repeat(column)}^`);
}
