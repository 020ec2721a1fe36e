/** The link over a TUN descriptor: reading and writing packets, and all that can go wrong with them. */
import { checksumPartial, checksumUnknown, newPacket, type Packet } from "../../base/packet.ts";
import { type Link, type LinkReceiver, type LinkStats, newLinkStats } from "../../link/link.ts";
import { PacketPool } from "../../link/pool.ts";
import { planSegments } from "../../link/segment.ts";
import { eachWirePacket } from "../../link/wire-packets.ts";
import { type Native, nativeError, type PollEvents, type PollHandle } from "../native.ts";
import { tunChecksum, tunTso4, tunTso6, tunUso4, tunUso6 } from "../structs.ts";
import { LinkUnavailableError } from "../unavailable.ts";
import type { TunDevice } from "./tun-device.ts";
import { readVirtioHeader, virtioHeaderLength, writeVirtioHeader } from "./virtio.ts";

/** Packets handed on at once. */
const batchSize = 32;
/** Packets read before the event loop has its turn, so that timers and other sockets are not starved. */
const turnBudget = 64;
/** Where the IP header lies in a slot, so that it and its 32-bit words are aligned. */
const slotStart = 16;
/** Room for the longest packet: an IPv6 header with 65,535 bytes behind it. */
const slotLength = slotStart + 40 + 65_535 + 1;
interface Slot {
  readonly packet: Packet;
  /** Where the kernel writes: the header, if any, and the packet. */
  readonly target: Uint8Array;
}

/** Open links, lest one that only the event loop knows be collected, which would close it without a word. */
const openLinks = new Set<Link>();

export class TunLink implements Link {
  readonly name: string;
  /** Segmentation is withdrawn here when the kernel turns out not to take it. */
  readonly capabilities: Link["capabilities"] & { tcpSegmentation: boolean; udpSegmentation: boolean };
  readonly stats: LinkStats = newLinkStats();
  readonly #native: Native;
  readonly #headerLength: number;
  readonly #slots: Slot[] = [];
  readonly #packets: Packet[] = [];
  /** For packets that came without headroom. */
  readonly #scratch: Packet = newPacket(new Uint8Array(slotLength), slotStart, slotStart);
  readonly #pool = new PacketPool();
  #fd: number;
  #poll: PollHandle | undefined;
  #receiver: LinkReceiver | undefined;
  #blocked = false;
  /** Packets that the last turn of the event loop brought. */
  #turnPackets = 0;
  /** The reason of the last failed write while writes keep failing so, else "". */
  #failing = "";

  constructor(native: Native, device: TunDevice, header: "virtio" | "none", mtu: number) {
    this.#native = native;
    this.#fd = device.fd;
    this.name = device.name;
    this.#headerLength = header === "virtio" ? virtioHeaderLength : 0;
    const { offload } = device;
    this.capabilities = {
      medium: "ip",
      mtu,
      headroom: this.#headerLength,
      partialChecksum: (offload & tunChecksum) !== 0,
      tcpSegmentation: (offload & tunTso4) !== 0 && (offload & tunTso6) !== 0,
      udpSegmentation: (offload & tunUso4) !== 0 && (offload & tunUso6) !== 0,
    };
    const memory = new Uint8Array(batchSize * slotLength);
    for (let i = 0; i < batchSize; i++) {
      const bytes = memory.subarray(i * slotLength, (i + 1) * slotLength);
      const packet = newPacket(bytes, slotStart, slotStart);
      this.#packets.push(packet);
      this.#slots.push({ packet, target: bytes.subarray(slotStart - this.#headerLength) });
    }
    openLinks.add(this);
  }

