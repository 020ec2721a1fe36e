/** Restarting one timer while 100,000 are armed: the wheel against setTimeout. */
import { TimerWheel } from "../dist/base/time/timer-wheel.js";
import { nanoseconds, scaled } from "./measure.mjs";

const armed = scaled(100_000);

/** A fixed scramble: which timer is restarted next, and for how long; the same for both. */
const turns = 1 << 16;
const which = new Int32Array(turns);
const delays = new Float64Array(turns);
for (let i = 0, state = 1; i < turns; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  which[i] = state % armed;
  delays[i] = 200 + (state >>> 16);
}

export async function measureGroup() {
  const ours = nanoseconds(wheel());
  return [
    {
      name: `restart a timer, ${armed.toLocaleString("en")} armed`,
      ours,
      unit: "ns",
      against: [{ peer: "clear/setTimeout", cost: nanoseconds(timeouts()), bar: 0.125 }],
    },
  ];
}

function wheel() {
  const timers = new TimerWheel(0);
  const ids = Array.from({ length: armed }, (_, index) => {
    const id = timers.add();
    timers.arm(id, 200 + (index % 60_000));
    return id;
  });
  let turn = 0;
  let now = 0;
  return (count) => {
    for (let i = 0; i < count; i++) {
      now += 0.0001;
      turn = (turn + 1) & (turns - 1);
      timers.arm(ids[which[turn]], now + delays[turn]);
    }
  };
}

function timeouts() {
  const nothing = () => {};
  const handles = Array.from({ length: armed }, (_, index) =>
    setTimeout(nothing, 1e6 + (index % 60_000)).unref(),
  );
  let turn = 0;
  return (count) => {
    for (let i = 0; i < count; i++) {
      turn = (turn + 1) & (turns - 1);
      const at = which[turn];
      clearTimeout(handles[at]);
      handles[at] = setTimeout(nothing, 1e6 + delays[turn]).unref();
    }
  };
}
