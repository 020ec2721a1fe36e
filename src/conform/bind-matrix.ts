/**
 * A matrix of what bind(2) answers: socket A holds a port in some state, socket B asks for it. Each cell becomes a history
 * of calls, so that a matrix measured on one system can be asked of any other.
 */
import type { BindOperation, Operation, SockopsCase, SockopsSuite } from "./schema.ts";
import { type Fields, object, oneOf, optional, record, text } from "./shape.ts";

export interface BindMatrix {
  /** The Linux version it was measured on. */
  readonly kernel: string;
  readonly legend?: unknown;
  /** `type|state of A|A|B`, each socket as `address,options[,device]`; the answer to bind, and of TCP `/` and to listen. */
  readonly cells: Readonly<Record<string, string>>;
}

/** By name: the socket's family, what it is bound to, and whether it is IPv6 only. */
const places = {
  "4any": ["inet", "0.0.0.0", undefined],
  "4lo": ["inet", "127.0.0.1", undefined],
  "4lo2": ["inet", "127.0.0.2", undefined],
  "6any": ["inet6", "::", 0],
  "6anyonly": ["inet6", "::", 1],
  "6lo": ["inet6", "::1", 0],
  m4any: ["inet6", "::ffff:0.0.0.0", 0],
  m4lo: ["inet6", "::ffff:127.0.0.1", 0],
} as const;

type Place = keyof typeof places;
const states = ["bound", "listen", "conn", "timewait"] as const;

/** The port asked for, and where A's connection leads: neither is one that a system chooses by itself. */
const port = 20_000;
const peerPort = 20_001;

/** @throws VectorError */
export function readBindMatrix(document: unknown): BindMatrix {
  const fields: Fields<BindMatrix> = { kernel: text, legend: optional(() => {}), cells: record(text) };
  object(fields)(document, "");
  const matrix = document as BindMatrix;
  for (const key of Object.keys(matrix.cells)) {
    const [type, state, a = "", b = ""] = key.split("|");
    oneOf("tcp", "udp")(type, `cells.${key}`);
    oneOf(...states)(state, `cells.${key}`);
    for (const words of [a, b]) oneOf(...Object.keys(places))(words.split(",")[0], `cells.${key}`);
  }
  return matrix;
}

/** The cells as a suite about Linux, each a case named by its key. */
export function bindMatrixSuite({ kernel, cells }: BindMatrix): SockopsSuite {
  return {
    id: "linux.bind_matrix",
    models: ["linux"],
    source: `measured on Linux ${kernel}`,
    kind: "sockops",
    cases: Object.entries(cells).map(([key, answers]) => cellCase(key, answers)),
  };
}

function cellCase(key: string, answers: string): SockopsCase {
  const [type = "", state = "", a = "", b = ""] = key.split("|");
  const [bound = "", listening] = answers.split("/");
  const ops: Operation[] = [...socketOps("a", type, a), bind("a", a, "OK"), ...stateOps(state, a)];
  ops.push(...socketOps("b", type, b), bind("b", b, bound));
  if (listening !== undefined) ops.push({ op: "listen", id: "b", backlog: 1, expect: listening });
  return { name: key, ops };
}

/** A socket with its options: A for SO_REUSEADDR, P for SO_REUSEPORT. */
function socketOps(id: string, type: string, words: string): Operation[] {
  const [place, options = "", device = ""] = words.split(",");
  const [family, , v6Only] = places[place as Place];
  const ops: Operation[] = [{ op: "socket", id, family, type: type === "tcp" ? "stream" : "dgram" }];
  const set = (opt: string, value: number | string): void => void ops.push({ op: "setopt", id, opt, value });
  if (v6Only !== undefined) set("IPV6_V6ONLY", v6Only);
  if (options.includes("A")) set("SO_REUSEADDR", 1);
  if (options.includes("P")) set("SO_REUSEPORT", 1);
  if (device !== "") set("SO_BINDTODEVICE", device);
  return ops;
}

function bind(id: string, words: string, expect: string): BindOperation {
  const [, addr] = places[words.split(",")[0] as Place];
  return { op: "bind", id, addr, port, expect };
}

/** A listens; or it is connected to a listener beside it; or it has closed that connection first. */
function stateOps(state: string, words: string): Operation[] {
  if (state === "bound") return [];
  if (state === "listen") return [{ op: "listen", id: "a", backlog: 1, expect: "OK" }];
  const family = words.startsWith("6") ? "inet6" : "inet";
  const addr = family === "inet6" ? "::1" : "127.0.0.1";
  const connected: Operation[] = [
    { op: "socket", id: "peer", family, type: "stream" },
    { op: "bind", id: "peer", addr, port: peerPort, expect: "OK" },
    { op: "listen", id: "peer", backlog: 1, expect: "OK" },
    { op: "connect", id: "a", addr, port: peerPort, expect: "OK" },
  ];
  if (state === "conn") return connected;
  return [
    ...connected,
    { op: "accept", id: "peer", as: "accepted" },
    { op: "close", id: "a" },
    { op: "close", id: "accepted" },
  ];
}
