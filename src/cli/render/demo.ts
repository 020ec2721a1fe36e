/** A demo as text: what happens a line each, and the sockets table after each scene. */
import type { DemoEvent, DemoScene, DemoSettings, DemoSummary } from "../demo/record.ts";
import type { Output } from "../terminal.ts";
import { portsTable } from "./ports.ts";
import { spanText } from "./quantities.ts";
import { inOrder, socketsTable } from "./sockets.ts";

export function demoTitle({ profile, range, algorithm, seed }: DemoSettings, { colours }: Output): string {
  const how = algorithm === undefined ? `profile ${profile}` : `profile ${profile}, algorithm ${algorithm}`;
  return `${colours.bold("harbormaster demo")}  ${how}, range ${range.join("-")}, seed ${seed}\n`;
}

export function demoScene(scene: DemoScene, number: number, output: Output): string {
  const { bold, dim } = output.colours;
  const lines = [
    "",
    bold(`${number}. ${scene.title}`),
    dim(scene.about),
    "",
    ...scene.events.map((event) => eventLine(event, output)),
    ...(scene.events.length > 0 ? [""] : []),
  ];
  const table =
    scene.sockets.length === 0 ? "no sockets are left\n" : socketsTable(inOrder(scene.sockets), output);
  return `${lines.join("\n")}\n${table}`;
}

/** The widest endpoint of the demo's addresses. */
const endpointWidth = "10.0.0.1:65535".length;
const actionWidth = "closed by peer".length;

function eventLine({ at, protocol, action, local, remote, why }: DemoEvent, { colours }: Output): string {
  const { bold, dim, green, red, yellow } = colours;
  const paint =
    action === "opened" ? green : action === "refused" ? red : action === "freed" ? green : yellow;
  const time = `${(at / 1000).toFixed(3).padStart(8)} s`;
  const from = (local === "" ? "-" : local).padEnd(endpointWidth);
  return `${time}  ${protocol}  ${paint(action.padEnd(actionWidth))}  ${bold(from)} → ${remote.padEnd(endpointWidth - 3)}  ${dim(why)}`.trimEnd();
}

export function demoSummary(summary: DemoSummary, output: Output): string {
  const { bold } = output.colours;
  const { duration, packets, ports, tcpPorts } = summary;
  return [
    "",
    bold("Summary"),
    `TCP source ports in order: ${tcpPorts.join(" ")}`,
    `${spanText(duration)} of virtual time, ${packets} packets`,
    "",
    portsTable(ports, output),
  ].join("\n");
}
