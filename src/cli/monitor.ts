/** What `up` says while it runs: a table that is drawn again in place for a person, lines for everything else. */

import { formatPrefix } from "../base/prefix.ts";
import type { Service } from "../services/service.ts";
import type { Host } from "../stack/host.ts";
import type { Interface } from "../stack/interface/interface.ts";
import type { InterfaceSnapshot } from "../stack/views/snapshot.ts";
import { socketViews } from "./listings.ts";
import { portsTable } from "./render/ports.ts";
import { bytesText } from "./render/quantities.ts";
import { screenOn } from "./render/screen.ts";
import { inOrder, socketsTable } from "./render/sockets.ts";
import type { Terminal } from "./terminal.ts";

export interface Monitor {
  /** A service has done something. */
  log(service: string, text: string): void;
  /** Everything is open: the line that scripts wait for. */
  ready(at: Interface, services: readonly Service[]): void;
  stopping(signal: string): void;
  stop(): void;
}

/** Milliseconds between two drawings. */
const interval = 500;

export function monitorOn(terminal: Terminal, host: Host, form: "text" | "json"): Monitor {
  if (form === "json") return jsonMonitor(terminal);
  return terminal.out.interactive ? screenMonitor(terminal, host) : lineMonitor(terminal);
}

function readyFacts(at: Interface, services: readonly Service[]) {
  const addresses = at.addresses.map(({ address, prefixLength }) =>
    formatPrefix({ address, length: prefixLength }),
  );
  return { interface: at.name, addresses, services: [...new Set(services.map(({ name }) => name))] };
}

/** The line on stdout that says all is open; also what the screen has as its title. */
function readyText(at: Interface, services: readonly Service[]): string {
  const { interface: name, addresses, services: names } = readyFacts(at, services);
  const serving = names.length === 0 ? "" : `, serving ${names.join(" ")}`;
  return `ready: ${name} ${addresses.join(" ")}${serving}`;
}

function lineMonitor({ out, err }: Terminal): Monitor {
  const say = (text: string): void => err.write(`${new Date().toISOString()} ${text}\n`);
  return {
    log: (service, text) => say(`${service}: ${text}`),
    ready: (at, services) => out.write(`${readyText(at, services)}\n`),
    stopping: (signal) => say(`${signal}: closing`),
    stop: () => {},
  };
}

function jsonMonitor({ out }: Terminal): Monitor {
  const say = (event: string, facts: object): void =>
    out.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...facts })}\n`);
  return {
    log: (service, text) => say("service", { service, text }),
    ready: (at, services) => say("ready", readyFacts(at, services)),
    stopping: (signal) => say("stopping", { signal }),
    stop: () => {},
  };
}

function screenMonitor({ out }: Terminal, host: Host): Monitor {
  const screen = screenOn(out);
  const { dim, bold } = out.colours;
  let title = "";
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    const snapshot = host.snapshot();
    const traffic = snapshot.interfaces.slice(1).map(trafficText);
    const sockets = socketsTable(inOrder(socketViews(snapshot)), out);
    const ports = portsTable(snapshot.ports.stats, out);
    screen.draw([bold(title), ...traffic, "", `${sockets}${ports}${dim("Ctrl-C ends it")}`, ""].join("\n"));
  };
  return {
    log: (service, text) => screen.say(`${dim(new Date().toLocaleTimeString())} ${service}: ${text}`),
    ready: (at, services) => {
      title = readyText(at, services);
      // Whatever ends the process, the cursor comes back.
      process.once("exit", screen.end);
      draw();
      timer = setInterval(draw, interval);
    },
    stopping: (signal) => screen.say(`${signal}: closing`),
    stop: () => {
      clearInterval(timer);
      process.off("exit", screen.end);
      screen.end();
    },
  };
}

function trafficText({ name, link }: InterfaceSnapshot): string {
  const { receivedPackets, receivedBytes, sentPackets, sentBytes, dropped } = link;
  const received = `${receivedPackets} packets in (${bytesText(receivedBytes)})`;
  return `${name}: ${received}, ${sentPackets} out (${bytesText(sentBytes)}), ${dropped} dropped`;
}
