/** The thread of blocking.ts: waits for an order, does the call, says what came of it. */
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { type BlockingStart, type Order, shared, states } from "./blocking.ts";
import { loadSystemCalls } from "./calls.ts";
import { schedule } from "./priority.ts";

const { memory, port, bell } = workerData as BlockingStart;
const words = new Int32Array(memory);
const results = new Float64Array(memory);
const calls = await loadSystemCalls();
const one = new Uint8Array(new BigUint64Array([1n]).buffer);

function become(state: number): void {
  Atomics.store(words, shared.state, state);
  Atomics.notify(words, shared.state);
}

schedule(calls, "realtime");
words[shared.thread] = calls.invoke("gettid").value;
become(states.idle);
for (;;) {
  const state = Atomics.load(words, shared.state);
  if (state !== states.posted) {
    Atomics.wait(words, shared.state, state);
    continue;
  }
  const { name, args } = receiveMessageOnPort(port)!.message as Order;
  become(states.inside);
  const { value, errno } = calls.invoke(name, ...args);
  results[shared.resultAt] = value;
  words[shared.errno] = errno;
  become(states.done);
  calls.invoke("write", bell, calls.address(one), one.length);
}
