/**
 * Every selection beside its textbook: the published loop, written out with a scan and a question for each port. Both draw
 * the same random numbers, so they must choose the same ports for ever.
 */
import type { Random } from "../../../src/base/random.ts";
import type { Wish } from "../../../src/ports/demultiplexer/flow.ts";
import type { BandCursors } from "../../../src/ports/selection/band-cursors.ts";
import { bsd } from "../../../src/ports/selection/bsd.ts";
import { doubleHash } from "../../../src/ports/selection/double-hash.ts";
import { flowHash } from "../../../src/ports/selection/flow-hash.ts";
import { alwaysRandom, freebsd, portTick } from "../../../src/ports/selection/freebsd.ts";
import { linuxBind } from "../../../src/ports/selection/linux-bind.ts";
import { linuxConnect } from "../../../src/ports/selection/linux-connect.ts";
import { portHash } from "../../../src/ports/selection/linux-hash.ts";
import { linuxSctp } from "../../../src/ports/selection/linux-sctp.ts";
import { linuxUdp } from "../../../src/ports/selection/linux-udp.ts";
import { macos } from "../../../src/ports/selection/macos.ts";
import { netbsdBsd, netbsdHash } from "../../../src/ports/selection/netbsd.ts";
import { randinc, randomPick, randomStart } from "../../../src/ports/selection/netbsd-random.ts";
import { Perturbation } from "../../../src/ports/selection/perturbation.ts";
import { random } from "../../../src/ports/selection/random.ts";
import { randomIncrements } from "../../../src/ports/selection/random-increments.ts";
import { randomRetry } from "../../../src/ports/selection/random-retry.ts";
import { sequential } from "../../../src/ports/selection/sequential.ts";
import { simpleHash } from "../../../src/ports/selection/simple-hash.ts";
import type { Selection } from "../../../src/ports/selection.ts";

/** Whether a port suits, in this pass. */
export type Suits = (port: number, pass: "strict" | "relaxed") => boolean;
/** The port, or -1. */
export type Scan = (wish: Wish, suits: Suits, chance: Random) => number;

export interface Textbook {
  readonly name: string;
  /** `random` gives keys, as the manager would. */
  readonly selection: (random: Random) => Selection;
  readonly scan: (random: Random) => Scan;
}

/** RFC 6056, section 2.2; where sockets bring ranges of their own, a cursor outside the range begins at its first port. */
function bsdScan(): Scan {
  let next = 0;
  return ({ low, high }, suits) => {
    let port = next < low || next > high ? low : next;
    for (let count = high - low + 1; count > 0; count--) {
      if (suits(port, "strict")) {
        next = port + 1;
        return port;
      }
      port = port === high ? low : port + 1;
    }
    return -1;
  };
}

/** RFC 6056, section 3.3.1. */
function algorithm1(): Scan {
  return ({ low, high }, suits, chance) => {
    let port = low + chance.below(high - low + 1);
    for (let count = high - low + 1; count > 0; count--) {
      if (suits(port, "strict")) return port;
      port = port === high ? low : port + 1;
    }
    return -1;
  };
}

/** RFC 6056, section 3.3.2. */
function algorithm2(): Scan {
  return ({ low, high }, suits, chance) => {
    for (let count = high - low + 1; count > 0; count--) {
      const port = low + chance.below(high - low + 1);
      if (suits(port, "strict")) return port;
    }
    return -1;
  };
}

/** RFC 6056, section 3.3.3. */
function algorithm3(keys: Random): Scan {
  const f = flowHash(keys);
  let next = 0;
  return (wish, suits) => {
    const size = wish.high - wish.low + 1;
    const offset = f(wish).low >>> 0;
    for (let count = size; count > 0; count--) {
      const port = wish.low + ((next + offset) % size);
      next++;
      if (suits(port, "strict")) return port;
    }
    return -1;
  };
}

