/** The POSIX calls that fail in the ordinary course of things, answered by value instead of by exception. */
import { isV4, parseAddress } from "../base/address.ts";
import { type ErrnoName, errnoNames, errnoNumber, SocketError } from "../base/errno.ts";
import type { Socket, SocketAddress, SocketDomain } from "../stack/socket.ts";

/** Nothing there, or no room: wait for `onReady` (EAGAIN). */
export const again = -1;

/** A count of bytes, {@link again}, or what went wrong. */
export type Attempt = number | SocketError;

/** `recv`: the bytes put into `into`, 0 at the end of the stream. */
export function tryReceive(socket: Socket, into: Uint8Array): Attempt {
  const ready = socket.poll();
  if (!(ready.readable || ready.error || ready.hangup || ready.readHangup)) return again;
  try {
    return socket.recv(into);
  } catch (error) {
    return explained(error);
  }
}

/** `send`: the bytes taken. */
export function trySend(socket: Socket, bytes: Uint8Array): Attempt {
  try {
    return socket.send(bytes);
  } catch (error) {
    return explained(error);
  }
}

/** `sendTo`: the bytes taken. */
export function trySendTo(socket: Socket, bytes: Uint8Array, to: SocketAddress): Attempt {
  try {
    return socket.sendTo(bytes, to);
  } catch (error) {
    return explained(error);
  }
}

/** Runs a call for its effect: what it failed with, if it did. */
export function failureOf(call: () => void): SocketError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof SocketError) return error;
    throw error;
  }
}

function explained(error: unknown): Attempt {
  if (!(error instanceof SocketError)) throw error;
  return error.code === "EAGAIN" ? again : error;
}

/** What SO_ERROR holds, taken from the socket; undefined where it holds nothing. */
export function takeError(socket: Socket, syscall: string, remote?: SocketAddress): SocketError | undefined {
  const name = errnoName(socket.getOption("SO_ERROR"));
  if (name === undefined) return undefined;
  const detail = typeof remote?.address === "string" ? { address: remote.address, port: remote.port } : {};
  return new SocketError(name, syscall, detail);
}

/** SO_ERROR's number as a name. */
function errnoName(value: unknown): ErrnoName | undefined {
  if (value === 0 || value === undefined) return undefined;
  return errnoNames.find((name) => name === value || errnoNumber(name) === value) ?? "EIO";
}

/** The domain an address belongs to. @throws TypeError where it is no address. */
export function domainOf({ address }: SocketAddress): SocketDomain {
  const parsed = typeof address === "string" ? parseAddress(address) : address;
  if (parsed === undefined) throw new TypeError(`not an IP address: ${JSON.stringify(address)}`);
  return isV4(parsed) ? "AF_INET" : "AF_INET6";
}

/** SO_LINGER with no time: close then resets the connection instead of finishing it. */
export function abort(socket: Socket): void {
  failureOf(() => socket.setOption("SO_LINGER", { on: true, seconds: 0 }));
  socket.close();
}
