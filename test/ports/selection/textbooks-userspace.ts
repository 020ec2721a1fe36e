/** The published loops of gVisor, lwIP, usrsctp and Windows, beside their selections as in textbooks.ts. */
import type { Random } from "../../../src/base/random.ts";
import type { Wish } from "../../../src/ports/demultiplexer/flow.ts";
import { callerChooses } from "../../../src/ports/selection/caller-chooses.ts";
import { gvisor, gvisorStable, portOffset } from "../../../src/ports/selection/gvisor.ts";
import { lwip } from "../../../src/ports/selection/lwip.ts";
import { usrsctp } from "../../../src/ports/selection/usrsctp.ts";
import { windowsAutoReuse } from "../../../src/ports/selection/windows-auto-reuse.ts";
import type { Scan, Suits, Textbook } from "./textbooks.ts";

/** pickEphemeralPort of gVisor, pkg/tcpip/ports/ports.go. */
function pickEphemeralPort({ low, high }: Wish, offset: number, suits: Suits): number {
  const count = high - low + 1;
  for (let i = 0; i < count; i++) {
    const port = low + (((offset + i) >>> 0) % count);
    if (suits(port, "strict")) return port;
  }
  return -1;
}

/** PickEphemeralPortStable of gVisor. */
function pickEphemeralPortStable(keys: Random): Scan {
  const secret = keys.uint32() | 0;
  let hint = 0;
  return (wish, suits) => {
    const offset = portOffset(secret, wish.local, wish.remote!, wish.remotePort);
    const port = pickEphemeralPort(wish, (hint + offset) >>> 0, suits);
    if (port >= 0) hint++;
    return port;
  };
}

/** tcp_new_port of lwIP, src/core/tcp.c, from the range's first port; a range of one port, which lwIP cannot have, has that. */
function tcpNewPort(): Scan {
  let tcpPort = -1;
  return ({ low, high }, suits) => {
    if (tcpPort < low || tcpPort > high) tcpPort = low;
    for (let n = 0; n <= high - low; n++) {
      tcpPort++;
      if (tcpPort >= high) tcpPort = low;
      if (suits(tcpPort, "strict")) return tcpPort;
    }
    return -1;
  };
}

/** udp_new_port of lwIP, src/core/udp.c. */
function udpNewPort(): Scan {
  let udpPort = -1;
  return ({ low, high }, suits) => {
    if (udpPort < low || udpPort > high) udpPort = low;
    for (let n = 0; n <= high - low; n++) {
      if (udpPort++ === high) udpPort = low;
      if (suits(udpPort, "strict")) return udpPort;
    }
    return -1;
  };
}

/** sctp_inpcb_bind of usrsctp, netinet/sctp_pcb.c. */
function sctpInpcbBind(): Scan {
  return ({ low, high }, suits, chance) => {
    let count = high - low + 1;
    let candidate = low + (chance.uint32() % count);
    for (;;) {
      if (suits(candidate, "strict")) return candidate;
      if (--count === 0) return -1;
      candidate = candidate === high ? low : candidate + 1;
    }
  };
}

/** What Windows is assumed to do with 301 ports of its own. */
function autoReuse(): Scan {
  return (_wish, suits, chance) => {
    const start = chance.below(301);
    for (let i = 0; i < 301; i++) {
      const port = 30_000 + ((start + i) % 301);
      if (suits(port, "strict")) return port;
    }
    return -1;
  };
}

export const userspaceTextbooks: readonly Textbook[] = [
  {
    name: "gvisor",
    selection: gvisor,
    scan: () => (wish, suits, chance) => pickEphemeralPort(wish, chance.uint32(), suits),
  },
  { name: "gvisor-stable", selection: gvisorStable, scan: pickEphemeralPortStable },
  { name: "lwip-tcp", selection: () => lwip(0, "as-coded"), scan: tcpNewPort },
  { name: "lwip", selection: () => lwip(0, "as-published"), scan: udpNewPort },
  { name: "usrsctp", selection: usrsctp, scan: sctpInpcbBind },
  { name: "windows-auto-reuse", selection: () => windowsAutoReuse([30_000, 30_300]), scan: autoReuse },
  { name: "caller-chooses", selection: callerChooses, scan: () => () => -1 },
];