/** RFC 6056, section 3.3.4. */
function algorithm4(keys: Random): Scan {
  const f = flowHash(keys.fork("F"));
  const g = flowHash(keys.fork("G"));
  const table = new Array<number>(10).fill(0);
  return (wish, suits) => {
    const size = wish.high - wish.low + 1;
    const offset = f(wish).low >>> 0;
    const index = (g(wish).low >>> 0) % 10;
    for (let count = size; count > 0; count--) {
      const port = wish.low + ((offset + table[index]!) % size);
      table[index]!++;
      if (suits(port, "strict")) return port;
    }
    return -1;
  };
}

/** RFC 6056, section 3.3.5. */
function algorithm5(keys: Random): Scan {
  let next = keys.below(65536);
  return ({ low, high }, suits, chance) => {
    for (let count = high - low + 1; count > 0; count--) {
      next = next + chance.below(500) + 1;
      const port = low + (next % (high - low + 1));
      if (suits(port, "strict")) return port;
    }
    return -1;
  };
}

/** ip_local_port_step_width: the first number from a random one up to the width that divides with the count of ports by 1 alone. */
function scanStepOf(width: number, count: number, chance: Random): number {
  const most = Math.min(width, count);
  if (most === 0) return 1;
  let step = chance.below(most) + 1;
  const divides = (divisor: number): boolean => step % divisor === 0 && count % divisor === 0;
  for (; step <= most; step++) {
    let coprime = true;
    for (let divisor = 2; divisor <= step; divisor++) if (divides(divisor)) coprime = false;
    if (coprime) return step;
  }
  return 1;
}

/** __inet_hash_connect, net/ipv4/inet_hashtables.c. */
function inetHashConnect(keys: Random): Scan {
  const table = new Perturbation(keys.fork("perturbation"));
  const hash = portHash(keys.fork("port hash").bytes(new Uint8Array(16)));
  return (wish, suits, chance) => {
    const h = hash(wish.local, wish.remote!, wish.remotePort, Math.floor(wish.now / 10_000));
    const low = wish.low;
    const high = wish.high + 1;
    const step = wish.ownRange ? 1 : 2;
    let remaining = high - low;
    if (!wish.ownRange && remaining > 1) remaining &= ~1;
    const index = h.low & 0xffff;
    let offset = ((table.at(index) + (h.high >>> 0)) >>> 0) % remaining;
    if (!wish.ownRange) offset &= ~1;
    const scanStep = scanStepOf(wish.stepWidth, Math.ceil(remaining / step), chance) * step;
    for (;;) {
      let port = low + offset;
      for (let i = 0; i < remaining; i += step, port += scanStep) {
        if (port >= high) port -= remaining;
        if (!suits(port, "strict")) continue;
        i = Math.max(i, chance.below(8) * step);
        table.advance(index, i + step);
        return port;
      }
      if (wish.ownRange) return -1;
      offset++;
      if ((offset & 1) === 0 || remaining <= 1) return -1;
    }
  };
}

/** inet_csk_find_open_port, net/ipv4/inet_connection_sock.c. */
function inetCskFindOpenPort(): Scan {
  return (wish, suits, chance) => {
    let relax: "strict" | "relaxed" = "strict";
    for (;;) {
      let attemptHalf = wish.reuseAddress ? 1 : 0;
      for (;;) {
        let low = wish.low;
        let high = wish.high + 1;
        if (high - low < 4) attemptHalf = 0;
        if (attemptHalf > 0) {
          const half = low + (((high - low) >> 2) << 1);
          if (attemptHalf === 1) high = half;
          else low = half;
        }
        let remaining = high - low;
        if (remaining > 1) remaining &= ~1;
        let offset = chance.below(remaining) | 1;
        for (let parity = 0; parity < 2; parity++, offset--) {
          let port = low + offset;
          for (let i = 0; i < remaining; i += 2, port += 2) {
            if (port >= high) port -= remaining;
            if (suits(port, relax)) return port;
          }
        }
        if (attemptHalf !== 1) break;
        attemptHalf = 2;
      }
      if (!wish.mayRelax || relax === "relaxed") return -1;
      relax = "relaxed";
    }
  };
}

