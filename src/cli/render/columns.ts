/** Tables as text: bordered for a person at a terminal, plain columns for everything else. */
import Table from "cli-table3";

export interface TableText {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Places of the columns that are aligned right: numbers. */
  readonly right?: readonly number[] | undefined;
}

/** For a terminal: borders, bold heads. Cells may hold colours. */
export function bordered(table: TableText): string {
  const grid = new Table({
    head: [...table.head],
    colAligns: table.head.map((_, column) => (table.right?.includes(column) ? "right" : "left")),
    style: { head: ["bold"], border: ["gray"], compact: true },
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
