/** Reading vectors: what they must look like, and whom a suite is about. */
import { demuxOperation, expectation, operation, pair, reservationOperation } from "./operation-shapes.ts";
import type { CaseHead, Environment, Kind, Suite, VectorFile } from "./schema.ts";
import {
  anything,
  either,
  type Fields,
  list,
  object,
  objectAt,
  oneOf,
  optional,
  record,
  type Shape,
  text,
  tuple,
  VectorError,
  whole,
} from "./shape.ts";

const environment = object<Environment>({
  sysctl: optional(record(text)),
  addrs: optional(list(tuple(text, text))),
  ephemeral_range: optional(pair),
  devices: optional(oneOf("auto")),
});

const head: Fields<CaseHead> = {
  name: text,
  env: optional(environment),
  note: optional(text),
  verified: optional(record(text)),
};

const port = whole(0, 65_535);

const pairSocket = object({
  opt: oneOf("default", "SO_REUSEADDR", "SO_EXCLUSIVEADDRUSE"),
  addr: oneOf("wildcard", "specific"),
});

const cases: Readonly<Record<Kind, Shape>> = {
  sockops: object({ ...head, ops: list(operation) }),
  reservation: object({ ...head, ops: list(reservationOperation) }),
  demux: object({ ...head, stack_networks: optional(list(text)), ops: list(demuxOperation) }),
  pick: object({
    ...head,
    range: pair,
    tester: either(
      object({ kind: oneOf("never", "error", "equals", "less_than"), port: optional(port) }),
      oneOf("never", "error"),
      object({ equals: port }),
      object({ less_than: port }),
      object({ never: anything }),
      object({ error: anything }),
    ),
    expect: expectation,
    expect_port: optional(port),
  }),
  property: object({ ...head, property: text }),
  bind_pair: object({ ...head, table: text, first: pairSocket, second: pairSocket, expect: expectation }),
};

const suite: Shape = (value, where) => {
  const { kind } = objectAt(value, where);
  if (typeof kind !== "string" || !Object.hasOwn(cases, kind))
    throw new VectorError("unknown-kind", where, `no kind of suite ${JSON.stringify(kind)}`);
  object({
    id: text,
    models: list(text, { least: 1 }),
    source: text,
    kind: text,
    env: optional(environment),
    notes: optional(text),
    cases: list(cases[kind as Kind]),
  })(value, where);
};

/** The vectors in a parsed JSON document. @throws VectorError that names what is wrong, and where */
export function readVectors(document: unknown): VectorFile {
  object({ schema_version: anything, suites: list(suite) })(document, "");
  const file = document as VectorFile;
  if (file.schema_version !== 1)
    throw new VectorError("wrong-version", "schema_version", `${String(file.schema_version)} is not 1`);
  refuseDuplicates(file.suites);
  return file;
}

function refuseDuplicates(suites: readonly Suite[]): void {
  const seen = new Set<string>();
  suites.forEach(({ id, cases: all }, at) => {
    all.forEach(({ name }, index) => {
      const key = `${id}|${name}`;
      if (seen.has(key))
        throw new VectorError("duplicate-name", `suites[${at}].cases[${index}]`, `there is another ${key}`);
      seen.add(key);
    });
  });
}

/** Whom a suite describes: a system, and from which version on. */
export interface Model {
  readonly name: string;
  /** Such as `6.3`; undefined where any version will do. */
  readonly since: string | undefined;
}

/** `linux>=6.3` as a model. */
export function modelOf(words: string): Model {
  const [name = "", since] = words.split(">=");
  return { name, since };
}

/** Whether a version such as `6.18.44` is `since` or later. */
export function isSince(version: string, since: string): boolean {
  const numbers = (words: string): number[] => words.split(/[.-]/).map(Number);
  const [have, want] = [numbers(version), numbers(since)];
  for (const [at, wanted] of want.entries()) {
    const got = have[at] ?? 0;
    if (got !== wanted) return got > wanted;
  }
  return true;
}

/** What a case starts with: the suite's, and the case's own on top. */
export function environmentOf(suite: Suite, one: CaseHead): Environment {
  const { env: common = {} } = suite;
  const { env: own = {} } = one;
  return {
    ...common,
    ...own,
    sysctl: { ...common.sysctl, ...own.sysctl },
    addrs: [...(common.addrs ?? []), ...(own.addrs ?? [])],
  };
}
