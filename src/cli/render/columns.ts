/** Tables as text: bordered for a person at a terminal, plain columns for everything else. */
import Table from "cli-table3";
import type { Output } from "../terminal.ts";

export interface TableText {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Places of the columns that are aligned right: numbers. */
  readonly right?: readonly number[] | undefined;
}

/** As the output's reader wants it. */
export function tableText(table: TableText, output: Output): string {
  return output.interactive ? bordered(table, output) : plain(table);
}

/** For a terminal: borders, bold heads; cells are wrapped where the table would be too wide. Cells may hold colours. */
function bordered(table: TableText, { colours, columns }: Output): string {
  const widths = widthsWithin(table, columns);
  const grid = new Table({
    head: [...table.head],
    colAligns: table.head.map((_, column) => (table.right?.includes(column) ? "right" : "left")),
    style: {
      ...(colours.isColorSupported ? { head: ["bold"], border: ["gray"] } : { head: [], border: [] }),
      compact: true,
    },
  });
  for (const row of table.rows) grid.push(row.map((cell, column) => wrapped(cell, widths[column]!)));
  return `${grid.toString()}\n`;
}

/** Blanks around a cell; with them a border stands after each column, and one before the first. */
const padding = 2;

/** No column of prose is made narrower for another's sake. */
const narrowest = 8;

/** Widths that fit: the widest columns give way; where that does not do, those of prose break words, and names stay whole. */
function widthsWithin({ head, rows }: TableText, columns: number): number[] {
  const cells = head.map((_, column) => [head, ...rows].map((row) => visible(row[column] ?? "")));
  const widths = cells.map((column) => Math.max(...column.map((cell) => cell.length)));
  const words = cells.map((column) =>
    Math.max(
      ...column
        .join(" ")
        .split(" ")
        .map((word) => word.length),
    ),
  );
  const broken = words.map((word, column) =>
    cells[column]!.slice(1).some((cell) => cell.includes(" ")) ? Math.min(word, narrowest) : word,
  );
  let excess = widths.reduce((sum, width) => sum + width + padding + 1, 1) - columns;
  for (const least of [words, broken])
    for (; excess > 0; excess--) {
      const spare = widths.map((width, column) => (width > least[column]! ? width : 0));
      const widest = spare.indexOf(Math.max(...spare));
      if (spare[widest] === 0) break;
      widths[widest]!--;
    }
  return widths;
}

/** In lines of at most so many characters; without its colours where it takes several. */
function wrapped(cell: string, width: number): string {
  const text = visible(cell);
  if (text.length <= width) return cell;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > width && line !== "") lines.push(line);
    line = longer.length > width ? word : longer;
    for (; line.length > width; line = line.slice(width)) lines.push(line.slice(0, width));
  }
  return [...lines, line].join("\n");
}

/** Without colours. */
function visible(cell: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return cell.replace(/\x1b\[[0-9;]*m/g, "");
}

/** For pipes and files: columns two spaces apart, nothing at line ends, no colours. */
export function plain(table: TableText): string {
  const lines = [table.head, ...table.rows];
  const widths = table.head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const text = lines.map((line) =>
    widths
      .map((width, column) => {
        const cell = line[column] ?? "";
        return table.right?.includes(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
  return `${text.join("\n")}\n`;
}
