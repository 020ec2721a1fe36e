/** packetdrill on the virtual clock: our own scripts, one after the other, and a connection on which nothing happens. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runScript } from "../dist/packetdrill/run/runner.js";
import { nanoseconds } from "./measure.mjs";

const folder = join(import.meta.dirname, "../test/scripts");

export async function measureGroup() {
  const scripts = ownScripts();
  return [
    {
      name: `a script, of ${scripts.length}`,
      ours: nanoseconds(inTurn(scripts)) / 1e6,
      unit: "ms",
      against: [{ peer: "a hundred a second", cost: 10, bar: 1 }],
    },
    {
      name: "10,000 virtual seconds, idle, with keep-alives",
      ours: nanoseconds(inTurn([idle])) / 1e6,
      unit: "ms",
      against: [{ peer: "0.2 s", cost: 200, bar: 1 }],
    },
  ];
}

function ownScripts() {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".pkt"))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8"));
}

function inTurn(scripts) {
  let turn = 0;
  return (count) => {
    for (let i = 0; i < count; i++) {
      const { result, message } = runScript(scripts[turn++ % scripts.length]);
      if (result !== "pass") throw new Error(message);
    }
  };
}

/** Probes every ten seconds, which the script answers now and then. */
const idle = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 20000 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+.1 < . 1:1(0) ack 1 win 20000
+0 accept(3, ..., ...) = 4
+0 setsockopt(4, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0
+0 setsockopt(4, SOL_TCP, TCP_KEEPIDLE, [10], 4) = 0
+0 setsockopt(4, SOL_TCP, TCP_KEEPCNT, [127], 4) = 0
+0 setsockopt(4, SOL_TCP, TCP_KEEPINTVL, [10], 4) = 0
${"+1000 < . 1:1(0) ack 1 win 20000\n".repeat(10)}`;