  open(receiver: LinkReceiver): void {
    if (this.#receiver !== undefined) throw new TypeError(`link ${this.name} is already open`);
    this.#receiver = receiver;
    if (this.#fd < 0) return;
    this.#poll = this.#native.poll(this.#fd, { readable: true, writable: this.#blocked }, this.#onPoll);
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#poll?.close();
    this.#native.close(this.#fd);
    this.#fd = -1;
    openLinks.delete(this);
    this.#receiver?.closed?.();
  }

  /** What is thrown in here koffi would swallow, and never call again: it goes to the process instead. */
  readonly #onPoll = (status: number, events: PollEvents): void => {
    if (this.#fd < 0) return;
    try {
      if (status < 0) this.#gone();
      else {
        if (events.writable && this.#blocked) this.#unblock();
        this.#drain();
      }
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };

  /** While packets come one at a time, each is answered before the kernel is asked for another. */
  #drain(): void {
    let size = this.#turnPackets > 1 ? batchSize : 1;
    let total = 0;
    while (total < turnBudget && this.#fd >= 0) {
      const count = this.#fill(size);
      if (count > 0 && this.#fd >= 0) this.#receiver!.receive(this.#packets, count);
      total += count;
      if (count < size) break;
      size = batchSize;
    }
    this.#turnPackets = total;
  }

  /** Reads until `size` slots are full or nothing waits. */
  #fill(size: number): number {
    const native = this.#native;
    let bytes = 0;
    let count = 0;
    while (count < size) {
      const { packet, target } = this.#slots[count]!;
      const length = native.read(this.#fd, target, target.length) - this.#headerLength;
      if (length <= 0) {
        if (this.#readAgain(length + this.#headerLength)) continue;
        break;
      }
      packet.start = slotStart;
      packet.end = slotStart + length;
      if (this.#headerLength > 0) readVirtioHeader(packet.bytes, slotStart - virtioHeaderLength, packet);
      else packet.checksum = checksumUnknown;
      bytes += length;
      count++;
    }
    this.stats.receivedPackets += count;
    this.stats.receivedBytes += bytes;
    return count;
  }

  /** A read gave no packet: whether to try once more at once. */
  #readAgain(result: number): boolean {
    if (result >= 0) return result > 0;
    const errno = this.#native.errno();
    if (errno === this.#native.eagain) return false;
    if (errno === this.#native.eintr) return true;
    this.#gone();
    return false;
  }

  send(packets: readonly Packet[], count: number): number {
    for (let i = 0; i < count; i++) {
      if (this.#blocked) return i;
      if (this.#fd < 0) {
        this.stats.dropped += count - i;
        return count;
      }
      const packet = packets[i]!;
      if (packet.segmentSize > 0 && !this.#takesSegments(packet)) this.#sendSegments(packet);
      else if (!this.#write(packet)) return i;
    }
    return count;
  }

  #takesSegments({ checksum, checksumOffset }: Packet): boolean {
    const { tcpSegmentation, udpSegmentation } = this.capabilities;
    return checksum === checksumPartial && (checksumOffset === 16 ? tcpSegmentation : udpSegmentation);
  }

  /** @returns false where the packet must wait; true where it was sent or is lost. */
  #write(packet: Packet): boolean {
    const start = packet.start - this.#headerLength;
    if (start < 0) return this.#write(this.#withHeadroom(packet));
    const { bytes, end } = packet;
    if (this.#headerLength > 0) writeVirtioHeader(packet, bytes, start);
    const length = end - start;
    if (this.#native.write(this.#fd, start === 0 ? bytes : bytes.subarray(start, end), length) === length) {
      this.stats.sentPackets++;
      this.stats.sentBytes += length - this.#headerLength;
      this.#failing = "";
      return true;
    }
    return this.#writeFailed(packet);
  }

  #writeFailed(packet: Packet): boolean {
    const code = this.#native.errnoName();
    if (code === "EINTR") return this.#write(packet);
    if (code === "EAGAIN") {
      this.#block();
      return false;
    }
    if (code === "EINVAL" && packet.segmentSize > 0 && typeof planSegments(packet, "ip") !== "string") {
      // Kernels of 2024 with commit e269d79c7d35 and without 89add40066f9 refuse what they offered to take.
      this.capabilities.tcpSegmentation = false;
      this.capabilities.udpSegmentation = false;
      this.#sendSegments(packet);
      return true;
    }
    this.stats.dropped++;
    if (code === "EBADFD" || code === "EBADF") this.#gone();
    else if (code !== this.#failing) {
      this.#failing = code;
      this.#receiver?.failed?.(nativeError(this.#native, "write"));
    }
    return true;
  }

  /** Cuts what the kernel does not cut. A segment that cannot be written at once is lost, as on any full queue. */
  #sendSegments(packet: Packet): void {
    eachWirePacket(packet, "ip", this.#pool, (segment) => {
      if (this.#fd < 0 || this.#blocked || !this.#write(segment)) this.stats.dropped++;
    });
  }

  #withHeadroom(packet: Packet): Packet {
    const { bytes, start, end } = packet;
    const copy = this.#scratch;
    copy.bytes.set(bytes.subarray(start, end), slotStart);
    copy.end = slotStart + end - start;
    copy.checksum = packet.checksum;
    copy.checksumStart = packet.checksumStart;
    copy.checksumOffset = packet.checksumOffset;
    copy.segmentSize = packet.segmentSize;
    return copy;
  }

  #block(): void {
    this.#blocked = true;
    this.#poll?.stop();
    this.#poll?.start({ readable: true, writable: true }, this.#onPoll);
  }

  #unblock(): void {
    this.#blocked = false;
    this.#poll?.stop();
    this.#poll?.start({ readable: true }, this.#onPoll);
    this.#receiver?.writable?.();
  }

  /** The interface was deleted. */
  #gone(): void {
    if (this.#fd < 0) return;
    this.#receiver?.failed?.(
      new LinkUnavailableError(`the interface ${this.name} is gone`, "open the link anew", "ENODEV"),
    );
    this.close();
  }
}
