/** A host alone on a link whose other end is the test: packets are put in and looked at as bytes. */
import { type Address, address, isV4 } from "../../../src/base/address.ts";
import { newPacket, type Packet } from "../../../src/base/packet.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { VirtualClock } from "../../../src/base/time/virtual-clock.ts";
import { type Link, type LinkCapabilities, type LinkReceiver, newLinkStats } from "../../../src/link/link.ts";
import { plainCapabilities } from "../../../src/link/pipe.ts";
import { Host } from "../../../src/stack/host.ts";
import type { Interface } from "../../../src/stack/interface/interface.ts";
import type { InterfaceOptions } from "../../../src/stack/interface/interface-options.ts";
import type { IcmpError, IpDatagram, SendOptions, Transport } from "../../../src/stack/transport.ts";
import { emitIpv4, type Ipv4Header, parseIpv4 } from "../../../src/wire/ip/ipv4.ts";
import { emitIpv6, type Ipv6Header, parseIpv6 } from "../../../src/wire/ip/ipv6.ts";

/** The test's end of a link. */
export class TestLink implements Link {
  readonly name = "test";
  readonly capabilities: LinkCapabilities;
  readonly stats = newLinkStats();
  /** Copies of what the host sent. */
  readonly sent: Packet[] = [];
  /** Packets the link takes before it is full. */
  room = Infinity;
  closed = false;
  receiver: LinkReceiver | undefined;

  constructor(capabilities: Partial<LinkCapabilities> = {}) {
    this.capabilities = { ...plainCapabilities, ...capabilities };
  }

  open(receiver: LinkReceiver): void {
    this.receiver = receiver;
  }

  send(packets: readonly Packet[], count: number): number {
    for (let i = 0; i < count; i++) {
      if (this.sent.length >= this.room) return i;
      const packet = packets[i]!;
      this.sent.push({
        ...packet,
        bytes: packet.bytes.slice(packet.start, packet.end),
        start: 0,
        end: packet.end - packet.start,
      });
    }
    return count;
  }

  close(): void {
    this.closed = true;
  }

  /** A batch arrives. */
  deliver(...packets: (Uint8Array | Packet)[]): void {
    const all = packets.map((each) => (each instanceof Uint8Array ? newPacket(each.slice()) : each));
    this.receiver!.receive(all, all.length);
  }

  /** What was sent since the last call, as bytes. */
  take(): Uint8Array[] {
    return this.sent.splice(0).map(({ bytes }) => bytes);
  }
}

/** What reached a transport, kept. */
export interface Arrived {
  source: Address;
  destination: Address;
  payload: number[];
  cast: IpDatagram["cast"];
  hopLimit: number;
  checksum: number;
  segmentSize: number;
}

export class ProbeTransport implements Transport {
  readonly protocol: number;
  readonly arrived: Arrived[] = [];
  readonly errors: IcmpError[] = [];
  flushes = 0;
  onReceive: ((datagram: IpDatagram) => void) | undefined;

  constructor(protocol: number) {
    this.protocol = protocol;
  }

  receive(datagram: IpDatagram): void {
    const { source, destination, bytes, start, end, cast, hopLimit, checksum, segmentSize } = datagram;
    const payload = [...bytes.subarray(start, end)];
    this.arrived.push({ source, destination, payload, cast, hopLimit, checksum, segmentSize });
    this.onReceive?.(datagram);
  }

  icmpError(error: IcmpError): void {
    this.errors.push({ ...error });
  }

  flush(): void {
    this.flushes++;
  }
}

/** A protocol number nobody uses. */
export const testProtocol = 253;

export class Lab {
  readonly clock: VirtualClock = new VirtualClock(1000);
  readonly host: Host;
  readonly link: TestLink;
  readonly interface: Interface;
  readonly probe: ProbeTransport = new ProbeTransport(testProtocol);

  constructor(capabilities: Partial<LinkCapabilities> = {}, options: InterfaceOptions = {}, seed = 1) {
    this.host = new Host({ clock: this.clock, random: seededRandom(seed), name: "lab" });
    this.link = new TestLink(capabilities);
    this.interface = this.host.addInterface(this.link, {
      addresses: ["10.0.0.1/24", "fd00::1/64"],
      ...options,
    });
    this.host.register(this.probe);
  }

  /** Sends `length` bytes of 7s. @returns the errno, if any. */
  send(destination: string, length: number, change: Partial<SendOptions> = {}): string | undefined {
    const { ip } = this.host;
    const route = ip.route(address(destination), {});
    if (typeof route === "string") return route;
    const packet = ip.allocate(length);
    packet.bytes.fill(7, packet.start, packet.end);
    const result = ip.send(packet, route, { ...defaults, ...change });
    this.host.flush();
    return result;
  }
}

const defaults: SendOptions = {
  protocol: testProtocol,
  hopLimit: 64,
  trafficClass: 0,
  dontFragment: false,
  flowLabel: 0,
};

/** An IP packet to the lab's host, or to wherever `change` says. */
export function packetTo(
  destination: string,
  payload: Uint8Array | number[],
  change: Partial<Ipv4Header & Ipv6Header> & { from?: string; options?: number[] } = {},
): Uint8Array {
  const to = address(destination);
  const v4 = isV4(to);
  const source = address(change.from ?? (v4 ? "10.0.0.2" : "fd00::2"));
  const options = change.options ?? [];
  const headerLength = v4 ? 20 + options.length : 40;
  const bytes = new Uint8Array(headerLength + payload.length);
  bytes.set(payload, headerLength);
  const common = { trafficClass: 0, hopLimit: 64, source, destination: to, payloadLength: payload.length };
  if (v4) {
    const flags = { identification: 1, dontFragment: false, moreFragments: false, fragmentOffset: 0 };
    bytes.set(options, 20);
    emitIpv4(
      { ...common, ...flags, protocol: testProtocol, optionsLength: options.length, ...change },
      bytes,
      0,
    );
  } else emitIpv6({ ...common, flowLabel: 0, nextHeader: testProtocol, ...change }, bytes, 0);
  return bytes;
}

/** The header of a packet that must be one. */
export function header(bytes: Uint8Array): {
  source: Address;
  destination: Address;
  protocol: number;
  hopLimit: number;
  payload: Uint8Array;
} {
  const v4 = bytes[0]! >>> 4 === 4;
  const parsed = v4 ? parseIpv4(bytes, 0, bytes.length) : parseIpv6(bytes, 0, bytes.length);
  if (typeof parsed === "string") throw new Error(`malformed: ${parsed}`);
  const protocol = "protocol" in parsed ? parsed.protocol : parsed.nextHeader;
  const { source, destination, hopLimit, payloadStart, payloadEnd } = parsed;
  return { source, destination, protocol, hopLimit, payload: bytes.subarray(payloadStart, payloadEnd) };
}
