import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { address, writeAddressV6 } from "../../src/base/address.ts";
import { swap16, swap32 } from "../../src/base/bytes.ts";
import {
  type Hash64,
  siphash1,
  siphash2,
  siphash3,
  siphash4,
  siphash24,
  siphashWords,
  sipKey,
} from "../../src/base/hash/siphash.ts";
import { toHex } from "../../src/base/text.ts";

/** Key 00 to 0f, message 00 to n-1, n from 0 to 63; as OpenSSL 3 computes them, equal to the authors' vectors. */
const reference = [
  "310e0edd47db6f72 fd67dc93c539f874 5a4fa9d909806c0d 2d7efbd796666785",
  "b7877127e09427cf 8da699cd64557618 cee3fe586e46c9cb 37d1018bf50002ab",
  "6224939a79f5f593 b0e4a90bdf82009e f3b9dd94c5bb5d7a a7ad6b22462fb3f4",
  "fbe50e86bc8f1e75 903d84c02756ea14 eef27a8e90ca23f7 e545be4961ca29a1",
  "db9bc2577fcc2a3f 9447be2cf5e99a69 9cd38d96f0b3c14b bd6179a71dc96dbb",
  "98eea21af25cd6be c7673b2eb0cbf2d0 883ea3e395675393 c8ce5ccd8c030ca8",
  "94af49f6c650adb8 eab8858ade92e1bc f315bb5bb835d817 adcf6b0763612e2f",
  "a5c91da7acaa4dde 716595876650a2a6 28ef495c53a387ad 42c341d8fa92d832",
  "ce7cf2722f512771 e37859f94623f3a7 381205bb1ab0e012 ae97a10fd434e015",
  "b4a31508beff4d31 81396229f0907902 4d0cf49ee5d4dcca 5c73336a76d8bf9a",
  "d0a704536ba93e0e 925958fcd6420cad a915c29bc8067318 952b79f3bc0aa6d4",
  "f21df2e41d4535f9 87577519048f53a9 10a56cf5dfcd9adb eb75095ccd986cd0",
  "51a9cb9ecba312e6 96afadfc2ce666c7 72fe52975a4364ee 5a1645b276d592a1",
  "b274cb8ebf87870a 6f9bb4203de7b381 eaecb2a30b22a87f 9924a43cc1315724",
  "bd838d3aafbf8db7 0b1a2a3265d51aea 135079a3231ce660 932b2846e4d70666",
  "e1915f5cb1eca46c f325965ca16d629f 575ff28e60381be5 724506eb4c328a95",
].flatMap((row) => row.split(" "));

const counting = Uint8Array.from({ length: 64 }, (_, i) => i);
const key = sipKey(counting);

function hex({ high, low }: Hash64): string {
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

/** As the authors print it: eight bytes, the lowest first. */
function littleEndianHex({ high, low }: Hash64): string {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setInt32(0, low, true);
  new DataView(bytes.buffer).setInt32(4, high, true);
  return toHex(bytes);
}

test("SipHash-2-4 gives all 64 reference vectors", () => {
  for (const [length, hash] of reference.entries())
    expect(littleEndianHex(siphash24(key, counting, 0, length))).toBe(hash);
  expect(hex(siphash24(key, counting, 0, 15))).toBe("a129ca6149be45e5");
});

test("the start of a message may lie anywhere", () => {
  const shifted = new Uint8Array(67);
  shifted.set(counting, 3);
  for (let length = 0; length < 64; length++)
    expect(littleEndianHex(siphash24(key, shifted, 3, 3 + length))).toBe(reference[length]);
});

test("fixed numbers of words hash as their bytes do", () => {
  const words = new Int32Array(counting.buffer.slice(0));
  const [a, b, c, d] = words as unknown as [number, number, number, number];
  expect(littleEndianHex(siphash1(key, a))).toBe(reference[4]);
  expect(littleEndianHex(siphash2(key, a, b))).toBe(reference[8]);
  expect(littleEndianHex(siphash3(key, a, b, c))).toBe(reference[12]);
  expect(littleEndianHex(siphash4(key, a, b, c, d))).toBe(reference[16]);
  for (let count = 0; count < 16; count++)
    expect(littleEndianHex(siphashWords(key, words.subarray(0, count)))).toBe(reference[4 * count]);
});

test("long messages hash alike as bytes and as words, whatever was hashed before", () => {
  for (const count of [63, 64, 65, 66, 100]) {
    const words = Int32Array.from({ length: count }, (_, i) => Math.imul(i, 0x9e3779b9));
    siphash24(key, counting);
    expect(siphashWords(key, words)).toEqual(siphash24(key, new Uint8Array(words.buffer)));
  }
});

/** Hashes of port selection on Linux, computed elsewhere. */
const vectors = JSON.parse(readFileSync(new URL("hash_vectors.json", import.meta.url), "utf8"));

test("SipHash over an IPv4 flow is Linux's secure_ipv4_port_ephemeral", () => {
  expect(vectors.secure_ipv4_port_ephemeral.length).toBeGreaterThan(0);
  for (const [source, destination, port, seed, hash] of vectors.secure_ipv4_port_ephemeral) {
    const [s, d] = [swap32(address(source).w3), swap32(address(destination).w3)];
    expect(hex(siphash4(key, s, d, swap16(port), seed))).toBe(hash);
  }
});

test("SipHash over an IPv6 flow is Linux's secure_ipv6_port_ephemeral", () => {
  expect(vectors.secure_ipv6_port_ephemeral.length).toBeGreaterThan(0);
  for (const [source, destination, port, seed, hash] of vectors.secure_ipv6_port_ephemeral) {
    const message = new Uint8Array(38);
    writeAddressV6(address(source), message, 0);
    writeAddressV6(address(destination), message, 16);
    const view = new DataView(message.buffer);
    view.setUint32(32, seed, true);
    view.setUint16(36, port);
    expect(hex(siphash24(key, message))).toBe(hash);
  }
});
