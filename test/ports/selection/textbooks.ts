/**
 * Every selection beside its textbook: the published loop, written out with a scan and a question for each port. Both draw
 * the same random numbers, so they must choose the same ports for ever.
 */
import type { Random } from "../../../src/base/random.ts";
import type { Wish } from "../../../src/ports/flow.ts";
import { doubleHash } from "../../../src/ports/selection/double-hash.ts";
import { flowHash } from "../../../src/ports/selection/flow-hash.ts";
import { freebsd, portTick } from "../../../src/ports/selection/freebsd.ts";
import { linuxBind } from "../../../src/ports/selection/linux-bind.ts";
import { linuxConnect } from "../../../src/ports/selection/linux-connect.ts";
import { portHash } from "../../../src/ports/selection/linux-hash.ts";
import { linuxSctp } from "../../../src/ports/selection/linux-sctp.ts";
import { linuxUdp } from "../../../src/ports/selection/linux-udp.ts";
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
    for (;;) {
      let port = low + offset;
      for (let i = 0; i < remaining; i += step, port += step) {
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

export const textbooks: readonly Textbook[] = [
  { name: "sequential", selection: sequential, scan: bsdScan },
  { name: "random", selection: random, scan: algorithm1 },
  { name: "random-retry", selection: randomRetry, scan: algorithm2 },
  { name: "simple-hash", selection: simpleHash, scan: algorithm3 },
  { name: "double-hash", selection: doubleHash, scan: algorithm4 },
  { name: "random-increments", selection: randomIncrements, scan: algorithm5 },
  { name: "linux-connect", selection: linuxConnect, scan: inetHashConnect },
  { name: "linux-bind", selection: linuxBind, scan: inetCskFindOpenPort },
  { name: "linux-udp, 65,536 slots", selection: () => linuxUdp(65536), scan: () => udpLibGetPort(65536) },
  { name: "linux-udp, 4,096 slots", selection: () => linuxUdp(4096), scan: () => udpLibGetPort(4096) },
  { name: "linux-udp, 256 slots", selection: () => linuxUdp(256), scan: () => udpLibGetPort(256) },
  { name: "linux-sctp", selection: linuxSctp, scan: sctpGetPortLocal },
  { name: "freebsd", selection: () => freebsd(portTick(), "always-random"), scan: inPcbLport },
];
