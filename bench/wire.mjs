/** Parsing and emitting the header of each hot format, against a new DataView a header, as one would write it first. */
import { address } from "../dist/base/address.js";
import { emitIpv4, newIpv4Packet, parseIpv4 } from "../dist/wire/ip/ipv4.js";
import { emitIpv6, newIpv6Packet, parseIpv6 } from "../dist/wire/ip/ipv6.js";
import { emitTcp, newTcpSegment, parseTcp, parseTcpInto } from "../dist/wire/tcp.js";
import { emitUdp, parseUdp } from "../dist/wire/udp.js";
import { nanoseconds, sink } from "./measure.mjs";

const room = new Uint8Array(2048);

/** Each format: a header to emit, how many bytes it takes, and one field as a DataView reads it. */
const formats = [
  {
    name: "IPv4",
    header: Object.assign(newIpv4Packet(), {
      protocol: 6,
      hopLimit: 64,
      source: address("192.0.2.1"),
      destination: address("198.51.100.7"),
      payloadLength: 1480,
    }),
    emit: emitIpv4,
    parse: parseIpv4,
    length: 1500,
    headerLength: 20,
    field: (packet) => packet.hopLimit,
  },
  {
    name: "IPv6",
    header: Object.assign(newIpv6Packet(), {
      protocol: 6,
      nextHeader: 6,
      hopLimit: 64,
      source: address("2001:db8::1"),
      destination: address("2001:db8::2"),
      payloadLength: 1460,
    }),
    emit: emitIpv6,
    parse: parseIpv6,
    length: 1500,
    headerLength: 40,
    field: (packet) => packet.hopLimit,
  },
  {
    name: "TCP",
    header: Object.assign(newTcpSegment(), {
      sourcePort: 49152,
      destinationPort: 80,
      flags: 0x10,
      window: 1000,
    }),
    emit: emitTcp,
    parse: parseTcp,
    length: 1480,
    headerLength: 20,
    field: (segment) => segment.sequence,
  },
  {
    name: "TCP with timestamps",
    header: Object.assign(newTcpSegment(), {
      sourcePort: 49152,
      destinationPort: 80,
      flags: 0x10,
      timestamps: true,
    }),
    emit: emitTcp,
    parse: parseTcp,
    length: 1480,
    headerLength: 32,
    field: (segment) => segment.timestampValue,
  },
  {
    name: "UDP",
    header: { sourcePort: 49152, destinationPort: 53, payloadLength: 64, checksum: 0 },
    emit: emitUdp,
    parse: parseUdp,
    length: 72,
    headerLength: 8,
    field: (datagram) => datagram.sourcePort,
  },
];

export async function measureGroup() {
  return [...formats.flatMap(formatRows), ...flatRows()];
}

function formatRows(format) {
  const bytes = new Uint8Array(format.length);
  format.emit(format.header, bytes, 0);
  if (typeof format.parse(bytes, 0, bytes.length) === "string")
    throw new Error(`${format.name} does not parse`);
  return [
    {
      name: `parse ${format.name}`,
      ours: parsing(format, bytes),
      ...againstView(() => viewFields(bytes, format.headerLength)),
    },
    {
      name: `emit ${format.name}`,
      ours: emitting(format),
      ...againstView(() => emitFields(format.headerLength)),
    },
  ];
}

/** What the stack itself does for each segment, against the reads and writes alone, without a check. */
function flatRows() {
  const bytes = new Uint8Array(1480);
  const segment = newTcpSegment();
  const { header } = formats.find(({ name }) => name === "TCP");
  emitTcp(header, bytes, 0);
  const bare = newTcpSegment();
  return [
    {
      name: "parse TCP, into a segment used again",
      ours: nanoseconds((count) => {
        for (let i = 0; i < count; i++) {
          parseTcpInto(segment, bytes, 0, bytes.length);
          sink.value ^= segment.sequence;
        }
      }),
      ...againstHand((count) => {
        for (let i = 0; i < count; i++) {
          readByHand(bare, bytes, 0);
          sink.value ^= bare.sequence;
        }
      }),
    },
    {
      name: "emit TCP, without options",
      ours: nanoseconds((count) => {
        for (let i = 0; i < count; i++) sink.value ^= emitTcp(header, room, 0);
      }),
      ...againstHand((count) => {
        for (let i = 0; i < count; i++) sink.value ^= writeByHand(header, room, 0);
      }),
    },
  ];
}

function againstHand(run) {
  return { unit: "ns", against: [{ peer: "the reads and writes alone", cost: nanoseconds(run), bar: 1.5 }] };
}

function readByHand(segment, bytes, at) {
  segment.sourcePort = (bytes[at] << 8) | bytes[at + 1];
  segment.destinationPort = (bytes[at + 2] << 8) | bytes[at + 3];
  segment.sequence = word(bytes, at + 4);
  segment.acknowledgment = word(bytes, at + 8);
  segment.payloadStart = at + (bytes[at + 12] >> 4) * 4;
  segment.flags = ((bytes[at + 12] & 1) << 8) | bytes[at + 13];
  segment.window = (bytes[at + 14] << 8) | bytes[at + 15];
  segment.checksum = (bytes[at + 16] << 8) | bytes[at + 17];
  segment.urgentPointer = (bytes[at + 18] << 8) | bytes[at + 19];
}

function word(bytes, at) {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

function writeByHand(header, bytes, at) {
  putWord(bytes, at, (header.sourcePort << 16) | header.destinationPort);
  putWord(bytes, at + 4, header.sequence);
  putWord(bytes, at + 8, header.acknowledgment);
  putWord(bytes, at + 12, 0x5000_0000 | (header.flags << 16) | header.window);
  putWord(bytes, at + 16, header.urgentPointer);
  return 20;
}

function putWord(bytes, at, value) {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function parsing({ parse, field }, bytes) {
  return nanoseconds((count) => {
    let all = 0;
    for (let i = 0; i < count; i++) all ^= field(parse(bytes, 0, bytes.length));
    sink.value ^= all;
  });
}

function emitting({ emit, header }) {
  return nanoseconds((count) => {
    for (let i = 0; i < count; i++) sink.value ^= emit(header, room, 0);
  });
}

function againstView(once) {
  const cost = nanoseconds((count) => {
    for (let i = 0; i < count; i++) sink.value ^= once();
  });
  return { unit: "ns", against: [{ peer: "new DataView", cost, bar: 1 }] };
}

/** Every 16-bit field of a header through a view, into an object. */
function viewFields(bytes, length) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = { ports: view.getUint32(0), flags: view.getUint16(length > 12 ? 12 : 4), rest: [] };
  for (let at = 4; at + 4 <= length; at += 4) header.rest.push(view.getUint32(at));
  return header.ports ^ header.rest.length;
}

function emitFields(length) {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 <= length; at += 4) view.setUint32(at, at);
  return bytes.length;
}