/** udp_lib_get_port, net/ipv4/udp.c. */
function udpLibGetPort(slots: number): Scan {
  return ({ low, high }, suits, chance) => {
    let rand = chance.uint32();
    let first = Math.floor((rand * (high - low + 1)) / 0x1_0000_0000) + low;
    rand = (((rand | 1) >>> 0) * slots) % 65536;
    for (let slot = 0; slot < slots; slot++, first = (first + 1) & 0xffff) {
      let port = first;
      do {
        if (low <= port && port <= high && suits(port, "strict")) return port;
        port = (port + rand) & 0xffff;
      } while (port !== first);
    }
    return -1;
  };
}

/** sctp_get_port_local, net/sctp/socket.c. */
function sctpGetPortLocal(): Scan {
  return ({ low, high }, suits, chance) => {
    let rover = low + chance.below(high - low + 1);
    for (let remaining = high - low + 1; remaining > 0; remaining--) {
      rover++;
      if (rover < low || rover > high) rover = low;
      if (suits(rover, "strict")) return rover;
    }
    return -1;
  };
}

/** in_pcb_lport_dest of FreeBSD 13, sys/netinet/in_pcb.c; UDP, which is always random. */
function inPcbLport(): Scan {
  let last = 0;
  return ({ low, high }, suits, chance) => {
    if (low !== high) last = low + chance.below(high - low);
    for (let count = high - low; count >= 0; count--) {
      last++;
      if (last < low || last > high) last = low;
      if (suits(last, "strict")) return last;
    }
    return -1;
  };
}

/** The same without portrange.randomized. */
function inPcbLportInOrder(): Scan {
  const lasts = { default: 0, high: 0, low: 0 };
  return ({ low, high, band }, suits) => {
    for (let count = high - low; count >= 0; count--) {
      lasts[band]++;
      if (lasts[band] < low || lasts[band] > high) lasts[band] = low;
      if (suits(lasts[band], "strict")) return lasts[band];
    }
    return -1;
  };
}

/** The same with ipport_tick: a second in which more than ten choices were made stops randomness for 45. */
function inPcbLportTicking(): Scan {
  let last = 0;
  let second = 0;
  let choices = 0;
  let stop = 0;
  return ({ low, high, now }, suits, chance) => {
    for (; second < Math.floor(now / 1000); second++) {
      if (choices > 10) stop = 45;
      else if (stop > 0) stop--;
      choices = 0;
    }
    if (low !== high && stop === 0) last = low + chance.below(high - low);
    choices++;
    for (let count = high - low; count >= 0; count--) {
      last++;
      if (last < low || last > high) last = low;
      if (suits(last, "strict")) return last;
    }
    return -1;
  };
}

/** in_pcbbind, sys/netinet/in_pcb.c of 1995: both loops, the one that counts down and the one that counts up. */
function inPcbBind1995(): Scan {
  const lasts = { default: 0, high: 0, low: 0 };
  return ({ low, high, band }, suits) => {
    let count = high - low;
    for (;;) {
      if (count-- <= 0) return -1;
      if (band === "low") {
        lasts[band]--;
        if (lasts[band] > high || lasts[band] < low) lasts[band] = high;
      } else {
        lasts[band]++;
        if (lasts[band] < low || lasts[band] > high) lasts[band] = low;
      }
      if (suits(lasts[band], "strict")) return lasts[band];
    }
  };
}

/** portalgo_bsd, sys/netinet/portalgo.c. */
function portalgoBsd(): Scan {
  const lasts = { default: 0, high: 0, low: 0 };
  return ({ low, high, band }, suits) => {
    let port = lasts[band];
    for (let count = high - low + 1; count > 0; count--) {
      port--;
      if (port < low || port > high) port = high;
      if (!suits(port, "strict")) continue;
      lasts[band] = port;
      return port;
    }
    return -1;
  };
}

/** portalgo_randport, where the tries are spent: the port below the one that portalgo_bsd gave out last. */
function portBelow(last: number, { low, high }: Wish, suits: Suits): number {
  const port = (last - 1) & 0xffff;
  return port >= low && port <= high && suits(port, "strict") ? port : -1;
}

