/** The smallest host there is: answers pings and echoes UDP on a link, in place. No stack, so that only the link is tested. */
import { i32, putU16, putU32, u16 } from "../../../src/base/bytes.ts";
import { checksum, updateChecksum } from "../../../src/base/hash/checksum.ts";
import { checksumPartial, checksumTrusted, type Packet } from "../../../src/base/packet.ts";
import type { Link, LinkReceiver } from "../../../src/link/link.ts";

const icmp = 1;
const udp = 17;
const icmpv6 = 58;

/** Opens the link and answers on it until it is closed. What is no echo request and no datagram goes to `other`. */
export function respond(link: Link, other: (packet: Packet) => void = () => {}): LinkReceiver {
  const answers: Packet[] = [];
  const receiver: LinkReceiver = {
    receive(packets, count) {
      answers.length = 0;
      for (let i = 0; i < count; i++) {
        const packet = packets[i]!;
        if (makeAnswer(packet)) answers.push(link.capabilities.partialChecksum ? packet : completed(packet));
        else other(packet);
      }
      if (answers.length > 0) link.send(answers, answers.length);
    },
  };
  link.open(receiver);
  return receiver;
}

/** Turns the packet into its answer. Addresses and ports trade places, which no checksum notices. */
function makeAnswer({ bytes, start }: Packet): boolean {
  const v4 = bytes[start]! >>> 4 === 4;
  const transport = start + (v4 ? (bytes[start]! & 15) * 4 : 40);
  const protocol = v4 ? bytes[start + 9]! : bytes[start + 6]!;
  if (!v4 && bytes[start + 24] === 0xff) return false;
  if (protocol === udp) {
    const port = u16(bytes, transport);
    putU16(bytes, transport, u16(bytes, transport + 2));
    putU16(bytes, transport + 2, port);
  } else {
    const request = v4 ? 8 : 128;
    if (protocol !== (v4 ? icmp : icmpv6) || bytes[transport] !== request) return false;
    const before = u16(bytes, transport);
    bytes[transport] = v4 ? 0 : 129;
    putU16(bytes, transport + 2, updateChecksum(u16(bytes, transport + 2), before, u16(bytes, transport)));
  }
  const [from, to, words] = v4
    ? ([start + 12, start + 16, 1] as const)
    : ([start + 8, start + 24, 4] as const);
  for (let i = 0; i < 4 * words; i += 4) {
    const word = i32(bytes, from + i);
    putU32(bytes, from + i, i32(bytes, to + i));
    putU32(bytes, to + i, word);
  }
  return true;
}

/** A local peer left its checksum to whoever sends the packet on. */
function completed(packet: Packet): Packet {
  if (packet.checksum !== checksumPartial) return packet;
  const transport = packet.start + packet.checksumStart;
  const field = transport + packet.checksumOffset;
  putU16(packet.bytes, field, checksum(packet.bytes, transport, packet.end) || 0xffff);
  packet.checksum = checksumTrusted;
  return packet;
}
