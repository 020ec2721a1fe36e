/** What data must look like, said once: a shape looks at a value and names the first thing that is wrong with it. */

export type VectorFault =
  | "wrong-version"
  | "wrong-type"
  | "wrong-value"
  | "missing-field"
  | "unknown-kind"
  | "unknown-op"
  | "duplicate-name";

/** Vectors that cannot be used: what is wrong, and where. */
export class VectorError extends Error {
  override readonly name = "VectorError";
  readonly fault: VectorFault;
  /** As in `suites[0].cases[3].ops[2].port`. */
  readonly where: string;

  constructor(fault: VectorFault, where: string, what: string) {
    super(`${where === "" ? "the file" : where}: ${what}`);
    this.fault = fault;
    this.where = where;
  }
}

/** @throws VectorError */
export type Shape = (value: unknown, where: string) => void;

/** Fields by name. Others may be there: notes, mostly. */
export type Fields<T> = { readonly [Name in keyof Required<T>]: Shape | OptionalShape };

interface OptionalShape {
  readonly optional: Shape;
}

export function optional(shape: Shape): OptionalShape {
  return { optional: shape };
}

export const text: Shape = (value, where) => expectType("string", value, where);

/** An integer from `lowest` to `highest`. */
export function whole(lowest: number, highest: number): Shape {
  return (value, where) => {
    expectType("number", value, where);
    const number = value as number;
    if (!Number.isInteger(number) || number < lowest || number > highest)
      throw new VectorError("wrong-value", where, `${number} is no integer from ${lowest} to ${highest}`);
  };
}

export const flag: Shape = (value, where) => expectType("boolean", value, where);

export const anything: Shape = () => {};

export function oneOf(...words: readonly (string | null)[]): Shape {
  return (value, where) => {
    if (!words.includes(value as string))
      throw new VectorError("wrong-value", where, `${show(value)} is none of ${words.join(", ")}`);
  };
}

export function either(...shapes: readonly Shape[]): Shape {
  return (value, where) => {
    const faults = shapes.map((shape) => faultOf(shape, value, where));
    if (!faults.includes(undefined)) throw faults[0]!;
  };
}

export function list(item: Shape, lengths: { readonly least?: number; readonly most?: number } = {}): Shape {
  return (value, where) => {
    if (!Array.isArray(value)) throw new VectorError("wrong-type", where, `${show(value)} is no list`);
    const { least = 0, most = Number.POSITIVE_INFINITY } = lengths;
    if (value.length < least || value.length > most)
      throw new VectorError("wrong-value", where, `a list of ${value.length}`);
    value.forEach((one, index) => {
      item(one, `${where}[${index}]`);
    });
  };
}

/** A list of as many as there are shapes. */
export function tuple(...shapes: readonly Shape[]): Shape {
  return (value, where) => {
    list(anything, { least: shapes.length, most: shapes.length })(value, where);
    shapes.forEach((shape, index) => {
      shape((value as unknown[])[index], `${where}[${index}]`);
    });
  };
}

/** An object whose every field has this shape. */
export function record(field: Shape): Shape {
  return (value, where) => {
    for (const [name, one] of Object.entries(objectAt(value, where))) field(one, `${where}.${name}`);
  };
}

export function object<T>(fields: Fields<T>): Shape {
  return (value, where) => {
    const found = objectAt(value, where);
    for (const [name, shape] of Object.entries<Shape | OptionalShape>(fields)) {
      const at = where === "" ? name : `${where}.${name}`;
      if (found[name] === undefined) {
        if (typeof shape === "function") throw new VectorError("missing-field", at, "is missing");
      } else if (typeof shape === "function") shape(found[name], at);
      else shape.optional(found[name], at);
    }
  };
}

export function objectAt(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new VectorError("wrong-type", where, `${show(value)} is no object`);
}

function expectType(type: "string" | "number" | "boolean", value: unknown, where: string): void {
  if (typeof value !== type) throw new VectorError("wrong-type", where, `${show(value)} is no ${type}`);
}

function faultOf(shape: Shape, value: unknown, where: string): VectorError | undefined {
  try {
    shape(value, where);
    return undefined;
  } catch (error) {
    if (error instanceof VectorError) return error;
    throw error;
  }
}

function show(value: unknown): string {
  const shown = JSON.stringify(value) ?? "nothing";
  return shown.length > 40 ? `${shown.slice(0, 40)}...` : shown;
}
