/**
 * Raw sockets as a link: IP packets under addresses that are the kernel's own, as on 127.7.7.7 or a server's one
 * address. Needs no interface and no route, and CAP_NET_RAW instead of CAP_NET_ADMIN.
 *
 * The addresses stay the kernel's: it answers pings and neighbours, and every port that was not claimed. A claimed port is
 * held in the kernel (see holder.ts), and only what is sent to a claimed port is received here. Packets come
 * reassembled and, from local programs, as TCP segments and UDP datagrams of up to 64 KiB, whose boundaries are lost.
 */
import { type Address, type Family, formatAddress } from "../../base/address.ts";
import type { Packet } from "../../base/packet.ts";
import { type Link, type LinkReceiver, type LinkStats, newLinkStats } from "../../link/link.ts";
import type { PortHolder } from "../holder.ts";
import { systemError } from "../native.ts";
import { findPartialChecksum } from "./partial-checksum.ts";
import { SharedPorts } from "./raw-ports.ts";
import { type RawSocket, rawSlots } from "./raw-socket.ts";

/** Packets handed on at once, and read before the event loop has its turn. */
const batchSize = 16;
const turnBudget = 64;

/** What a raw link is made of; see raw.ts. */
export interface RawLinkParts {
  readonly addresses: readonly Address[];
  readonly mtu: number;
  readonly sockets: readonly RawSocket[];
  /** None where something else keeps the kernel quiet. */
  readonly holder: PortHolder | undefined;
}

/** Open links, lest one that only the event loop knows be collected, which would close its sockets without a word. */
const openLinks = new Set<Link>();

export class RawLink implements Link {
  readonly name: string;
  readonly capabilities: Link["capabilities"];
  readonly stats: LinkStats = newLinkStats();
  readonly #sockets: readonly RawSocket[];
  readonly #holder: PortHolder | undefined;
  readonly #ports: SharedPorts;
  /** Read into one after the other; those with packets for us are `#packets[0, count)`. */
  readonly #slots = rawSlots(batchSize);
  readonly #packets: Packet[] = [];
  #receiver: LinkReceiver | undefined;
  #state: "new" | "open" | "closed" = "new";
  /** The socket whose buffer is full. */
  #blocked: RawSocket | undefined;
  /** The reason of the last failed send while sends keep failing so, else "". */
  #failing = "";
  /** Packets that the last turn of the event loop brought, and turns that brought one. */
  #turnPackets = 0;
  #singleTurns = 0;

  constructor({ addresses, mtu, sockets, holder }: RawLinkParts) {
    this.name = `raw ${addresses.map(formatAddress).join(" ")}`;
    this.capabilities = {
      medium: "ip",
      mtu,
      headroom: 0,
      partialChecksum: false,
      tcpSegmentation: false,
      udpSegmentation: false,
    };
    this.#sockets = sockets;
    this.#holder = holder;
    this.#ports = new SharedPorts(addresses);
    openLinks.add(this);
  }

  open(receiver: LinkReceiver): void {
    if (this.#receiver !== undefined) throw new TypeError(`link ${this.name} is already open`);
    this.#receiver = receiver;
    if (this.#state === "closed") return;
    this.#state = "open";
    for (const socket of this.#sockets) socket.open(() => this.#guard(() => this.#drain(socket)));
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    for (const socket of this.#sockets) socket.close();
    this.#holder?.close();
    openLinks.delete(this);
    this.#receiver?.closed?.();
  }

  claim(protocol: number, address: Address, port: number): () => void {
    const claims: (() => void)[] = [];
    const release = () => {
      for (const undo of claims.splice(0)) undo();
    };
    try {
      for (const own of this.#ports.meant(address)) claims.push(this.#claim(protocol, own, port));
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }

  #claim(protocol: number, address: Address, port: number): () => void {
    const letGo = this.#state === "closed" ? undefined : this.#holder?.hold(protocol, address, port);
    this.#ports.add(protocol, address, port);
    return () => {
      this.#ports.remove(protocol, address, port);
      letGo?.();
    };
  }

  /**
   * While packets come one at a time, a turn reads one and does not ask for a second, since asking in vain costs an
   * exception; now and then it asks, lest a stream be read one by one.
   */
  #drain(socket: RawSocket): void {
    const streaming = this.#turnPackets > 1 || ++this.#singleTurns % 8 === 0;
    const limit = streaming ? turnBudget : 1;
    let total = 0;
    while (total < limit && this.#state === "open") {
      const size = Math.min(limit, batchSize);
      const count = this.#fill(socket, size);
      if (this.#packets.length > 0 && this.#state === "open")
        this.#receiver!.receive(this.#packets, this.#packets.length);
      total += count;
      if (count < size) break;
    }
    this.#turnPackets = total;
  }

  /** Reads up to `size` packets and keeps those for us. @returns how many it read */
  #fill(socket: RawSocket, size: number): number {
    const { stats } = this;
    this.#packets.length = 0;
    for (let count = 0; count < size; count++) {
      const slot = this.#slots[count]!;
      const result = socket.receive(slot);
      if (result !== "packet") {
        if (result !== "empty") this.#receiveFailed(result);
        return count;
      }
      const { packet } = slot;
      if (!this.#ports.isOurs(packet.bytes, packet.start, packet.end)) continue;
      findPartialChecksum(packet);
      stats.receivedPackets++;
      stats.receivedBytes += packet.end - packet.start;
      this.#packets.push(packet);
    }
    return size;
  }

  #receiveFailed(code: string): void {
    if (code === "EINTR") return;
    this.#receiver!.failed?.(systemError(code, 0, "recv"));
    if (code === "EBADF") this.close();
  }

  send(packets: readonly Packet[], count: number): number {
    for (let i = 0; i < count; i++) {
      if (this.#blocked !== undefined) return i;
      const packet = packets[i]!;
      const family: Family = packet.bytes[packet.start]! >>> 4 === 4 ? 4 : 6;
      // With its header included, a packet of any protocol goes through any socket of its family.
      const socket = this.#sockets.find((candidate) => candidate.family === family);
      if (this.#state === "closed" || socket === undefined) this.stats.dropped++;
      else if (!this.#write(socket, packet)) return i;
    }
    return count;
  }

  /** @returns false where the packet must wait; true where it was sent or is lost. */
  #write(socket: RawSocket, packet: Packet): boolean {
    const code = socket.send(packet);
    if (code === "") {
      this.stats.sentPackets++;
      this.stats.sentBytes += packet.end - packet.start;
      this.#failing = "";
    } else if (code === "EAGAIN") {
      this.#blocked = socket;
      socket.awaitWritable(() => this.#guard(() => this.#unblock()));
      return false;
    } else if (code === "EINTR") return this.#write(socket, packet);
    else this.#sendFailed(code, packet);
    return true;
  }

  #unblock(): void {
    this.#blocked = undefined;
    this.#receiver?.writable?.();
  }

  #sendFailed(code: string, packet: Packet): void {
    this.stats.dropped++;
    if (code === this.#failing) return;
    this.#failing = code;
    const error = systemError(code, 0, "sendto");
    if (code === "EMSGSIZE")
      error.message +=
        ` (${packet.end - packet.start} bytes are more than the outgoing interface takes:` +
        ` open the link with an mtu below ${this.capabilities.mtu})`;
    this.#receiver?.failed?.(error);
  }

  /** What is thrown in their callbacks both packages swallow: it goes to the process instead. */
  #guard(call: () => void): void {
    if (this.#state !== "open") return;
    try {
      call();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
