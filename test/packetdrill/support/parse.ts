/** Scripts for the tests of the language. */
import { checkEvents } from "../../../src/packetdrill/language/check/check.ts";
import {
  type Parsed,
  type ParseSettings,
  parseScript,
} from "../../../src/packetdrill/language/grammar/parse.ts";
import type { IpFamily } from "../../../src/packetdrill/language/names/icmp-names.ts";
import type { Content, Packet } from "../../../src/packetdrill/language/script/packets.ts";
import type {
  Action,
  Call,
  Event,
  Expression,
  Platform,
  Script,
} from "../../../src/packetdrill/language/script/script.ts";
import type { Chunk } from "../../../src/packetdrill/language/script/sctp.ts";

/** The tree of a script that has to be right. */
export function scriptOf(text: string, settings: ParseSettings = { dialect: "google" }): Script {
  const parsed = parseScript(text, settings);
  if (parsed.script === undefined) throw new Error(parsed.errors.map((error) => error.message).join("\n"));
  return parsed.script;
}

export function eventOf(text: string, dialect: "google" | "nplab" = "google"): Event {
  return scriptOf(`${text}\n`, { dialect }).events[0]!;
}

export function actionOf(text: string, dialect: "google" | "nplab" = "google"): Action {
  return eventOf(`0 ${text}`, dialect).action;
}

export function packetOf(text: string, dialect: "google" | "nplab" = "google"): Packet {
  const action = actionOf(text, dialect);
  if (action.kind !== "packet") throw new Error("no packet");
  return action;
}

export function contentOf<Protocol extends Content["protocol"]>(
  protocol: Protocol,
  text: string,
  dialect: "google" | "nplab" = "google",
): Extract<Content, { protocol: Protocol }> {
  const { content } = packetOf(text, dialect);
  if (content.protocol !== protocol) throw new Error(`this is ${content.protocol}`);
  return content as Extract<Content, { protocol: Protocol }>;
}

/** The only chunk of an SCTP packet. */
export function chunkOf(text: string): Chunk {
  const { body } = contentOf("sctp", `> sctp: ${text}`, "nplab");
  if (body.form !== "chunks") throw new Error("no chunks");
  return body.chunks[0]!;
}

export function callOf(text: string, dialect: "google" | "nplab" = "google"): Call {
  const action = actionOf(text, dialect);
  if (action.kind !== "call") throw new Error("no call");
  return action;
}

/** An expression as the first argument of a call. */
export function expressionOf(text: string, dialect: "google" | "nplab" = "google"): Expression {
  return callOf(`f(${text}) = 0`, dialect).args[0]!;
}

/** A tree without its places in the text. */
export function withoutPlaces<T>(tree: T): T {
  return JSON.parse(
    JSON.stringify(tree, (key, value) => (key === "at" || key === "textAt" ? undefined : value)),
  );
}

export interface Checking extends ParseSettings {
  readonly family?: IpFamily;
}

/** Everything wrong with a script, as `line:column kind message`. */
export function mistakes(text: string, settings: Checking = { dialect: "google" }): string[] {
  const parsed: Parsed = parseScript(text, settings);
  const platform: Platform = settings.platform ?? "Linux";
  const checked = checkEvents(parsed.events, text, {
    dialect: parsed.dialect,
    platform,
    family: settings.family ?? 4,
  });
  return [...parsed.errors, ...checked].map(
    (error) => `${error.line}:${error.column} ${error.kind} ${error.message}`,
  );
}

/** What is wrong with one event at time 0. */
export function mistakesOf(text: string, settings: Checking = { dialect: "google" }): string[] {
  return mistakes(`0 ${text}\n`, settings);
}
