/**
 * Cutting datagrams that are longer than the path carries: RFC 791, section 3.2 (we send no options that would have to
 * be copied), and RFC 8200, section 4.5. Every fragment but the last holds a multiple of eight bytes.
 */
import { copyBytes, putU16 } from "../../../base/bytes.ts";
import type { Packet } from "../../../base/packet.ts";
import { fillIpv4Checksum } from "../../../wire/ip/ipv4.ts";
import { ipv6HeaderLength } from "../../../wire/ip/ipv6.ts";
import {
  emitIpv6Extension,
  type Ipv6FragmentHeader,
  ipv6FragmentHeaderLength,
} from "../../../wire/ip/ipv6-extensions.ts";
import { protocols } from "../../../wire/protocols.ts";

/** What cutting needs: a slot for each fragment, and somebody to take it. */
export interface FragmentSink {
  /** A slot with `length` bytes in `[start, end)`. */
  allocate(length: number): Packet;
  fragment(packet: Packet): void;
}

const moreFragments = 0x2000;

/** Cuts the IPv4 packet in bytes[start, end), whose header is complete but for what differs among fragments. */
export function fragmentV4(
  bytes: Uint8Array,
  start: number,
  end: number,
  mtu: number,
  sink: FragmentSink,
): number {
  const headerLength = (bytes[start]! & 15) * 4;
  const step = (mtu - headerLength) & ~7;
  let count = 0;
  for (let at = start + headerLength; at < end; at += step) {
    const length = Math.min(step, end - at);
    const packet = sink.allocate(headerLength + length);
    copyBytes(bytes, start, start + headerLength, packet.bytes, packet.start);
    copyBytes(bytes, at, at + length, packet.bytes, packet.start + headerLength);
    const offset = (at - start - headerLength) >>> 3;
    putU16(packet.bytes, packet.start + 2, headerLength + length);
    putU16(packet.bytes, packet.start + 6, (at + length < end ? moreFragments : 0) | offset);
    fillIpv4Checksum(packet.bytes, packet.start);
    sink.fragment(packet);
    count++;
  }
  return count;
}

/**
 * Cuts the IPv6 packet in bytes[start, end), which has no extension headers that every fragment must repeat.
 * @param identification 32 bits, not to be guessed (RFC 7739).
 */
export function fragmentV6(
  bytes: Uint8Array,
  start: number,
  end: number,
  mtu: number,
  identification: number,
  sink: FragmentSink,
): number {
  const headers = ipv6HeaderLength + ipv6FragmentHeaderLength;
  const step = (mtu - headers) & ~7;
  let count = 0;
  for (let at = start + ipv6HeaderLength; at < end; at += step) {
    const length = Math.min(step, end - at);
    const packet = sink.allocate(headers + length);
    const into = packet.bytes;
    const head = packet.start;
    copyBytes(bytes, start, start + ipv6HeaderLength, into, head);
    putU16(into, head + 4, ipv6FragmentHeaderLength + length);
    into[head + 6] = protocols.fragment;
    const header: Ipv6FragmentHeader = {
      kind: "fragment",
      nextHeader: bytes[start + 6]!,
      fragmentOffset: at - start - ipv6HeaderLength,
      moreFragments: at + length < end,
      identification,
    };
    emitIpv6Extension(header, into, head + ipv6HeaderLength);
    copyBytes(bytes, at, at + length, into, head + headers);
    sink.fragment(packet);
    count++;
  }
  return count;
}
