/** Two hosts in memory: a client whose ports are watched, and a server with services to connect to. */
import { address } from "../../base/address.ts";
import { u16 } from "../../base/bytes.ts";
import type { Packet } from "../../base/packet.ts";
import { faulty } from "../../link/faults.ts";
import { pipe } from "../../link/pipe.ts";
import type { Direction } from "../../link/tap.ts";
import type { Explanation } from "../../ports/choice/explain.ts";
import { explanationText } from "../../ports/insight/explanation-text.ts";
import type { PortStats } from "../../ports/stats.ts";
import { daytimeTcp } from "../../services/daytime.ts";
import { echoTcp, echoUdp } from "../../services/echo.ts";
import { memoryFiles } from "../../services/file-source.ts";
import { httpServer } from "../../services/http/server.ts";
import type { ServiceHost } from "../../services/service.ts";
import type { Host } from "../../stack/host.ts";
import { Network } from "../../stack/network.ts";
import type { EndpointName } from "../../stack/socket.ts";
import { type Capture, openCapture } from "../capture.ts";
import { socketViews } from "../listings.ts";
import { profileOf } from "../profiles.ts";
import type { SocketView } from "../render/sockets.ts";
import type { Target } from "./clients.ts";
import type { DemoSettings } from "./record.ts";

export const clientAddress = "10.0.0.1";
export const serverAddress = "10.0.0.2";

/** Milliseconds from one host to the other. */
const distance = 5;
/** What the clock on the wall says in a demo: always the same, as everything else. */
const epoch = Date.UTC(2026, 0, 1);

export interface DemoWorld {
  /** The client host, to look at; {@link client} is the same for services. */
  readonly host: Host;
  readonly client: ServiceHost;
  readonly range: readonly [number, number];
  now(): number;
  advance(milliseconds: number): void;
  /** Runs a call that may choose a port, and gives the choice's explanation with what it returned. */
  explained<Value>(call: () => Value): { value: Value; explanation: Explanation<unknown> | undefined };
  /** The client's sockets and resting ports. */
  sockets(): SocketView[];
  /** Whether a TCP connection of the client's is in TIME-WAIT. */
  rests(local: EndpointName, remote: Target): boolean;
  stats(): PortStats;
  /** Packets that passed the cable so far, in both directions. */
  packets(): number;
  /** Finishes the capture. */
  close(): Promise<void>;
}

export interface WorldOptions extends DemoSettings {
  readonly pcap?: string | undefined;
}

/** @throws the system's error where the capture cannot be made */
export function openWorld(options: WorldOptions): DemoWorld {
  const profile = profileOf(options);
  const network = new Network({ seed: options.seed });
  const client = network.host("client", { profile });
  const server = network.host("server", { profile: profileOf({ profile: options.profile }) });
  const reasons = new Map<string, string>();
  const capture =
    options.pcap === undefined ? undefined : openCapture(options.pcap, { clock: network.clock, epoch });
  connect(network, client, server, capture, reasons);
  serve(network, server);
  const clientEnd = client.interfaces[1]!;
  return {
    host: client,
    client: serviceHost(network, client),
    range: profile.range,
    now: () => network.now(),
    advance: (milliseconds) => network.advance(milliseconds),
    explained: (call) => {
      let explanation: Explanation<unknown> | undefined;
      client.ports.onChoice = (told) => {
        explanation = told;
        note(reasons, told, network.now());
      };
      const value = call();
      client.ports.onChoice = undefined;
      return { value, explanation };
    },
    sockets: () => socketViews(client.snapshot()),
    rests: (local, remote) => {
      const [own, peer] = [address(local.address), address(remote.address)];
      return client.ports.demultiplex("tcp", own, local.port, peer, remote.port, 0)?.state === "held";
    },
    stats: () => client.ports.stats(),
    packets: () => clientEnd.link.stats.sentPackets + clientEnd.link.stats.receivedPackets,
    close: async () => {
      network.close();
      await capture?.close();
    },
  };
}

function connect(
  network: Network,
  client: Host,
  server: Host,
  capture: Capture | undefined,
  reasons: Map<string, string>,
): void {
  const { clock, random } = network;
  const [left, right] = pipe(clock, { names: ["client", "server"] });
  const delayed = faulty(left, {
    clock,
    random: random.fork("cable"),
    in: { delay: distance },
    out: { delay: distance },
  });
  const watched =
    capture?.watch(delayed, (packet, direction) => reasonFor(reasons, packet, direction)) ?? delayed;
  client.addInterface(watched, { name: "eth0", addresses: [`${clientAddress}/24`] });
  server.addInterface(right, { name: "eth0", addresses: [`${serverAddress}/24`] });
}

function serve(network: Network, server: Host): void {
  const host = serviceHost(network, server);
  const at = (port: number) => ({ address: "0.0.0.0", port });
  // Clients say little while time flies.
  const patient = { idle: Number.MAX_SAFE_INTEGER };
  echoTcp(host, at(7), patient);
  echoUdp(host, at(7));
  daytimeTcp(host, at(13), () => "Thursday, January 1, 2026 00:00:00-UTC", patient);
  httpServer(host, at(80), { files: memoryFiles({}), ...patient });
}

function serviceHost({ clock }: Network, host: Host): ServiceHost {
  return { clock, socket: (domain, type, protocol) => host.socket(domain, type, protocol) };
}

const protocolNumbers: Readonly<Record<string, number>> = { tcp: 6, udp: 17 };

/** Keeps the reason of a choice until the port's first packet passes. */
function note(reasons: Map<string, string>, explanation: Explanation<unknown>, now: number): void {
  const { protocol, port } = explanation;
  if (port === undefined) return;
  reasons.set(`${protocolNumbers[protocol]} ${port}`, `port ${port}: ${explanationText(explanation, now)}`);
}

/** The reason to comment an outgoing IPv4 packet with: once a choice. */
function reasonFor(
  reasons: Map<string, string>,
  { bytes, start }: Packet,
  direction: Direction,
): string | undefined {
  if (direction !== "out") return undefined;
  const header = (bytes[start]! & 15) * 4;
  const key = `${bytes[start + 9]} ${u16(bytes, start + header)}`;
  const reason = reasons.get(key);
  reasons.delete(key);
  return reason;
}
