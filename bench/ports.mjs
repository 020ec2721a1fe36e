/**
 * The port manager against what one would write first: a Map and a scan. Times are CPU time for one reserve or connect with
 * its release; the peer scans one port at a time from a random start and keeps `address:port` strings in a Map.
 */

import { FlowTable } from "../dist/ports/flow-table.js";
import { addressV4, anyV4, linux, PortManager, seededRandom } from "../dist/ports/index.js";

const [low, high] = linux.range;
const size = high - low + 1;
const us = addressV4(0xc0000201);
const web = addressV4(0xc6336407);

/** CPU nanoseconds a call, the median of five runs of about `budget` ms each. */
function time(call, budget = 30) {
  let count = 1;
  for (let spent = 0; spent < budget * 1e6; count *= 2) spent = cpu(call, count); // also warms up
  return Array.from({ length: 5 }, () => cpu(call, count / 2) / (count / 2)).sort((a, b) => a - b)[2];
}

function cpu(call, count) {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) call(i);
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}

function managerOf() {
  return new PortManager({ profile: linux, random: seededRandom(7), now: () => 0 });
}

const bindRequest = { protocol: "tcp", domain: 4, address: us, port: 0 };
const udpRequest = { protocol: "udp", domain: 4, address: anyV4, port: 0 };
const connectRequest = { protocol: "tcp", domain: 4, address: anyV4, port: 0 };
const path = { source: us, remote: { address: web, port: 443 } };

/** What fills the range: each kind of call, its own kind of holder. */
const kinds = {
  "bind(0)": { request: bindRequest, take: (m) => m.tryReserve(0, bindRequest) },
  "UDP bind(0)": { request: udpRequest, take: (m) => m.tryReserve(0, udpRequest) },
  connect: { request: connectRequest, take: (m) => m.tryConnectNew(0, connectRequest, path) },
};

/** Fills the manager by its own calls, then frees ports at random until `left` are left. */
function filled({ take }, left) {
  const manager = managerOf();
  const bindings = [];
  for (let made = take(manager); typeof made !== "string"; made = take(manager)) bindings.push(made);
  const chance = seededRandom(3);
  while (size - bindings.length < left) {
    const [binding] = bindings.splice(chance.below(bindings.length), 1);
    manager.release(binding);
  }
  return manager;
}

/** The naive peer: a set of `address:port`, a random start, a scan. */
function naiveFilled(left) {
  const taken = new Map();
  const chance = seededRandom(5);
  const free = new Set(Array.from({ length: left }, () => low + chance.below(size)));
  for (let port = low; port <= high; port++) if (!free.has(port)) taken.set(`192.0.2.1:${port}`, {});
  let state = 12345;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let port = low + (state % size);
    for (let i = 0; i < size; i++) {
      const key = `192.0.2.1:${port}`;
      if (!taken.has(key)) {
        taken.set(key, {});
        taken.delete(key);
        return port;
      }
      port = port === high ? low : port + 1;
    }
    return -1;
  };
}

const fillings = [
  ["empty", size],
  ["50 % full", size / 2],
  ["90 % full", Math.round(size / 10)],
  ["99 % full", Math.round(size / 100)],
  ["99.9 % full", Math.round(size / 1000)],
  ["one port left", 1],
];

function choosingRows() {
  const rows = [];
  const naive = new Map(fillings.map(([name, left]) => [name, time(naiveFilled(left))]));
  for (const [kind, one] of Object.entries(kinds)) {
    for (const [name, left] of fillings) {
      const manager = filled(one, left);
      const ours = time(() => {
        const binding = one.take(manager);
        if (typeof binding === "string") throw new Error(binding);
        manager.release(binding);
      });
      rows.push(row(`${kind} + release, ${name}`, ours, naive.get(name), "ns"));
    }
    const manager = filled(one, 0);
    const full = time(() => {
      if (typeof one.take(manager) !== "string") throw new Error("not full");
    });
    rows.push(row(`${kind}, no port left: saying so`, full, time(naiveFilled(0)), "ns"));
  }
  return rows;
}

function lookupRows() {
  return [1_000, 100_000, 1_000_000].flatMap((flows) => {
    const table = new FlowTable(seededRandom(9));
    const all = Array.from({ length: flows }, (_, i) => ({
      remote: addressV4(0x0a010000 + Math.floor(i / 60_000)),
      port: 1024 + (i % 60_000),
      nextOfFlow: undefined,
    }));
    for (const flow of all) table.add(us, 443, flow.remote, flow.port, flow);
    const map = new Map();
    const beforeMap = heap();
    for (const flow of all) map.set(`192.0.2.1:443:${flow.remote.w3}:${flow.port}`, flow);
    const mapBytes = (heap() - beforeMap) / flows;
    const chance = seededRandom(11);
    const order = Int32Array.from({ length: 1 << 18 }, () => chance.below(flows));
    const remotes = Int32Array.from(order, (i) => all[i].remote.w3);
    const ports = Int32Array.from(order, (i) => all[i].port);
    const probe = { w0: 0, w1: 0, w2: 0xffff, w3: 0 };
    const ours = time((i) => {
      const k = i & 0x3ffff;
      probe.w3 = remotes[k];
      if (table.find(us, 443, probe, ports[k]) === undefined) throw new Error("lost");
    });
    const peer = time((i) => {
      const k = i & 0x3ffff;
      if (map.get(`192.0.2.1:443:${remotes[k]}:${ports[k]}`) === undefined) throw new Error("lost");
    });
    const lookup = row(`five-tuple lookup, ${flows.toLocaleString("en")} flows`, ours, peer, "ns");
    if (flows < 100_000) return [lookup]; // too little memory to see in the heap
    return [
      lookup,
      row(`bytes a flow, ${flows.toLocaleString("en")} flows`, table.bytes / flows, mapBytes, "B"),
    ];
  });
}

/** Bytes in use; exact only with --expose-gc. */
function heap() {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function row(name, ours, peer, unit) {
  return { name, ours, peer, peerName: unit === "B" ? "Map of strings" : "Map, scan", unit };
}

export function measureGroup() {
  return [...choosingRows(), ...lookupRows()];
}
