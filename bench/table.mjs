/** Rows as a table: one line a peer. */
import Table from "cli-table3";
import colors from "picocolors";

export function table(rows) {
  const output = new Table({
    head: ["group", "what", "ours", "peer", "its cost", "ours / peer", "bar"],
    colAligns: ["left", "left", "right", "left", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const { group, name, ours, unit, against } of rows) {
    const lines = (cell) => against.map(cell).join("\n");
    output.push([
      group,
      name,
      `${figure(ours)} ${unit}`,
      lines(({ peer }) => peer),
      lines(({ cost }) => figure(cost)),
      lines(verdict),
      lines(({ bar }) => (bar === undefined ? "" : figure(bar))),
    ]);
  }
  return output.toString();
}

function verdict({ ratio, bar }) {
  const text = figure(ratio);
  if (bar === undefined) return text;
  return ratio <= bar ? colors.green(text) : colors.red(text);
}

function figure(value) {
  if (value >= 10_000) return Math.round(value).toLocaleString("en");
  if (value >= 100) return value.toFixed(0);
  if (value >= 1) return `${Number(value.toPrecision(3))}`;
  return value >= 0.001 ? `${Number(value.toPrecision(2))}` : value.toExponential(1);
}
