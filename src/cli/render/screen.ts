/** A part of the terminal that is drawn again in place: never more lines than fit, never a line too long. */
import type { Output } from "../terminal.ts";

export interface Screen {
  /** Replaces what was drawn before. */
  draw(text: string): void;
  /** Says something above the drawing, for good. */
  say(line: string): void;
  /** Leaves the last drawing where it is. */
  end(): void;
}

const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
const clearDown = "\x1b[J";

export function screenOn(output: Output): Screen {
  let shown = "";
  const erase = (): string => {
    const lines = shown === "" ? 0 : shown.split("\n").length - 1;
    return lines === 0 ? "" : `\x1b[${lines}A\r${clearDown}`;
  };
  return {
    draw: (text) => {
      const fitted = clip(text, output.columns, output.rows - 1);
      if (fitted === shown) return;
      output.write(`${erase()}${hideCursor}${fitted}`);
      shown = fitted;
    },
    say: (line) => {
      output.write(`${erase()}${line}\n${shown}`);
    },
    end: () => {
      output.write(showCursor);
      shown = "";
    },
  };
}

/** Text cut to so many columns and rows, ending in a line end. */
export function clip(text: string, columns: number, rows: number): string {
  const lines = text.replace(/\n$/, "").split("\n");
  const kept =
    lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`];
  return `${kept.map((line) => cut(line, columns)).join("\n")}\n`;
}

/** A line cut to so many visible characters; colour codes take none. */
export function cut(line: string, columns: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  const parts = line.split(/(\x1b\[[0-9;]*m)/);
  let left = columns;
  return parts
    .map((part, i) => {
      if (i % 2 === 1) return part;
      const kept = [...part].slice(0, left);
      left -= kept.length;
      return kept.join("");
    })
    .join("");
}
