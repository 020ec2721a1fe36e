/** The words of a code block: Python's, as far as code-parser.ts knows them. */
export interface CodeToken {
  /** `name`, `number`, `string`, `newline`, `end`, or the operator itself. */
  readonly kind: string;
  readonly at: number;
  /** Digits of a number, the decoded text of a string, otherwise as written. */
  readonly text: string;
}

const pattern =
  /(?<blank>[ \t]+|\\\n|#[^\n]*)|(?<newline>\n)|(?<number>0[xX][0-9a-fA-F]+|0|[1-9]\d*)(?![\w.])|(?<name>[A-Za-z_]\w*)|(?<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(?<operator>\/\/|<<|>>|[=!<>+-]=|[-+*%&|^<>=(),;])/y;

/** The tokens of a block, the last one `end`; `unknown` is a character that begins none, or an indent. */
export function tokenizeCode(text: string): CodeToken[] {
  const tokens: CodeToken[] = [];
  let depth = 0;
  pattern.lastIndex = 0;
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) {
      tokens.push({ kind: "unknown", at, text: JSON.stringify(text[at]) });
      break;
    }
    const { newline, number, name, string, operator } = groups;
    if (newline !== undefined) {
      if (depth > 0) continue;
      tokens.push({ kind: "newline", at, text: newline });
      if (/^[ \t]+[^ \t\n#]/.test(text.slice(at + 1, at + 200))) {
        tokens.push({ kind: "unknown", at: at + 1, text: "an indent" });
      }
    } else if (number !== undefined) tokens.push({ kind: "number", at, text: number });
    else if (name !== undefined) tokens.push({ kind: "name", at, text: name });
    else if (string !== undefined) tokens.push({ kind: "string", at, text: decode(string.slice(1, -1)) });
    else if (operator !== undefined) {
      if (operator === "(") depth++;
      if (operator === ")") depth--;
      tokens.push({ kind: operator, at, text: operator });
    }
  }
  tokens.push({ kind: "end", at: text.length, text: "" });
  return tokens;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\n": "" };

function decode(text: string): string {
  return text.replace(/\\([\s\S])/g, (all, character: string) => {
    return escapes[character] ?? (/['"\\]/.test(character) ? character : all);
  });
}
