/** Runs code blocks over the variables that were taken when their events came. */

import { type CodeValue, formatText, representation } from "./code-format.ts";
import {
  type BinaryOperator,
  type CodeError,
  type CodeExpression,
  type CodeStatement,
  type ComparisonOperator,
  parseCode,
} from "./code-parser.ts";

export interface CodeBlock {
  readonly text: string;
  /** All that could be known at that event: the fields of tcp_info and others, by their C names. */
  readonly variables: Readonly<Record<string, number>>;
}

export interface CodeOutcome {
  /** What was printed, a line each. */
  readonly printed: readonly string[];
  /** The block that failed, where in its text and why; absent when all passed. */
  readonly failure?: CodeError & { readonly block: number };
}

/** Names that every block knows (linux/tcp.h). */
const constants: Readonly<Record<string, number>> = {
  ...enumerated(
    "TCP_",
    1,
    "ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING",
  ),
  ...enumerated("TCP_CA_", 0, "Open Disorder CWR Recovery Loss"),
  TCP_INFINITE_SSTHRESH: 0x7fffffff,
  TCPI_OPT_TIMESTAMPS: 1,
  TCPI_OPT_SACK: 2,
  TCPI_OPT_WSCALE: 4,
  TCPI_OPT_ECN: 8,
  TCPI_OPT_ECN_SEEN: 16,
  TCPI_OPT_SYN_DATA: 32,
  TCPI_OPT_USEC_TS: 64,
  TCPI_OPT_TFO_CHILD: 128,
};

function enumerated(prefix: string, first: number, names: string): Record<string, number> {
  return Object.fromEntries(names.split(" ").map((name, index) => [prefix + name, first + index]));
}

/** Runs the blocks in their order, as one program: a name assigned in one is known in the next. */
export function evaluateCode(blocks: readonly CodeBlock[]): CodeOutcome {
  const names = new Map<string, CodeValue>(Object.entries(constants));
  const printed: string[] = [];
  for (const [block, { text, variables }] of blocks.entries()) {
    for (const [name, value] of Object.entries(variables)) names.set(name, value);
    const failure = runBlock(text, names, printed);
    if (failure !== undefined) return { printed, failure: { ...failure, block } };
  }
  return { printed };
}

function runBlock(text: string, names: Map<string, CodeValue>, printed: string[]): CodeError | undefined {
  const parsed = parseCode(text);
  if (!parsed.ok) return parsed.error;
  for (const statement of parsed.statements) {
    try {
      const failure = execute(statement, names, printed);
      if (failure !== undefined) return { at: statement.at, message: failure };
    } catch (error) {
      if (error instanceof RangeError) return { at: statement.at, message: "an expression is too long" };
      if (!(error instanceof CodeFailure)) throw error;
      return { at: error.at ?? statement.at, message: error.message };
    }
  }
  return undefined;
}

/** An expression that has no value; it stays inside this file. */
class CodeFailure extends Error {
  readonly at: number | undefined;

  constructor(message: string, at?: number) {
    super(message);
    this.at = at;
  }
}

function execute(
  statement: CodeStatement,
  names: Map<string, CodeValue>,
  printed: string[],
): string | undefined {
  if (statement.type === "print") {
    printed.push(statement.values.map((value) => text(evaluate(value, names))).join(" "));
  } else if (statement.type === "assign") {
    names.set(statement.name, evaluate(statement.value, names));
  } else if (!truth(evaluate(statement.test, names))) {
    const message = statement.message === undefined ? "" : `: ${text(evaluate(statement.message, names))}`;
    return `assertion failed${message}${known(statement.test, names)}`;
  }
  return undefined;
}

/** The values of the names in a failed test. */
function known(test: CodeExpression, names: ReadonlyMap<string, CodeValue>): string {
  const used = [...new Set(namesIn(test))].filter((name) => !Object.hasOwn(constants, name));
  if (used.length === 0) return "";
  return ` (${used.map((name) => `${name} is ${representation(names.get(name)!)}`).join(", ")})`;
}

function namesIn(expression: CodeExpression): string[] {
  switch (expression.type) {
    case "name":
      return [expression.name];
    case "tuple":
      return expression.items.flatMap(namesIn);
    case "unary":
      return namesIn(expression.operand);
    case "binary":
      return [...namesIn(expression.left), ...namesIn(expression.right)];
    case "comparison":
      return [...namesIn(expression.first), ...expression.rest.flatMap(({ value }) => namesIn(value))];
    default:
      return [];
  }
}

