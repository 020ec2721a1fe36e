/** A drawing of dots in braille characters: two across and four down in each. */

export interface DotCanvas {
  /** Dots across and down. */
  readonly width: number;
  readonly height: number;
  /** From the left and from the top; what lies outside is not drawn. */
  set(x: number, y: number): void;
  /** A line a row of characters, of equal length. */
  lines(): string[];
}

/** The bit of each dot in U+2800, by row and then by column. */
const bits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const blank = 0x2800;

export function dotCanvas(columns: number, rows: number): DotCanvas {
  const cells = new Uint8Array(columns * rows);
  const width = columns * 2;
  const height = rows * 4;
  return {
    width,
    height,
    set: (x, y) => {
      if (x < 0 || y < 0 || x >= width || y >= height) return;
      cells[(y >> 2) * columns + (x >> 1)]! |= bits[y & 3]![x & 1]!;
    },
    lines: () =>
      Array.from({ length: rows }, (_, row) =>
        String.fromCharCode(
          ...cells.subarray(row * columns, (row + 1) * columns).map((cell) => cell),
        ).replace(/[\0-\xff]/g, (cell) => String.fromCharCode(blank + cell.charCodeAt(0))),
      ),
  };
}

const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"] as const;

/** A bar of so many columns, exact to an eighth; what is more than nothing shows. */
export function bar(length: number): string {
  const parts = length > 0 ? Math.max(1, Math.round(length * 8)) : 0;
  return "█".repeat(parts >> 3) + eighths[parts & 7]!;
}
