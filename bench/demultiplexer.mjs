/** From a packet's four-tuple to its connection, and what each costs in memory: against a Map of strings, and gVisor. */
import { FlowTable } from "../dist/ports/demultiplexer/flow-table.js";
import { addressV4, seededRandom } from "../dist/ports/index.js";
import { heapBytes } from "./heap.mjs";
import { nanoseconds, scaled } from "./measure.mjs";

const us = addressV4(0xc0000201);
/** Lookups go through the flows in this order, over and over. */
const turns = 1 << 18;
/** Fewer flows take too little memory to be seen in the heap. */
const visibleInHeap = 100_000;

export async function measureGroup({ gvisor }) {
  const find = gvisor("-mode", "demux", "-secs", "0.1");
  return [1_000, 100_000, 1_000_000].flatMap((usual) => {
    const theirs = { lookup: find("lookup", { flows: usual }), memory: find("memory", { flows: usual }) };
    return flowRows(scaled(usual), theirs);
  });
}

function flowRows(flows, theirs) {
  const all = Array.from({ length: flows }, (_, i) => ({
    remote: addressV4(0x0a010000 + Math.floor(i / 60_000)),
    port: 1024 + (i % 60_000),
    nextOfFlow: undefined,
  }));
  const table = new FlowTable(seededRandom(9));
  for (const flow of all) table.add(us, 443, flow.remote, flow.port, flow);
  const map = new Map();
  const before = heapBytes();
  for (const flow of all) map.set(`192.0.2.1:443:${flow.remote.w3}:${flow.port}`, flow);
  const mapBytes = (heapBytes() - before) / flows;
  const tuples = tuplesOf(all);
  const name = `${flows.toLocaleString("en")} flows`;
  const lookup = {
    name: `five-tuple lookup, ${name}`,
    ours: nanoseconds(looking(tuples, (remote, port) => table.find(us, 443, remote, port))),
    unit: "ns",
    against: [
      {
        peer: "Map of strings",
        cost: nanoseconds(looking(tuples, ({ w3 }, port) => map.get(`192.0.2.1:443:${w3}:${port}`))),
      },
      { peer: "gVisor", cost: theirs.lookup, bar: 0.25 },
    ],
  };
  if (flows < visibleInHeap) return [lookup];
  const memory = {
    name: `memory a flow, ${name}`,
    ours: table.bytes / flows,
    unit: "B",
    against: [
      { peer: "the bar", cost: 64, bar: 1 },
      { peer: "Map of strings", cost: mapBytes },
      { peer: "gVisor", cost: theirs.memory },
    ],
  };
  return [lookup, memory];
}

/** Remote addresses and ports in the order of the lookups, side by side as in the packets that bring them. */
function tuplesOf(all) {
  const chance = seededRandom(11);
  const tuples = { addresses: new Int32Array(turns), ports: new Uint16Array(turns) };
  for (let i = 0; i < turns; i++) {
    const { remote, port } = all[chance.below(all.length)];
    tuples.addresses[i] = remote.w3;
    tuples.ports[i] = port;
  }
  return tuples;
}

function looking({ addresses, ports }, find) {
  const remote = { w0: 0, w1: 0, w2: 0xffff, w3: 0 };
  let turn = 0;
  return (count) => {
    for (let i = 0; i < count; i++) {
      turn = (turn + 1) & (turns - 1);
      remote.w3 = addresses[turn];
      if (find(remote, ports[turn]) === undefined) throw new Error("lost");
    }
  };
}
