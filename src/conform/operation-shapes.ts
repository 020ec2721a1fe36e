/** What each operation of the vectors must say. */
import type {
  AcceptOperation,
  DemuxOperation,
  NameOperation,
  Operation,
  RepeatOperation,
  ReservationOperation,
} from "./schema.ts";
import {
  either,
  type Fields,
  flag,
  list,
  object,
  objectAt,
  oneOf,
  optional,
  type Shape,
  text,
  tuple,
  VectorError,
  whole,
} from "./shape.ts";

type Shapes<Of extends { readonly op: string }> = {
  readonly [Name in Of["op"]]: Fields<Omit<Extract<Of, { readonly op: Name }>, "op">>;
};

const int32 = whole(-(2 ** 31), 2 ** 32 - 1);
const count = whole(0, 1_000_000);
const portNumber = whole(0, 65_535);
const family = oneOf("inet", "inet6");
const type = oneOf("stream", "dgram", "dccp");
const pair: Shape = tuple(portNumber, portNumber);

/** `$NAME` of a port that was saved. */
const saved: Shape = (value, where) => {
  text(value, where);
  if (!/^\$\w+$/.test(value as string)) throw new VectorError("wrong-value", where, `${value} is no $NAME`);
};
const port = either(portNumber, saved);
const endpoint = tuple(text, port);

/** `OK`, `ANY`, `ANY_ERROR`, an errno, or an error of gVisor or Winsock. */
const expectation: Shape = (value, where) => {
  text(value, where);
  if (!/^(OK|ANY|ANY_ERROR|E[A-Z0-9]+|Err\w+|WSAE[A-Z]+)$/.test(value as string))
    throw new VectorError("wrong-value", where, `${value} is no expectation`);
};

const chose = optional(portNumber);
const to = { id: text, addr: text, port, expect: expectation, chose };
const rangeValue = object({ lo: portNumber, hi: portNumber, u32: int32 });
const linger = object({ on: whole(0, 1), seconds: whole(0, 65_535) });

const name: Fields<Omit<NameOperation, "op">> = {
  id: text,
  expect_port: optional(portNumber),
  expect_port_range: optional(pair),
  expect_addr: optional(text),
  save_port: optional(text),
  save_addr: optional(text),
};

const sockops: Shapes<Operation> = {
  socket: { id: text, family, type, proto: optional(oneOf("tcp", "udp", "sctp", "mptcp", null)) },
  setopt: {
    id: text,
    opt: text,
    value: either(int32, text, rangeValue, linger),
    expect: optional(expectation),
  },
  setopt_raw: { id: text, opt: text, size: whole(1, 64), value: int32, expect: expectation },
  getopt: { id: text, opt: text, expect_value: either(int32, object({ u32: int32 })) },
  bind: { id: text, addr: text, port, expect: expectation, save_port: optional(text), chose },
  listen: { id: text, backlog: int32, expect: expectation, chose },
  connect: to,
  sendto_fastopen: to,
  sendto: to,
  accept: { id: text, as: text } satisfies Fields<Omit<AcceptOperation, "op">>,
  close: { id: text },
  disconnect: { id: text, expect: expectation },
  getsockname: name,
  expect_port_set: { ids: list(text), ports: list(portNumber) },
  expect_distinct: { ports: list(text, { least: 1 }), at_least: optional(count), at_most: optional(count) },
  seteuid: { uid: whole(0, 2 ** 31) },
  repeat: repeat(),
  deliver: {
    family,
    type,
    from: optional(endpoint),
    to: endpoint,
    payload_u32_be: optional(int32),
    fastopen: optional(flag),
    cpu: optional(whole(0, 8191)),
    candidates: list(text, { least: 1 }),
    expect_id: optional(text),
    expect_id_in: optional(list(text)),
  },
  deliver_many: { family, type, to: endpoint, count, expect_all_of: list(text, { least: 1 }) },
  attach_reuseport_selector: {
    id: text,
    kind: oneOf("cbpf", "ebpf"),
    selector: text,
    expect: expectation,
  },
  wait_ms: { ms: whole(0, 10_000_000) },
  restart: {},
  expect_state: {},
};

function repeat(): Fields<Omit<RepeatOperation, "op">> {
  // The body is of operations too: their shape exists by the time it is asked for.
  const body: Shape = (value, where) => list(operation)(value, where);
  return { times: count, scaled_times: optional(count), body };
}

const flags = list(oneOf("MostRecent", "LoadBalanced", "TupleOnly"));
const names = list(text);
const destination: Shape = (value, where) => {
  if (value !== null) object({ addr: text, port: portNumber })(value, where);
};

const reservation: Fields<Omit<ReservationOperation, "op">> = {
  transport: text,
  networks: names,
  addr: text,
  port: portNumber,
  flags,
  device: int32,
  dest: destination,
  expect: optional(expectation),
  expect_port_min: optional(portNumber),
};

const share: Shape = (value, where) => {
  if (typeof value !== "number" || !(value >= 0 && value <= 1))
    throw new VectorError("wrong-value", where, "a share is from 0 to 1");
};

const demux: Shapes<DemuxOperation> = {
  register: {
    networks: names,
    transport: text,
    id: object({ local_port: optional(portNumber) }),
    flags,
    device: int32,
    expect: expectation,
  },
  bind_endpoint: {
    network: text,
    transport: text,
    addr: text,
    port,
    flags,
    device: int32,
    expect: expectation,
  },
  inject: {
    network: text,
    device: int32,
    packets: count,
    distinct_source_ports: whole(1, 65_535),
    expect_distribution: list(share),
    expect_same_source_port_same_endpoint: optional(flag),
  },
};

/** Any of these operations, told apart by `op`. */
function oneOperation(shapes: Readonly<Record<string, Fields<object>>>): Shape {
  const known = new Map(Object.entries(shapes).map(([op, fields]) => [op, object(fields)]));
  return (value, where) => {
    const { op } = objectAt(value, where);
    const shape = known.get(op as string);
    if (shape === undefined) throw new VectorError("unknown-op", where, `no operation ${JSON.stringify(op)}`);
    shape(value, where);
  };
}

export const operation: Shape = oneOperation(sockops);
export const reservationOperation: Shape = oneOperation({ reserve: reservation, release: reservation });
export const demuxOperation: Shape = oneOperation(demux);
export { expectation, pair };
