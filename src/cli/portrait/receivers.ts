/**
 * Whom a packet is for, by a profile's demultiplexer. Every kind of receiver that the profile lets stand side by side is set on
 * one port; who gets the packet leaves, and the packet comes again. Once more with the receivers set in the other order shows who is
 * only preferred for having come later or sooner.
 */
import { address, anyV4, anyV6 } from "../../base/address.ts";
import { SocketError } from "../../base/errno.ts";
import { seededRandom } from "../../base/random.ts";
import type { BindRequest } from "../../ports/binding.ts";
import { PortManager } from "../../ports/port-manager.ts";
import type { Profile } from "../../ports/profile.ts";
import type { PortrayedProtocol } from "./protocols.ts";

const here = address("192.0.2.1");
const far = { address: address("198.51.100.1"), port: 443 };
const port = 5000;
const device = 2;

interface Kind {
  readonly name: string;
  readonly socket: Pick<BindRequest, "domain" | "address" | "device">;
  readonly connected?: true;
}

const kinds: readonly Kind[] = [
  { name: "any address, IPv6 and IPv4", socket: { domain: 6, address: anyV6 } },
  { name: "any IPv4 address", socket: { domain: 4, address: anyV4 } },
  { name: "any IPv4 address, on the device", socket: { domain: 4, address: anyV4, device } },
  { name: "the address", socket: { domain: 4, address: here } },
  { name: "the address, on the device", socket: { domain: 4, address: here, device } },
  { name: "the five-tuple", socket: { domain: 4, address: here }, connected: true },
];

/** How two may stand side by side: the first that lets all of them is used, since a group of SO_REUSEPORT may have an order of its own. */
const optionSets = [{ reuseAddress: true }, { reuseAddress: true, reusePort: true }] as const;
type Options = (typeof optionSets)[number];

/** The best first. Those of equal rank stand together, ` or ` between them. */
export function receiversOf(profile: Profile, protocol: PortrayedProtocol): string[] {
  const orders = optionSets.map((options) => orderOf(profile, protocol, kinds, options));
  const most = Math.max(...orders.map((order) => order.length));
  const chosen = orders.findIndex((order) => order.length === most);
  const other = orderOf(profile, protocol, [...kinds].reverse(), optionSets[chosen]!);
  const ranks: string[][] = [];
  for (const name of orders[chosen]!) {
    const last = ranks.at(-1);
    const before = last === undefined ? -1 : other.indexOf(last.at(-1)!);
    if (last !== undefined && other.includes(name) && before > other.indexOf(name)) last.push(name);
    else ranks.push([name]);
  }
  return ranks.map((names) => names.join(" or "));
}

function orderOf(
  profile: Profile,
  protocol: PortrayedProtocol,
  placed: readonly Kind[],
  options: Options,
): string[] {
  const ports = new PortManager<string>({ profile, random: seededRandom(1), now: () => 0 });
  for (const kind of placed) place(ports, protocol, kind, options);
  const order: string[] = [];
  for (;;) {
    const found = ports.demultiplex(protocol, here, port, far.address, far.port, device);
    if (found === undefined) return order;
    order.push(found.owner);
    ports.release(found);
  }
}

/** Sets one such receiver beside the others, if it may stand there. */
function place(
  ports: PortManager<string>,
  protocol: PortrayedProtocol,
  { name, socket, connected }: Kind,
  options: Options,
): void {
  const binding = attempt(() => ports.tryReserve(name, { ...socket, ...options, uid: 1000, protocol, port }));
  if (typeof binding === "string") return;
  const listens = ports.profile.protocols[protocol].receivesWhen === "listening";
  const refusal = attempt(() => {
    if (connected) return ports.tryConnect(binding, { source: here, remote: far });
    return listens ? ports.tryListen(binding) : undefined;
  });
  if (refusal !== undefined) ports.release(binding);
}

function attempt<Value>(call: () => Value): Value | string {
  try {
    return call();
  } catch (error) {
    if (error instanceof SocketError) return error.code;
    throw error;
  }
}
