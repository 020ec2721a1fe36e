/** The Internet checksum and CRC32c over 1,460 bytes, against the textbook loops. */
import { checksum } from "../dist/base/hash/checksum.js";
import { crc32c } from "../dist/base/hash/crc32c.js";
import { nanoseconds, sink } from "./measure.mjs";

const bytes = Uint8Array.from({ length: 1460 }, (_, index) => (index * 31 + 7) & 255);

export async function measureGroup() {
  return [
    {
      name: "Internet checksum of 1,460 bytes",
      ours: nanoseconds(repeat(() => checksum(bytes, 0, bytes.length))),
      unit: "ns",
      against: [{ peer: "RFC 1071's loop", cost: nanoseconds(repeat(textbookChecksum)), bar: 0.5 }],
    },
    {
      name: "CRC32c of 1,460 bytes",
      ours: nanoseconds(repeat(() => crc32c(bytes, 0, bytes.length))),
      unit: "ns",
      against: [{ peer: "a table, by bytes", cost: nanoseconds(repeat(textbookCrc)), bar: 0.5 }],
    },
  ];
}

function repeat(once) {
  return (count) => {
    for (let i = 0; i < count; i++) sink.value ^= once();
  };
}

function textbookChecksum() {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | bytes[i + 1];
  while (sum > 0xffff) sum = (sum >>> 16) + (sum & 0xffff);
  return ~sum & 0xffff;
}

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

function textbookCrc() {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}
