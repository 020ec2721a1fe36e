/** Scripts against the kernel of this machine. */
import { dirname, resolve } from "node:path";
import { loadKernelCalls } from "../../../node/kernel-sockets/kernel-sockets-native.ts";
import { BlockingCaller } from "../../../node/system/blocking.ts";
import { loadSystemCalls } from "../../../node/system/calls.ts";
import { schedule } from "../../../node/system/priority.ts";
import { requireLinux } from "../../../node/unavailable.ts";
import { runScript } from "../../../packetdrill/run/runner.ts";
import type { Judge } from "../run-job.ts";
import { KernelDevice } from "./device.ts";
import { Shell } from "./shell.ts";

/** What is done for the first time takes long: so it is done once where nobody looks at the time. */
const rehearsal = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0...1 accept(3, ..., ...) = 4
+0 < S 0:0(0) win 32000 <mss 1000,nop,wscale 7>
+0 > S. 0:0(0) ack 1 <...>
+.01 < . 1:1(0) ack 1 win 32000
+0 %{ print(tcpi_state) }%
+0 write(4, ..., 1000) = 1000
+0 > P. 1:1001(1000) ack 1
+0 close(4) = 0
`;

let rehearsed = false;
let blocking: BlockingCaller | undefined;

/** @throws LinkUnavailableError where this process may not */
export async function kernelJudge(): Promise<Judge> {
  requireLinux("--dut kernel");
  const [calls, sockets] = [await loadSystemCalls(), await loadKernelCalls()];
  const judge: Judge = (text, settings, { file }) => {
    const folder = resolve(dirname(file));
    // The thread of a call that nothing ended is left to itself.
    if (blocking === undefined || !blocking.idle) blocking = new BlockingCaller(calls);
    const parts = { calls, sockets, blocking, folder };
    // The kernel's timers do not wait for us.
    schedule(calls, "realtime");
    try {
      return runScript(text, {
        ...settings,
        device: (options) => new KernelDevice({ ...parts, shell: new Shell(folder) }, options),
      });
    } finally {
      schedule(calls, "ordinary");
    }
  };
  if (!rehearsed) judge(rehearsal, { dialect: "google" }, { file: "rehearsal" });
  rehearsed = true;
  return judge;
}
