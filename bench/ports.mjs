/**
 * Choosing a port and giving it back, by the port manager: against what one would write first, a Map of `address:port` and
 * a scan from a random start, and against gVisor's port manager. However full the range, an answer takes no longer.
 */
import { addressV4, anyV4, linux, PortManager, seededRandom } from "../dist/ports/index.js";
import { nanosecondsOf, scaled } from "./measure.mjs";

const [low, linuxHigh] = linux.range;
const size = Math.max(2_000, scaled(linuxHigh - low + 1));
const high = low + size - 1;
const us = addressV4(0xc0000201);
const web = addressV4(0xc6336407);
/** What Linux 6.18 once took on such a machine to say that its range is spent. */
const linuxSpent = { peer: "Linux, as once measured", cost: 1.8e6, bar: 1 / 200 };

const bindRequest = { protocol: "tcp", domain: 4, address: us, port: 0 };
const udpRequest = { protocol: "udp", domain: 4, address: anyV4, port: 0 };
const connectRequest = { protocol: "tcp", domain: 4, address: anyV4, port: 0 };
const path = { source: us, remote: { address: web, port: 443 } };

/** What fills the range: each kind of call, its own kind of holder. */
const kinds = [
  { name: "bind(0)", mode: "bind", take: (manager) => manager.tryReserve(0, bindRequest) },
  { name: "connect", mode: "connect", take: (manager) => manager.tryConnectNew(0, connectRequest, path) },
  { name: "UDP bind(0)", take: (manager) => manager.tryReserve(0, udpRequest) },
];

const fillings = [
  { name: "empty", left: size, occupied: 0 },
  { name: "50 % full", left: size / 2, occupied: 0.5 },
  { name: "90 % full", left: Math.round(size / 10), occupied: 0.9 },
  { name: "99 % full", left: Math.round(size / 100), occupied: 0.99 },
  { name: "99.9 % full", left: Math.round(size / 1000), occupied: 0.999 },
  { name: "one port left", left: 1 },
];

export async function measureGroup({ gvisor }) {
  const find = gvisor("-mode", "ports", "-secs", "0.05");
  const naive = new Map([...fillings, { left: 0 }].map(({ left }) => [left, nanosecondsOf(naiveScan(left))]));
  return kinds.flatMap((kind) => {
    let empty;
    const rows = fillings.map(({ name, left, occupied }) => {
      const ours = nanosecondsOf(choosing(kind, left));
      empty ??= ours;
      const against = [{ peer: "Map scan", cost: naive.get(left) }];
      if (kind.mode !== undefined) {
        const cost = find("alloc+release", { range: `${size}`, occ: occupied, mode: kind.mode });
        against.push({ peer: "gVisor", cost, bar: 1 });
      }
      if (occupied === 0.999) against.push({ peer: "ours, empty", cost: empty, bar: 5 });
      return { name: `${kind.name} + release, ${name}`, ours, unit: "ns", against };
    });
    const against = [{ peer: "Map scan", cost: naive.get(0) }, linuxSpent];
    const ours = nanosecondsOf(refusing(kind));
    return [...rows, { name: `${kind.name}, no port left`, ours, unit: "ns", against }];
  });
}

function choosing(kind, left) {
  const manager = filled(kind, left);
  return () => {
    const binding = kind.take(manager);
    if (typeof binding === "string") throw new Error(binding);
    manager.release(binding);
  };
}

function refusing(kind) {
  const manager = filled(kind, 0);
  return () => {
    if (typeof kind.take(manager) !== "string") throw new Error("not full");
  };
}

/** Fills the manager by its own calls, then frees ports at random until `left` are left. */
function filled({ take }, left) {
  const manager = new PortManager({ profile: linux, random: seededRandom(7), now: () => 0 });
  manager.range = [low, high];
  const bindings = [];
  if (left === size) return manager;
  for (let made = take(manager); typeof made !== "string"; made = take(manager)) bindings.push(made);
  const chance = seededRandom(3);
  while (size - bindings.length < left) {
    const at = chance.below(bindings.length);
    const last = bindings.pop();
    const freed = at < bindings.length ? bindings[at] : last;
    if (at < bindings.length) bindings[at] = last;
    manager.release(freed);
  }
  return manager;
}

function naiveScan(left) {
  const taken = new Map();
  const chance = seededRandom(5);
  const free = new Set();
  while (free.size < left) free.add(low + chance.below(size));
  for (let port = low; port <= high; port++) if (!free.has(port)) taken.set(`192.0.2.1:${port}`, {});
  return () => {
    let port = low + chance.below(size);
    for (let i = 0; i < size; i++) {
      const key = `192.0.2.1:${port}`;
      if (!taken.has(key)) {
        taken.set(key, {});
        taken.delete(key);
        return;
      }
      port = port === high ? low : port + 1;
    }
  };
}
