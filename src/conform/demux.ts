/** Cases of kind `demux`: endpoints of one port, and which of them gets a packet, at a bare port manager. */
import { type Address, address, isUnspecified } from "../base/address.ts";
import type { Binding } from "../ports/binding.ts";
import type { PortManager } from "../ports/port-manager.ts";
import { bareManager, refusalOf, requestOf } from "./bare-manager.ts";
import { meets } from "./calls.ts";
import { MismatchError } from "./device.ts";
import type { Trial } from "./run.ts";
import type {
  BindEndpointOperation,
  DemuxCase,
  DemuxOperation,
  InjectOperation,
  RegisterOperation,
} from "./schema.ts";

/** The port that `$P`, or any other name, stands for. */
const namedPort = 8080;
/** Packets come from here, from ports upwards of this one. */
const senders = { ipv4: "192.0.2.99", ipv6: "2001:db8::99" } as const;
const firstSource = 10_000;
/** How far a share may be from what is expected, where it is neither nothing nor everything. */
const tolerance = 0.05;

/** Endpoints by number, in the order in which they were bound. */
type Endpoint = number;

export function runDemux(trial: Trial, { ops, stack_networks }: DemuxCase): void {
  const manager = bareManager<Endpoint>(trial, undefined);
  const bound: Binding<Endpoint>[] = [];
  for (const [at, op] of ops.entries()) {
    const fault =
      op.op === "inject"
        ? inject(manager, bound, op)
        : differs(enter(manager, bound, op, stack_networks), op);
    if (fault !== undefined) throw new MismatchError(`op ${at} ${op.op}: ${fault}`);
  }
}

function enter(
  manager: PortManager<Endpoint>,
  bound: Binding<Endpoint>[],
  op: RegisterOperation | BindEndpointOperation,
  known: readonly string[] | undefined,
): string {
  const networks = op.op === "register" ? op.networks : [op.network];
  if (known !== undefined && !networks.every((one) => known.includes(one))) return "ErrUnknownProtocol";
  const addr = op.op === "register" ? "*" : op.addr;
  const asked = requestOf(op.transport, networks, addr, op.flags, op.device);
  const result = manager.tryReserve(bound.length, { ...asked, port: portOf(op) });
  if (typeof result === "string") return result;
  bound.push(result);
  return "OK";
}

function portOf(op: RegisterOperation | BindEndpointOperation): number {
  const port = op.op === "register" ? (op.id.local_port ?? 0) : op.port;
  return typeof port === "string" ? namedPort : port;
}

function differs(got: string, op: Exclude<DemuxOperation, InjectOperation>): string | undefined {
  if (meets(got, op.expect)) return undefined;
  return got !== "OK" && op.expect === refusalOf(portOf(op)) ? undefined : `${got}, not ${op.expect}`;
}

/** Packets to the endpoints bound so far: what is wrong with how they are shared out, if anything. */
function inject(
  manager: PortManager<Endpoint>,
  bound: readonly Binding<Endpoint>[],
  op: InjectOperation,
): string | undefined {
  const counts = new Array<number>(bound.length).fill(0);
  const bySource = new Map<number, Endpoint>();
  const remote = address(op.network === "ipv6" ? senders.ipv6 : senders.ipv4);
  for (let sent = 0; sent < op.packets; sent++) {
    const source = firstSource + (sent % op.distinct_source_ports);
    const got = receiver(manager, bound, remote, source, op);
    if (got === undefined) continue;
    counts[got]!++;
    const before = bySource.get(source) ?? got;
    if (op.expect_same_source_port_same_endpoint === true && before !== got)
      return `packets from port ${source} reached endpoints ${before} and ${got}`;
    bySource.set(source, got);
  }
  const shares = counts.map((count) => count / op.packets);
  const wanted = op.expect_distribution;
  const fits = wanted.length === shares.length && wanted.every((share, at) => near(shares[at]!, share));
  return fits ? undefined : `shares are ${shares.map((share) => share.toFixed(3)).join(", ")}`;
}

function receiver(
  manager: PortManager<Endpoint>,
  bound: readonly Binding<Endpoint>[],
  remote: Address,
  source: number,
  { network, device }: InjectOperation,
): Endpoint | undefined {
  const { protocol, address: ours, port } = bound.at(-1)!;
  const local = isUnspecified(ours) ? requestOf(protocol, [network], "$LOCAL", [], 0).address : ours;
  return manager.demultiplex(protocol, local, port, remote, source, device)?.owner;
}

function near(share: number, wanted: number): boolean {
  if (wanted === 0 || wanted === 1) return share === wanted;
  return Math.abs(share - wanted) <= tolerance;
}
