/** Tables as text: bordered for a person at a terminal, plain columns for everything else. */
import Table from "cli-table3";
import type { Output } from "../terminal.ts";

export interface TableText {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Places of the columns that are aligned right: numbers. */
  readonly right?: readonly number[] | undefined;
  /** Of the columns, without their padding: longer cells are wrapped. For terminals alone. */
  readonly widths?: readonly number[];
}

/** As the output's reader wants it. */
export function tableText(table: TableText, { interactive, colours }: Output): string {
  return interactive ? bordered(table, colours.isColorSupported ? "coloured" : "uncoloured") : plain(table);
}

/** For a terminal: borders, bold heads. Cells may hold colours. */
function bordered(table: TableText, lines: "coloured" | "uncoloured"): string {
  const grid = new Table({
    head: [...table.head],
    colAligns: table.head.map((_, column) => (table.right?.includes(column) ? "right" : "left")),
    ...(table.widths === undefined
      ? {}
      : { colWidths: table.widths.map((width) => width + 2), wordWrap: true }),
    style: {
      ...(lines === "coloured" ? { head: ["bold"], border: ["gray"] } : { head: [], border: [] }),
      compact: true,
    },
  });
  for (const row of table.rows) grid.push([...row]);
  return `${grid.toString()}\n`;
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
