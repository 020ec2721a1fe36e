/** A host's sockets as a table, after ss(8). */
import type { Output } from "../terminal.ts";
import { tableText } from "./columns.ts";
import { spanText } from "./quantities.ts";

/** What is shown of one socket, or of a port that rests. */
export interface SocketView {
  readonly protocol: string;
  /** `ESTABLISHED`, `TIME-WAIT`, `LISTEN`, `UNCONNECTED` ... */
  readonly state: string;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly local: string;
  readonly remote: string;
  /** What is running, such as `retransmission` or `TIME-WAIT`, and how long it has left in milliseconds. */
  readonly timer: { readonly name: string; readonly left: number } | undefined;
  readonly label: string;
}

const head = ["proto", "state", "recv-q", "send-q", "local", "remote", "timer", "name"] as const;

/** The table, bordered and coloured for a person, plain otherwise. */
export function socketsTable(views: readonly SocketView[], output: Output): string {
  const { colours } = output;
  const rows = views.map((view) => [
    view.protocol,
    stateColour(view.state, colours)(view.state),
    String(view.receiveQueue),
    String(view.sendQueue),
    view.local,
    view.remote,
    view.timer === undefined ? "" : `${view.timer.name} ${spanText(view.timer.left)}`,
    view.label,
  ]);
  return tableText({ head, rows, right: [2, 3] }, output);
}

type Paint = (text: string) => string;

function stateColour(state: string, { green, yellow, cyan, dim }: Output["colours"]): Paint {
  if (state === "ESTABLISHED") return green;
  if (state === "TIME-WAIT") return yellow;
  if (state === "LISTEN") return cyan;
  return state === "UNCONNECTED" ? dim : String;
}

/** Listeners first, then by local port, as people look for them. */
export function inOrder(views: readonly SocketView[]): SocketView[] {
  return [...views].sort(
    (a, b) =>
      a.protocol.localeCompare(b.protocol) ||
      Number(b.state === "LISTEN") - Number(a.state === "LISTEN") ||
      portOf(a.local) - portOf(b.local) ||
      a.remote.localeCompare(b.remote),
  );
}

function portOf(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(":") + 1)) || 0;
}
