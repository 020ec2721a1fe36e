/** What the calls of a script work with. */
import type { Socket, SocketAddress } from "../../stack/socket.ts";
import type { RunOptions } from "../language/options.ts";
import type { Dialect, Expression, Platform } from "../language/script/script.ts";
import type { Device } from "../run/device.ts";
import { fail } from "../run/failure.ts";
import type { Tracker } from "../run/tracker.ts";
import type { PreparedCall } from "./call-result.ts";
import type { Descriptor, Descriptors } from "./descriptor.ts";
import { numberOf } from "./values.ts";

export interface CallContext {
  readonly dialect: Dialect;
  readonly platform: Platform;
  readonly options: RunOptions;
  readonly device: Device;
  readonly descriptors: Descriptors;
  readonly tracker: Tracker;
  /** Something may have become ready: calls that block try again. */
  readonly stirred: () => void;
}

/** @param label what the script calls the descriptor that comes of it, if one does. */
export type CallHandler = (args: readonly Expression[], context: CallContext, label: number) => PreparedCall;

/** Where bind() binds, whatever is written. */
export function bindAddress(context: CallContext): SocketAddress {
  return { address: socketText(context, context.options.localIp), port: context.options.bindPort };
}

/** Where connect() and sendto() go, whatever is written. */
export function connectAddress(context: CallContext): SocketAddress {
  return { address: socketText(context, context.options.remoteIp), port: context.options.connectPort };
}

function socketText(context: CallContext, ip: string): string {
  const text = ip.replace(/\/\d+$/, "");
  return context.options.ipVersion === "ipv4-mapped-ipv6" ? `::ffff:${text}` : text;
}

/** The descriptor an argument names. */
export function descriptorOf(context: CallContext, expression: Expression): Descriptor {
  const label = numberOf(expression, context.platform);
  return context.descriptors.get(label) ?? fail(`unable to find fd with script fd ${label}`);
}

export function socketOf(descriptor: Descriptor): Socket {
  return descriptor.socket ?? fail(`fd ${descriptor.label} is no socket`);
}

/** Gives a new socket or epoll its label. */
export function addDescriptor(
  context: CallContext,
  label: number,
  what: Parameters<Descriptors["add"]>[1],
): Descriptor {
  const descriptor = context.descriptors.add(label, what) ?? fail(`duplicate fd ${label} in script`);
  if (descriptor.socket !== undefined) descriptor.socket.onReady = () => readyAgain(context, label);
  return descriptor;
}

function readyAgain(context: CallContext, label: number): void {
  for (const { epoll } of context.descriptors.open) epoll?.stirred(label);
  context.stirred();
}
