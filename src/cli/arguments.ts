/** Arguments as data, or an error that says what was wanted. */
import { InvalidArgumentError } from "commander";
import { isMulticast, isUnspecified, parseAddress } from "../base/address.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { type Prefix, parsePrefix } from "../base/prefix.ts";
import { type PortRange, parsePortList } from "../ports/range.ts";
import { parseSessionLength, type SessionLength } from "./simulation/session-length.ts";

export type PortPair = readonly [number, number];

/** `49152-65535`. */
export function portRangeArgument(text: string): PortPair {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const low = Number(match?.[1]);
  const high = Number(match?.[2]);
  if (match === null || low < 1 || high > 65_535 || low > high)
    throw new InvalidArgumentError("A range of ports is LOW-HIGH, 1 to 65535, such as 49152-49159.");
  return [low, high];
}

export function portArgument(text: string): number {
  return wholeNumber(text, 1, 65_535, "A port");
}

/** A whole number from `lowest` to `highest`. */
export function wholeNumber(text: string, lowest: number, highest: number, what: string): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < lowest || value > highest)
    throw new InvalidArgumentError(`${what} is a whole number from ${lowest} to ${highest}.`);
  return value;
}

/** A number above 0, such as `0.5`. */
export function positiveNumber(text: string, highest: number, what: string): number {
  const value = Number(text);
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(text) || value <= 0 || value > highest)
    throw new InvalidArgumentError(`${what} is a number above 0, at most ${highest}.`);
  return value;
}

/** `50000,50010-50019`. */
export function portListArgument(text: string): readonly PortRange[] {
  const ranges = parsePortList(text);
  if (ranges === undefined || ranges.length === 0 || ranges[0]![0] === 0)
    throw new InvalidArgumentError(
      "A list of ports is PORT or LOW-HIGH, by commas, 1 to 65535, such as 50000,50010-50019.",
    );
  return ranges;
}

/** `192.0.2.1:80` or `[2001:db8::1]:80`; may be given several times. */
export function destinationsArgument(text: string, before: readonly Endpoint[] = []): readonly Endpoint[] {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const address = parseAddress(match?.[1] ?? match?.[2] ?? "");
  if (match === null || address === undefined)
    throw new InvalidArgumentError(
      "A destination is an address and a port, 192.0.2.1:80 or [2001:db8::1]:80; names are not looked up.",
    );
  if (isUnspecified(address) || isMulticast(address))
    throw new InvalidArgumentError(`Nobody connects to ${match[1] ?? match[2]}.`);
  return [...before, { address, port: portArgument(match[3]!) }];
}

/** `5`, `1-10`, `exp:5` or `forever`. */
export function sessionLengthArgument(text: string): SessionLength {
  const session = parseSessionLength(text);
  if (session === undefined)
    throw new InvalidArgumentError(
      "How long sessions last is 5, 1-10 or exp:5 in seconds, the shorter first, or forever.",
    );
  return session;
}

/** `10.9.0.2/24` or `2001:db8::2/64`; may be given several times. */
export function prefixesArgument(text: string, before: readonly Prefix[] = []): readonly Prefix[] {
  const prefix = text.includes("/") ? parsePrefix(text) : undefined;
  if (prefix === undefined)
    throw new InvalidArgumentError(
      "An address comes with its prefix length, such as 10.9.0.2/24 or fd00:9::2/64.",
    );
  return [...before, prefix];
}

/** Where `get` goes. */
export interface HttpUrl {
  readonly host: string;
  readonly port: number;
  /** The Host field. */
  readonly authority: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  /** The last segment of the path, to name a file by; empty for a directory. */
  readonly file: string;
}

/** `http://host[:port]/path?query`; the scheme may be left out. */
export function urlArgument(text: string): HttpUrl {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url?.protocol === "https:")
    throw new InvalidArgumentError("Only http:// is spoken here, not https://.");
  if (url?.protocol !== "http:" || url.username !== "" || url.password !== "")
    throw new InvalidArgumentError("A URL is http://HOST[:PORT]/PATH, such as http://10.9.0.1/file.");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return {
    host,
    port: url.port === "" ? 80 : Number(url.port),
    authority: url.host,
    target: `${url.pathname}${url.search}`,
    file: decodeSegment(url.pathname.slice(url.pathname.lastIndexOf("/") + 1)),
  };
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const serviceNames = ["echo", "discard", "chargen", "daytime", "http", "tftp"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** A service wanted by `--serve`. */
export interface ServiceWish {
  readonly name: ServiceName;
  readonly port: number;
  /** For http and tftp: the directory to serve. */
  readonly directory: string | undefined;
}

const defaultPorts: Record<ServiceName, number> = {
  echo: 7,
  discard: 9,
  daytime: 13,
  chargen: 19,
  tftp: 69,
  http: 80,
};

/** `echo,discard,http=DIR,tftp:6969=DIR`; may be given several times. */
export function servicesArgument(text: string, before: readonly ServiceWish[] = []): readonly ServiceWish[] {
  return [...before, ...text.split(",").map(serviceWish)];
}

function serviceWish(text: string): ServiceWish {
  const match = /^([a-z]+)(?::(\d+))?(?:=(.+))?$/.exec(text.trim());
  const name = serviceNames.find((candidate) => candidate === match?.[1]);
  if (match === null || name === undefined)
    throw new InvalidArgumentError(
      `Services are ${serviceNames.join(", ")}, as NAME[:PORT][=DIRECTORY]; not ${JSON.stringify(text)}.`,
    );
  const directory = match[3];
  const wantsDirectory = name === "http" || name === "tftp";
  if (wantsDirectory && directory === undefined)
    throw new InvalidArgumentError(`${name} needs a directory: ${name}=DIRECTORY.`);
  if (!wantsDirectory && directory !== undefined)
    throw new InvalidArgumentError(`${name} serves no directory.`);
  return { name, port: match[2] === undefined ? defaultPorts[name] : portArgument(match[2]), directory };
}

/** Whether `text` is an address, and so needs no look-up. */
export function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}