/** portalgo_random_pick, as remembered. */
function portalgoRandomPick(lasts: BandCursors): Scan {
  return (wish, suits, chance) => {
    const { low, high } = wish;
    for (let count = high - low + 1; count > 0; count--) {
      const port = low + chance.below(high - low + 1);
      if (suits(port, "strict")) return port;
    }
    return portBelow(lasts[wish.band], wish, suits);
  };
}

/** portalgo_randinc, as remembered: a counter of 16 bits. */
function portalgoRandinc(first: number, lasts: BandCursors): Scan {
  let next = first;
  return (wish, suits, chance) => {
    const { low, high } = wish;
    for (let count = high - low + 1; count > 0; count--) {
      next = (next + chance.below(500) + 1) % 65536;
      const port = low + (next % (high - low + 1));
      if (suits(port, "strict")) return port;
    }
    return portBelow(lasts[wish.band], wish, suits);
  };
}

/** portalgo_hash, with SipHash for MD5. */
function portalgoHash(keys: Random, secret: "as coded" | "as published"): Scan {
  const f = flowHash(keys);
  let next = 0;
  return (wish, suits, chance) => {
    const size = wish.high - wish.low + 1;
    let folded: number;
    if (secret === "as coded") folded = chance.below(65536);
    else {
      const { high, low } = f(wish);
      folded = ((high >>> 16) ^ (high & 0xffff) ^ (low >>> 16) ^ (low & 0xffff)) & 0xffff;
    }
    for (let count = size; count > 0; count--) {
      const port = wish.low + ((next + folded) % size);
      next = (next + 1) & 0xffff;
      if (suits(port, "strict")) return port;
    }
    return -1;
  };
}

/** in_pcbbind, bsd/netinet/in_pcb.c of XNU. */
function xnuPcbBind(start: "after-last" | "random"): Scan {
  const lasts = { default: 0, high: 0, low: 0 };
  return ({ low, high, band }, suits, chance) => {
    const down = band === "low";
    const [first, last] = down ? [high, low] : [low, high];
    if (start === "random" && first !== last) {
      const drawn = chance.below(65536) % Math.abs(first - last);
      lasts[band] = down ? first - drawn : first + drawn;
    } else if (start === "random") lasts[band] = first;
    let count = Math.abs(last - first);
    do {
      if (count-- < 0) return -1;
      lasts[band] += down ? -1 : 1;
      if (lasts[band] > high || lasts[band] < low) lasts[band] = first;
    } while (!suits(lasts[band], "strict"));
    return lasts[band];
  };
}

/** __inet_hash_connect as the manual has it: each parity of the whole range, from its start around. */
function inetHashConnectWhole(keys: Random): Scan {
  const table = new Perturbation(keys.fork("perturbation"));
  const hash = portHash(keys.fork("port hash").bytes(new Uint8Array(16)));
  return (wish, suits, chance) => {
    const { low, high, ownRange } = wish;
    const h = hash(wish.local, wish.remote!, wish.remotePort, Math.floor(wish.now / 10_000));
    const index = h.low & 0xffff;
    const size = high - low + 1;
    const step = ownRange ? 1 : 2;
    const drawn = ((table.at(index) + (h.high >>> 0)) >>> 0) % size;
    for (const parity of ownRange ? [-1] : size === 1 ? [0] : [0, 1]) {
      const all = Array.from({ length: size }, (_, i) => low + i);
      const ports = all.filter((port) => parity < 0 || (port - low) % 2 === parity);
      const start = low + (parity < 0 ? drawn : (drawn & ~1) + parity);
      const at = Math.max(0, start > high ? 0 : ports.indexOf(start));
      const pace = scanStepOf(wish.stepWidth, ports.length, chance);
      for (let i = 0; i < ports.length; i++) {
        const port = ports[(at + i * pace) % ports.length]!;
        if (!suits(port, "strict")) continue;
        table.advance(index, Math.max(i * step, chance.below(8) * step) + step);
        return port;
      }
    }
    return -1;
  };
}

