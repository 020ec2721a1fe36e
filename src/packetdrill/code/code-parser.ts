/**
 * The Python that stands in code blocks, which is little: assertions, assignments and prints over numbers, names,
 * strings and tuples. Anything else is refused with its place.
 *
 *   block      := { statement ( newline | ';' ) }
 *   statement  := 'assert' test [ ',' test ] | 'print' '(' [ test { ',' test } ] ')' | NAME ( '=' | '+=' | '-=' ) test
 *   test       := and { 'or' and }            and     := not { 'and' not }        not  := 'not' not | comparison
 *   comparison := bits { ( == | != | < | > | <= | >= ) bits }
 *   bits       := shift { ( '&' | '|' | '^' ) shift }     shift := sum { ( '<<' | '>>' ) sum }
 *   sum        := product { ( '+' | '-' ) product }        product := unary { ( '*' | '//' | '%' ) unary }
 *   unary      := '-' unary | NUMBER | STRING | NAME | '(' [ test { ',' test } [ ',' ] ] ')'
 *
 * The three bit operators share a level here and have one each in Python: where that would matter, more than one kind
 * of them in a row, the expression is refused.
 */
import { type CodeToken, tokenizeCode } from "./code-tokens.ts";

export type CodeStatement =
  | {
      readonly type: "assert";
      readonly at: number;
      readonly test: CodeExpression;
      readonly message?: CodeExpression;
    }
  | { readonly type: "print"; readonly at: number; readonly values: readonly CodeExpression[] }
  | { readonly type: "assign"; readonly at: number; readonly name: string; readonly value: CodeExpression };

export type CodeExpression =
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "name"; readonly at: number; readonly name: string }
  | { readonly type: "tuple"; readonly items: readonly CodeExpression[] }
  | {
      readonly type: "unary";
      readonly at: number;
      readonly operator: "-" | "not";
      readonly operand: CodeExpression;
    }
  | {
      readonly type: "binary";
      readonly at: number;
      readonly operator: BinaryOperator;
      readonly left: CodeExpression;
      readonly right: CodeExpression;
    }
  | {
      readonly type: "comparison";
      readonly first: CodeExpression;
      readonly rest: readonly { readonly operator: ComparisonOperator; readonly value: CodeExpression }[];
    };

export type BinaryOperator = "and" | "or" | "&" | "|" | "^" | "<<" | ">>" | "+" | "-" | "*" | "//" | "%";
export type ComparisonOperator = "==" | "!=" | "<" | ">" | "<=" | ">=";

/** Where a block leaves what we understand. */
export interface CodeError {
  /** Offset in the text of the block. */
  readonly at: number;
  readonly message: string;
}

export type ParsedCode =
  | { readonly ok: true; readonly statements: readonly CodeStatement[] }
  | { readonly ok: false; readonly error: CodeError };

/** Brackets in brackets. */
const deepest = 50;

/** The statements of a block, or the first thing in it that is not understood. */
export function parseCode(text: string): ParsedCode {
  const parser = new Parser(tokenizeCode(text));
  const statements = parser.block();
  return parser.error === undefined ? { ok: true, statements } : { ok: false, error: parser.error };
}

const levels: readonly (readonly BinaryOperator[])[] = [
  ["&", "|", "^"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "//", "%"],
];

const comparisons: ReadonlySet<string> = new Set<ComparisonOperator>(["==", "!=", "<", ">", "<=", ">="]);

