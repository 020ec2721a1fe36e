/** A host under attack: a friend on its cable, and whatever an attacker puts on the same wire. */

import { pipe } from "../../../src/link/pipe.ts";
import type { Host } from "../../../src/stack/host.ts";
import { Network } from "../../../src/stack/network.ts";
import type { Socket, SocketDomain } from "../../../src/stack/socket.ts";
import { parseIpv4 } from "../../../src/wire/ip/ipv4.ts";
import { etherTypes } from "../../../src/wire/link/ethernet.ts";
import { protocols } from "../../../src/wire/protocols.ts";
import { parseTcp, type TcpSegment } from "../../../src/wire/tcp.ts";
import { forgeFrame } from "../../support/forge.ts";
import { Wiretap } from "../../support/wiretap.ts";
import { outcome } from "./fake-world.ts";

export const own = { v4: "10.0.0.1", v6: "fd00::1", mac: 0x0200_0000_0001 } as const;
export const peer = { v4: "10.0.0.2", v6: "fd00::2", mac: 0x0200_0000_0002 } as const;

export class Siege {
  readonly network: Network;
  readonly host: Host;
  readonly friend: Host;
  readonly tap: Wiretap;
  /** Everything the host has sent, copied. */
  readonly sent: Uint8Array[] = [];
  readonly #medium: "ip" | "ethernet";

  constructor(medium: "ip" | "ethernet" = "ip") {
    this.#medium = medium;
    this.network = new Network({ seed: "siege" });
    this.host = this.network.host("host");
    this.friend = this.network.host("friend");
    const [left, right] = pipe(this.network.clock, { capabilities: { medium } });
    this.tap = new Wiretap(left);
    this.tap.onSent = ({ bytes, start, end }) => this.sent.push(bytes.slice(start, end));
    const mac = (end: string) => `02:00:00:00:00:0${end}`;
    this.network.attach(this.host, this.tap, {
      addresses: [`${own.v4}/16`, `${own.v6}/64`],
      mac: mac("1"),
      dad: false,
    });
    this.network.attach(this.friend, right, {
      addresses: [`${peer.v4}/16`, `${peer.v6}/64`],
      mac: mac("2"),
      dad: false,
    });
    this.network.run(15_000);
    this.sent.length = 0;
  }

  /** The host gets a forged IP packet; on Ethernet, in a frame from `source` to it. */
  attack(packet: Uint8Array, source: number = peer.mac): void {
    const type = packet[0]! >>> 4 === 4 ? etherTypes.ipv4 : etherTypes.ipv6;
    const bytes = this.#medium === "ip" ? packet : forgeFrame(source, own.mac, type, packet);
    this.tap.inject(bytes, bytes.length);
  }

  /** A connection of the friend with a socket of the host that listened at `port`. */
  connect(port = 7, domain: SocketDomain = "AF_INET"): { server: Socket; client: Socket; listener: Socket } {
    const listener = this.listen(port, domain);
    const client = this.friend.socket(domain, "SOCK_STREAM");
    outcome(() => client.connect({ address: domain === "AF_INET" ? own.v4 : own.v6, port }));
    this.network.advance(100);
    return { listener, client, server: listener.accept() };
  }

  listen(port: number, domain: SocketDomain = "AF_INET", backlog = 16): Socket {
    const listener = this.host.socket(domain, "SOCK_STREAM");
    listener.bind({ address: domain === "AF_INET" ? own.v4 : own.v6, port });
    listener.listen(backlog);
    return listener;
  }

  /** Whether what one side sends reaches the other, both ways. */
  talks({ server, client }: { server: Socket; client: Socket }): boolean {
    const into = new Uint8Array(10);
    const crosses = (from: Socket, to: Socket): boolean => {
      if (outcome(() => from.send(Uint8Array.of(1, 2, 3))) !== 3) return false;
      this.network.advance(2000);
      return outcome(() => to.recv(into)) === 3 && into[2] === 3;
    };
    return crosses(client, server) && crosses(server, client);
  }

  /** The tables, by name: what is used of each. */
  uses(name: string): number {
    return this.host.tables().find((table) => table.name === name)?.used ?? 0;
  }

  /** The TCP segments the host has sent over IPv4 since the last time, on a bare cable. */
  segments(): TcpSegment[] {
    return this.sent.splice(0).flatMap((bytes) => {
      const packet = parseIpv4(bytes, 0, bytes.length);
      if (typeof packet === "string" || packet.protocol !== protocols.tcp) return [];
      const segment = parseTcp(bytes, packet.payloadStart, packet.payloadEnd);
      return typeof segment === "string" ? [] : [segment];
    });
  }
}