/** inet_csk_find_open_port, likewise. */
function inetCskFindOpenPortWhole(): Scan {
  return ({ low, high, reuseAddress, mayRelax }, suits, chance) => {
    const middle = low + (((high + 1 - low) >> 2) << 1);
    const halves =
      reuseAddress && high + 1 - low >= 4
        ? [
            [low, middle - 1],
            [middle, high],
          ]
        : [[low, high]];
    for (const way of mayRelax ? (["strict", "relaxed"] as const) : (["strict"] as const))
      for (const [first, last] of halves as [number, number][]) {
        const size = last - first + 1;
        const offset = chance.below(size > 1 ? size & ~1 : 1) | 1;
        for (const start of [first + offset, first + offset - 1]) {
          const ports: number[] = [];
          for (let port = start; port <= last; port += 2) ports.push(port);
          for (let port = first + ((start - first) & 1); port < start; port += 2)
            if (port <= last) ports.push(port);
          for (const port of ports) if (suits(port, way)) return port;
        }
      }
    return -1;
  };
}

export const textbooks: readonly Textbook[] = [
  { name: "sequential", selection: sequential, scan: bsdScan },
  { name: "random", selection: random, scan: algorithm1 },
  { name: "random-retry", selection: randomRetry, scan: algorithm2 },
  { name: "simple-hash", selection: simpleHash, scan: algorithm3 },
  { name: "double-hash", selection: doubleHash, scan: algorithm4 },
  { name: "random-increments", selection: randomIncrements, scan: algorithm5 },
  { name: "linux-connect", selection: linuxConnect, scan: inetHashConnect },
  { name: "linux-bind", selection: () => linuxBind(), scan: inetCskFindOpenPort },
  { name: "linux-udp, 65,536 slots", selection: () => linuxUdp(65536), scan: () => udpLibGetPort(65536) },
  { name: "linux-udp, 4,096 slots", selection: () => linuxUdp(4096), scan: () => udpLibGetPort(4096) },
  { name: "linux-udp, 256 slots", selection: () => linuxUdp(256), scan: () => udpLibGetPort(256) },
  { name: "linux-sctp", selection: linuxSctp, scan: sctpGetPortLocal },
  { name: "freebsd", selection: () => freebsd(alwaysRandom), scan: inPcbLport },
  {
    name: "freebsd, stopped when busy",
    selection: () => freebsd({ tick: portTick(), stopsWhenBusy: true }),
    scan: inPcbLportTicking,
  },
  {
    name: "freebsd, not randomized",
    selection: () => freebsd({ tick: portTick(), stopsWhenBusy: true, start: "after-last" }),
    scan: inPcbLportInOrder,
  },
  { name: "bsd", selection: bsd, scan: inPcbBind1995 },
  { name: "netbsd-bsd", selection: () => netbsdBsd(), scan: portalgoBsd },
  { name: "netbsd-random-start", selection: randomStart, scan: algorithm1 },
  {
    name: "netbsd-random-pick",
    selection: () => randomPick({ default: 60_000, high: 301, low: 5 }),
    scan: () => portalgoRandomPick({ default: 60_000, high: 301, low: 5 }),
  },
  {
    name: "netbsd-randinc",
    selection: () => randinc({ next: 65_000 }, { default: 60_000, high: 301, low: 5 }),
    scan: () => portalgoRandinc(65_000, { default: 60_000, high: 301, low: 5 }),
  },
  {
    name: "netbsd-hash, as published",
    selection: (random) => netbsdHash(random, "as published"),
    scan: (keys) => portalgoHash(keys, "as published"),
  },
  {
    name: "netbsd-hash, as coded",
    selection: (random) => netbsdHash(random, "as coded"),
    scan: (keys) => portalgoHash(keys, "as coded"),
  },
  { name: "macos, TCP", selection: () => macos("after-last"), scan: () => xnuPcbBind("after-last") },
  { name: "macos, UDP", selection: () => macos("random"), scan: () => xnuPcbBind("random") },
  {
    name: "linux-connect, as published",
    selection: (random) => linuxConnect(random, undefined, "as published"),
    scan: inetHashConnectWhole,
  },
  {
    name: "linux-bind, as published",
    selection: () => linuxBind("as published"),
    scan: inetCskFindOpenPortWhole,
  },
];