/** Recursive descent; after the first error every rule gives something and nothing more is read. */
class Parser {
  error: CodeError | undefined;
  readonly #tokens: readonly CodeToken[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly CodeToken[]) {
    this.#tokens = tokens;
  }

  block(): CodeStatement[] {
    const statements: CodeStatement[] = [];
    while (this.#take("newline") || this.#take(";"));
    while (this.error === undefined && this.#peek().kind !== "end") {
      statements.push(this.#statement());
      if (this.#peek().kind !== "end" && !this.#take("newline") && !this.#take(";")) this.#refuse();
      while (this.#take("newline") || this.#take(";"));
    }
    return statements;
  }

  #statement(): CodeStatement {
    const { at, kind, text } = this.#peek();
    if (kind !== "name") this.#refuse();
    if (this.#takeName("assert")) return this.#assertion(at);
    if (this.#takeName("print")) return { type: "print", at, values: this.#printed() };
    if (!["=", "+=", "-="].includes(this.#peek(1).kind)) this.#refuse();
    this.#at++;
    const name: CodeExpression = { type: "name", at, name: text };
    for (const operator of ["+", "-"] as const) {
      if (!this.#take(`${operator}=`)) continue;
      return {
        type: "assign",
        at,
        name: text,
        value: { type: "binary", at, operator, left: name, right: this.#test() },
      };
    }
    this.#take("=");
    return { type: "assign", at, name: text, value: this.#test() };
  }

  #assertion(at: number): CodeStatement {
    const test = this.#test();
    return this.#take(",")
      ? { type: "assert", at, test, message: this.#test() }
      : { type: "assert", at, test };
  }

  #printed(): CodeExpression[] {
    if (!this.#take("(")) this.#refuse();
    return this.#until(")").items;
  }

  #test(): CodeExpression {
    return this.#words("or", () => this.#words("and", () => this.#not()));
  }

  #words(operator: "and" | "or", operand: () => CodeExpression): CodeExpression {
    let left = operand();
    for (let at = this.#peek().at; this.#takeName(operator); at = this.#peek().at) {
      left = { type: "binary", at, operator, left, right: operand() };
    }
    return left;
  }

  #not(): CodeExpression {
    const { at } = this.#peek();
    if (!this.#takeName("not")) return this.#comparison();
    return this.#nested({ type: "number", value: 0 }, () => ({
      type: "unary",
      at,
      operator: "not",
      operand: this.#not(),
    }));
  }

  #comparison(): CodeExpression {
    const first = this.#level(0);
    const rest: { operator: ComparisonOperator; value: CodeExpression }[] = [];
    while (this.error === undefined && comparisons.has(this.#peek().kind)) {
      const operator = this.#peek().kind as ComparisonOperator;
      this.#at++;
      rest.push({ operator, value: this.#level(0) });
    }
    return rest.length === 0 ? first : { type: "comparison", first, rest };
  }

  #level(level: number): CodeExpression {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#level(level + 1);
    let seen: string | undefined;
    while (this.error === undefined) {
      const { at, kind } = this.#peek();
      const operator = operators.find((candidate) => candidate === kind);
      if (operator === undefined) break;
      if (level === 0 && seen !== undefined && seen !== operator) this.#refuse();
      seen = operator;
      this.#at++;
      left = { type: "binary", at, operator, left, right: this.#level(level + 1) };
    }
    return left;
  }

  #unary(): CodeExpression {
    const { at, kind, text } = this.#peek();
    const nothing: CodeExpression = { type: "number", value: 0 };
    if (this.#take("-")) {
      return this.#nested(nothing, () => ({ type: "unary", at, operator: "-", operand: this.#unary() }));
    }
    if (this.#take("number")) return { type: "number", value: Number(text) };
    if (this.#take("string")) return { type: "string", value: text };
    if (this.#take("(")) return this.#nested(nothing, () => this.#parenthesized());
    if (kind !== "name" || ["and", "or", "not", "if", "else", "lambda", "in", "is", "for"].includes(text))
      this.#refuse();
    this.#at++;
    return { type: "name", at, name: text };
  }

  /** One value in parentheses is that value, several or a trailing comma make a tuple. */
  #parenthesized(): CodeExpression {
    const { items, comma } = this.#until(")");
    return items.length === 1 && !comma ? items[0]! : { type: "tuple", items };
  }

  #until(close: string): { items: CodeExpression[]; comma: boolean } {
    const items: CodeExpression[] = [];
    let comma = false;
    while (this.error === undefined && !this.#take(close)) {
      items.push(this.#test());
      comma = this.#take(",");
      if (!comma && this.#peek().kind !== close) this.#refuse();
    }
    return { items, comma };
  }

  #nested(instead: CodeExpression, parse: () => CodeExpression): CodeExpression {
    if (++this.#depth > deepest) {
      this.#refuse();
      return instead;
    }
    const result = parse();
    this.#depth--;
    return result;
  }

  #peek(ahead = 0): CodeToken {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  #take(kind: string): boolean {
    if (this.error !== undefined || this.#peek().kind !== kind) return false;
    this.#at++;
    return true;
  }

  #takeName(name: string): boolean {
    return this.#peek().kind === "name" && this.#peek().text === name && this.#take("name");
  }

  #refuse(): void {
    if (this.error !== undefined) return;
    const { at, kind, text } = this.#peek();
    const what = kind === "end" ? "the end of the code" : kind === "newline" ? "the end of the line" : text;
    this.error = {
      at,
      message: `code blocks here know assert, print and assignments, and nothing like ${what}`,
    };
    this.#at = this.#tokens.length - 1;
  }
}