function text(value: CodeValue): string {
  return typeof value === "string" ? value : representation(value);
}

function evaluate(expression: CodeExpression, names: ReadonlyMap<string, CodeValue>): CodeValue {
  switch (expression.type) {
    case "number":
    case "string":
      return expression.value;
    case "name": {
      const value = names.get(expression.name);
      if (value === undefined) throw new CodeFailure(`name ${expression.name} is not defined`, expression.at);
      return value;
    }
    case "tuple":
      return expression.items.map((item) => evaluate(item, names));
    case "unary": {
      const operand = evaluate(expression.operand, names);
      return expression.operator === "not" ? !truth(operand) : -integer(operand, expression.at);
    }
    case "binary":
      return evaluateBinary(expression, names);
    case "comparison":
      return evaluateComparison(expression, names);
  }
}

function evaluateBinary(
  expression: Extract<CodeExpression, { type: "binary" }>,
  names: ReadonlyMap<string, CodeValue>,
): CodeValue {
  const { operator, at } = expression;
  const left = evaluate(expression.left, names);
  if (operator === "and") return truth(left) ? evaluate(expression.right, names) : left;
  if (operator === "or") return truth(left) ? left : evaluate(expression.right, names);
  const right = evaluate(expression.right, names);
  if (typeof left === "string" && operator === "%") {
    const formatted = formatText(left, right);
    if (formatted === undefined) throw new CodeFailure("this format and its values do not fit", at);
    return formatted;
  }
  if (typeof left === "string" && typeof right === "string" && operator === "+") return left + right;
  return arithmetic(operator, integer(left, at), integer(right, at), at);
}

/** Integers as Python has them: no size, and a remainder with the sign of the divisor. */
function arithmetic(operator: BinaryOperator, left: number, right: number, at: number): number {
  const result = exact(operator, left, right, at);
  if (!Number.isFinite(result)) throw new CodeFailure("number too large", at);
  return result;
}

function exact(operator: BinaryOperator, left: number, right: number, at: number): number {
  const a = BigInt(left);
  const b = BigInt(right);
  if ((operator === "//" || operator === "%") && b === 0n) throw new CodeFailure("division by zero", at);
  if ((operator === "<<" || operator === ">>") && (b < 0n || b > 63n))
    throw new CodeFailure("shift too far", at);
  switch (operator) {
    case "&":
      return Number(a & b);
    case "|":
      return Number(a | b);
    case "^":
      return Number(a ^ b);
    case "<<":
      return Number(a << b);
    case ">>":
      return Number(a >> b);
    case "+":
      return Number(a + b);
    case "-":
      return Number(a - b);
    case "*":
      return Number(a * b);
    case "//":
      return Number((a - floorRemainder(a, b)) / b);
    default:
      return Number(floorRemainder(a, b));
  }
}

function floorRemainder(a: bigint, b: bigint): bigint {
  return ((a % b) + b) % b;
}

function evaluateComparison(
  expression: Extract<CodeExpression, { type: "comparison" }>,
  names: ReadonlyMap<string, CodeValue>,
): boolean {
  let left = evaluate(expression.first, names);
  for (const { operator, value } of expression.rest) {
    const right = evaluate(value, names);
    if (!compare(operator, left, right)) return false;
    left = right;
  }
  return true;
}

function compare(operator: ComparisonOperator, left: CodeValue, right: CodeValue): boolean {
  if (operator === "==") return representation(left) === representation(right);
  if (operator === "!=") return representation(left) !== representation(right);
  const a = integer(left, undefined);
  const b = integer(right, undefined);
  if (operator === "<") return a < b;
  if (operator === ">") return a > b;
  return operator === "<=" ? a <= b : a >= b;
}

function truth(value: CodeValue): boolean {
  return typeof value === "object" ? value.length > 0 : Boolean(value);
}

function integer(value: CodeValue, at: number | undefined): number {
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "number") throw new CodeFailure(`${representation(value)} is no number`, at);
  if (!Number.isFinite(value)) throw new CodeFailure("number too large", at);
  return value;
}
