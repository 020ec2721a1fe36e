import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { address, writeAddressV4 } from "../../src/base/address.ts";
import { swap16, swap32 } from "../../src/base/bytes.ts";
import { jenkinsAdd, jenkinsAddByte, jenkinsEnd } from "../../src/base/hash/jenkins.ts";
import { jhash, jhash1, jhash2, jhash3 } from "../../src/base/hash/jhash.ts";
import { encodeLatin1, fromHex } from "../../src/base/text.ts";

/** Computed by compiling the kernel's header, and gVisor's package. */
const vectors = JSON.parse(readFileSync(new URL("hash_vectors.json", import.meta.url), "utf8"));

function hex(hash: number): string {
  return (hash >>> 0).toString(16).padStart(8, "0");
}

function number(text: string): number {
  return Number.parseInt(text, 16) | 0;
}

test("jhash of one and three words is the kernel's", () => {
  for (const [a, b, c, seed, hash] of vectors.jhash_3words)
    expect(hex(jhash3(number(a), number(b), number(c), number(seed)))).toBe(hash);
  for (const [a, seed, hash] of vectors.jhash_1word) expect(hex(jhash1(number(a), number(seed)))).toBe(hash);
  expect(vectors.jhash_3words.length * vectors.jhash_1word.length).toBeGreaterThan(0);
});

test("jhash of bytes is the kernel's, and lookup3's hashlittle", () => {
  for (const [text, seed, hash] of vectors.jhash_bytes) {
    const bytes = fromHex(text);
    expect(hex(jhash(bytes, 0, bytes.length, number(seed)))).toBe(hash);
  }
  const speech = encodeLatin1("Four score and seven years ago");
  expect(hex(jhash(speech, 0, 30, 0))).toBe("17770551");
  expect(hex(jhash(speech, 0, 30, 1))).toBe("cd628161");
  expect(hex(jhash(speech, 0, 0, 0))).toBe("deadbeef");
  expect(hex(jhash(speech, 0, 0, 0xdeadbeef))).toBe("bd5b7dde");
});

test("jhash of few bytes is that of their words, and does not depend on where they lie", () => {
  const bytes = fromHex("00 01020304 05060708 090a0b0c");
  expect(jhash(bytes, 1, 5, 7)).toBe(jhash1(0x04030201, 7));
  expect(jhash(bytes, 1, 9, 7)).toBe(jhash2(0x04030201, 0x08070605, 7));
  expect(jhash(bytes, 1, 13, 7)).toBe(jhash3(0x04030201, 0x08070605, 0x0c0b0a09, 7));
});

test("jhash over a flow is Linux's inet_ehashfn, before 6.15 and since", () => {
  for (const [local, lport, remote, rport, secret, hash] of vectors.inet_ehashfn_classic) {
    const [l, r] = [swap32(address(local).w3), swap32(address(remote).w3)];
    expect(hex(jhash3(l, r, (lport << 16) | swap16(rport), number(secret)))).toBe(hash);
  }
  for (const [local, lport, remote, rport, secret, hash] of vectors.inet_ehashfn_6_15_plus) {
    const [l, r] = [swap32(address(local).w3), swap32(address(remote).w3)];
    expect(hex(lport + jhash3(l, r, swap16(rport), number(secret)))).toBe(hash);
  }
  expect(vectors.inet_ehashfn_classic.length * vectors.inet_ehashfn_6_15_plus.length).toBeGreaterThan(0);
});

test("one-at-a-time hashes known texts", () => {
  const hash = (text: string) => hex(jenkinsEnd(jenkinsAdd(0, encodeLatin1(text))));
  expect(hash("a")).toBe("ca2e9442");
  expect(hash("The quick brown fox jumps over the lazy dog")).toBe("519e91f5");
});

test("one-at-a-time over a flow is gVisor's choice of endpoint", () => {
  expect(vectors.gvisor_select_endpoint.length).toBeGreaterThan(0);
  for (const [seed, lport, rport, local, remote, hash] of vectors.gvisor_select_endpoint) {
    let state = number(seed);
    for (const port of [lport, rport]) state = jenkinsAddByte(jenkinsAddByte(state, port & 255), port >>> 8);
    for (const text of [local, remote]) {
      const bytes = new Uint8Array(4);
      writeAddressV4(address(text), bytes, 0);
      state = jenkinsAdd(state, bytes);
    }
    expect(hex(jenkinsEnd(state))).toBe(hash);
  }
});
