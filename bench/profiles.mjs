/**
 * Every profile of the register with one port left, against itself with none taken: whatever the system scanned, an answer
 * takes no longer. Algorithms that draw ports at random until one is free have no bar: they are meant to take long.
 */
import { addressV4, anyV4, linux, PortManager, registry, seededRandom } from "../dist/ports/index.js";
import { nanosecondsOf, scaled } from "./measure.mjs";

const low = 32_768;
const size = Math.max(2_000, scaled(28_232));
const us = addressV4(0xc0000201);
const path = { source: us, remote: { address: addressV4(0xc6336407), port: 443 } };

const bindRequest = { protocol: "tcp", domain: 4, address: us, port: 0 };
const connectRequest = { protocol: "tcp", domain: 4, address: anyV4, port: 0 };
const udpRequest = { protocol: "udp", domain: 4, address: anyV4, port: 0 };

/** With ip_local_port_step_width. */
const stepping = { ...linux, name: "linux, step width 1000" };

const kinds = [
  { name: "bind(0)", protocol: "tcp", take: (manager) => manager.tryReserve(0, bindRequest) },
  { name: "connect", protocol: "tcp", take: (manager) => manager.tryConnectNew(0, connectRequest, path) },
  { name: "UDP bind(0)", protocol: "udp", take: (manager) => manager.tryReserve(0, udpRequest) },
];

export async function measureGroup() {
  return [
    ...registry.flatMap(({ profile }) => kinds.flatMap((kind) => rowsOf(profile, kind))),
    ...rowsOf(stepping, kinds[1]),
  ];
}

function rowsOf(profile, { name, protocol, take }) {
  const manager = newManager(profile);
  if (typeof take(manager) === "string") return []; // chooses no ports
  const empty = nanosecondsOf(choosing(newManager(profile), take));
  const ours = nanosecondsOf(choosing(filled(profile, take), take));
  const { bind, connect = bind } = profile.protocols[protocol].selections(seededRandom(1));
  const { kind } = name === "connect" ? connect : bind;
  const against = [{ peer: "ours, empty", cost: empty, ...(kind === "draw" ? {} : { bar: 5 }) }];
  return [{ name: `${profile.name}: ${name} + release, one port left`, ours, unit: "ns", against }];
}

function newManager(profile) {
  const manager = new PortManager({ profile, random: seededRandom(7), now: () => 0 });
  manager.range = [low, low + size - 1];
  if (profile === stepping) manager.settings.stepWidth = 1000;
  return manager;
}

/** As full as it gets, but for one port. */
function filled(profile, take) {
  const manager = newManager(profile);
  const bindings = [];
  for (let made = take(manager); typeof made !== "string"; made = take(manager)) bindings.push(made);
  manager.release(bindings[seededRandom(3).below(bindings.length)]);
  return manager;
}

/** A choice may fail where chance decides. */
function choosing(manager, take) {
  return () => {
    const binding = take(manager);
    if (typeof binding !== "string") manager.release(binding);
  };
}
