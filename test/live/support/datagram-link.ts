/**
 * A wire of UDP datagrams on the loopback interface, each one IP packet or Ethernet frame: how User Mode Linux
 * (`eth0=ucast`) and programs around other stacks are joined to a host of ours, without any right.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { newPacket, type Packet } from "../../../src/base/packet.ts";
import {
  type Link,
  type LinkCapabilities,
  type LinkReceiver,
  type LinkStats,
  newLinkStats,
} from "../../../src/link/link.ts";

const loopback = "127.0.0.1";

export interface DatagramWire {
  readonly link: Link;
  /** UDP ports: where the link listens, and where the other end is to listen. */
  readonly here: number;
  readonly there: number;
}

export async function openDatagramWire(
  medium: LinkCapabilities["medium"],
  mtu: number,
): Promise<DatagramWire> {
  const socket = await bound();
  const other = await bound();
  const there = other.address().port;
  other.close();
  return { link: new DatagramLink(socket, there, medium, mtu), here: socket.address().port, there };
}

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: "udp4", recvBufferSize: 1_000_000 });
  socket.bind(0, loopback);
  await once(socket, "listening");
  return socket;
}

class DatagramLink implements Link {
  readonly name = "dgram0";
  readonly capabilities: LinkCapabilities;
  readonly stats: LinkStats = newLinkStats();
  readonly #socket: Socket;
  readonly #there: number;
  #closed = false;

  constructor(socket: Socket, there: number, medium: LinkCapabilities["medium"], mtu: number) {
    const plain = { partialChecksum: false, tcpSegmentation: false, udpSegmentation: false };
    this.capabilities = { medium, mtu, headroom: 0, ...plain };
    this.#socket = socket;
    this.#there = there;
  }

  open(receiver: LinkReceiver): void {
    this.#socket.on("message", (bytes) => {
      this.stats.receivedPackets++;
      this.stats.receivedBytes += bytes.length;
      receiver.receive([newPacket(new Uint8Array(bytes))], 1);
    });
    this.#socket.on("error", (error) => receiver.failed?.(error));
  }

  send(packets: readonly Packet[], count: number): number {
    for (let i = 0; i < count && !this.#closed; i++) {
      const { bytes, start, end } = packets[i]!;
      this.stats.sentPackets++;
      this.stats.sentBytes += end - start;
      this.#socket.send(bytes.slice(start, end), this.#there, loopback, (error) => {
        if (error !== null) this.stats.dropped++;
      });
    }
    return count;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}
