import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/time/virtual-clock.ts";
import { captured } from "../../src/link/capture.ts";
import { faulty } from "../../src/link/faults.ts";
import { Hub } from "../../src/link/hub.ts";
import type { Link } from "../../src/link/link.ts";
import { loopback } from "../../src/link/loopback.ts";
import { offloadCapabilities, pipe } from "../../src/link/pipe.ts";
import { shaped } from "../../src/link/shaper.ts";
import { Switch } from "../../src/link/switch.ts";
import { traced } from "../../src/link/tracer.ts";
import { linkCases } from "./cases.ts";

/** Two ends of a pipe with something around each. */
function around(wrap: (link: Link, clock: VirtualClock) => Link, capabilities = offloadCapabilities) {
  return () => {
    const clock = new VirtualClock(1000);
    const [a, b] = pipe(clock, { capabilities });
    return { clock, a: wrap(a, clock), b: wrap(b, clock) };
  };
}

const silent = () => {};

linkCases(
  "a pipe",
  around((link) => link, {
    ...offloadCapabilities,
    partialChecksum: false,
    tcpSegmentation: false,
    udpSegmentation: false,
  }),
);
linkCases(
  "a pipe with offloads",
  around((link) => link),
);
linkCases(
  "a pipe of Ethernet",
  around((link) => link, { ...offloadCapabilities, medium: "ethernet" }),
);
linkCases("loopback", () => {
  const clock = new VirtualClock();
  const lo = loopback(clock);
  return { clock, a: lo, b: lo };
});
linkCases("a hub", () => {
  const clock = new VirtualClock();
  const hub = new Hub(clock);
  return { clock, a: hub.port("a"), b: hub.port("b") };
});
linkCases("a switch", () => {
  const clock = new VirtualClock();
  const box = new Switch(clock);
  return { clock, a: box.port("a"), b: box.port("b") };
});
linkCases(
  "a traced link",
  around((link, clock) => traced(link, { clock, tracer: silent })),
);
linkCases(
  "a captured link",
  around((link, clock) => captured(link, { clock, sink: silent })),
);
linkCases(
  "a link without faults",
  around((link, clock) => faulty(link, { clock, random: seededRandom(1) })),
);
linkCases(
  "a link with delay",
  around((link, clock) =>
    faulty(link, { clock, random: seededRandom(1), out: { delay: 20 }, in: { delay: 5 } }),
  ),
);
linkCases(
  "an unshaped link",
  around((link, clock) => shaped(link, { clock })),
);
linkCases(
  "links around links",
  around((link, clock) => {
    const slow = shaped(link, { clock, out: { delay: 3, rate: Infinity } });
    return captured(faulty(traced(slow, { clock, tracer: silent }), { clock, random: seededRandom(2) }), {
      clock,
      sink: silent,
    });
  }),
);
