/** Cases of kind `reservation`: ports reserved and released, with a destination or without, at a bare port manager. */
import { address } from "../base/address.ts";
import type { Binding, BindRequest } from "../ports/binding.ts";
import type { PortManager } from "../ports/port-manager.ts";
import { bareManager, isTransport, refusalOf, requestOf } from "./bare-manager.ts";
import { meets } from "./calls.ts";
import { MismatchError } from "./device.ts";
import type { Trial } from "./run.ts";
import type { ReservationCase, ReservationOperation } from "./schema.ts";
import { environmentOf } from "./vectors.ts";

/** What a release says again of what was reserved. */
type Key = string;

export function runReservation(trial: Trial, one: ReservationCase): void {
  const manager = bareManager<Key>(trial, environmentOf(trial.suite, one).ephemeral_range);
  const protocol = protocolOf(one.ops);
  const held: Binding<Key>[] = [];
  for (const [at, op] of one.ops.entries()) {
    const key = keyOf(op);
    if (op.op === "release") {
      const index = held.findLastIndex(({ owner }) => owner === key);
      for (const binding of index < 0 ? [] : held.splice(index, 1)) manager.release(binding);
      continue;
    }
    const result = reserve(manager, key, op, protocol);
    const got = typeof result === "string" ? result : "OK";
    if (op.expect !== undefined && !agrees(got, op))
      throw new MismatchError(`op ${at} ${op.op} ${key}: ${got}, not ${op.expect}`);
    if (typeof result === "string") continue;
    held.push(result);
    if (result.port < (op.expect_port_min ?? 0))
      throw new MismatchError(`op ${at} ${op.op} ${key}: the port is ${result.port}`);
  }
}

/**
 * A made-up transport is one and the same for the whole case: TCP, whose ports may be shared by destination, where there are
 * destinations, and so are its flags; else UDP.
 */
function protocolOf(ops: readonly ReservationOperation[]): (op: ReservationOperation) => string {
  const byDestination = ops.some(({ dest, flags }) => dest !== null || flags.includes("TupleOnly"));
  const made = byDestination ? "tcp" : "udp";
  return ({ transport }) => (isTransport(transport) ? transport : made);
}

function reserve(
  manager: PortManager<Key>,
  key: Key,
  op: ReservationOperation,
  protocol: (op: ReservationOperation) => string,
): Binding<Key> | string {
  const { networks, addr, port, flags, device, dest } = op;
  const asked = requestOf(protocol(op), networks, addr, flags, device);
  if (dest === null) return manager.tryReserve(key, { ...asked, port });
  const remote = { address: address(dest.addr), port: dest.port };
  const path = { source: asked.address, remote };
  return port === 0
    ? manager.tryConnectNew(key, { ...asked, port }, path)
    : tupleAt(manager, key, asked, port, path);
}

/** A port that is named, but only for one destination: chosen by connect(2) from a range of just that port. */
function tupleAt(
  manager: PortManager<Key>,
  key: Key,
  asked: Omit<BindRequest, "port">,
  port: number,
  path: Parameters<PortManager<Key>["tryConnectNew"]>[2],
): Binding<Key> | string {
  const rules = manager.settings.of(asked.protocol, asked.domain);
  const { range } = rules;
  rules.range = [port, port];
  try {
    return manager.tryConnectNew(key, { ...asked, port: 0 }, path);
  } finally {
    rules.range = range;
  }
}

/** Refusals may be expected by gVisor's name, or by the errno it becomes. */
function agrees(got: string, { expect = "ANY", port }: ReservationOperation): boolean {
  return meets(got, expect) || (got !== "OK" && expect === refusalOf(port));
}

function keyOf({ transport, networks, addr, port, flags, device, dest }: ReservationOperation): Key {
  const to = dest === null ? "" : ` to ${dest.addr}:${dest.port}`;
  return `${transport} ${networks.join("+")} ${addr}:${port}${to} ${flags.join("+")} device ${device}`;
}
