import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { linuxEhash } from "../../../src/ports/demultiplexer/ehash.ts";
import { reciprocalScale } from "../../../src/ports/demultiplexer/reuseport-group.ts";
import { portHash } from "../../../src/ports/selection/linux/hash.ts";
import { addParity } from "../../../src/ports/selection/linux/parity.ts";
import { Perturbation } from "../../../src/ports/selection/linux/perturbation.ts";
import { Order } from "../../../src/ports/selection.ts";

type Tuple = [string, string, number, number];

const vectors = JSON.parse(readFileSync(new URL("../data/hash_vectors.json", import.meta.url), "utf8")) as {
  key_hex: string;
  secure_ipv4_port_ephemeral: [...Tuple, string][];
  secure_ipv6_port_ephemeral: [...Tuple, string][];
  derived: {
    in: Tuple;
    perturb_index_16bit: number;
    offset_with_table_0: number;
    first_even_candidate: number;
    first_odd_pass_candidate: number;
  }[];
  inet_ehashfn_6_15_plus: [string, number, string, number, string, string][];
  reciprocal_scale: [string, number, number][];
};

const hash = portHash(Uint8Array.from(Buffer.from(vectors.key_hex, "hex")));

function hex(...words: number[]): string {
  return words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

test("the hash of a flow is the kernel's, in both families, remembered or not", () => {
  const both = [...vectors.secure_ipv4_port_ephemeral, ...vectors.secure_ipv6_port_ephemeral];
  for (const [local, remote, port, seed, expected] of [...both, ...both]) {
    const { high, low } = hash(address(local), address(remote), port, seed);
    expect(hex(high, low)).toBe(expected);
  }
});

test("connect's first candidates follow from it: index, offset, even pass, odd pass", () => {
  for (const vector of vectors.derived) {
    const [local, remote, port, seed] = vector.in;
    const { high, low } = hash(address(local), address(remote), port, seed);
    expect(low & 0xffff).toBe(vector.perturb_index_16bit);
    const offset = ((high >>> 0) % 28232) & ~1;
    expect(offset).toBe(vector.offset_with_table_0);
    const order = new Order();
    addParity(order, 32768, 61000, 28232, offset, 2);
    expect(order.from[0]).toBe(vector.first_even_candidate);
    order.clear();
    addParity(order, 32768, 61000, 28232, offset + 1, 2);
    expect(order.from[0]).toBe(vector.first_odd_pass_candidate);
  }
});

test("the reuseport hash is inet_ehashfn of Linux 6.15, and its scaling reciprocal_scale", () => {
  for (const [local, localPort, remote, remotePort, secret, expected] of vectors.inet_ehashfn_6_15_plus) {
    const secretWord = Number.parseInt(secret, 16) | 0;
    expect(hex(linuxEhash(secretWord, address(local), localPort, address(remote), remotePort))).toBe(
      expected,
    );
  }
  for (const [word, count, index] of vectors.reciprocal_scale)
    expect(reciprocalScale(Number.parseInt(word, 16) | 0, count)).toBe(index);
});

test("the perturbation table keeps its values when it grows out of its few", () => {
  const sparse = new Perturbation(seededRandom(5));
  const dense = new Perturbation(seededRandom(5));
  for (let i = 0; i < 5000; i++) dense.advance((i * 7) % 65536, i);
  for (let i = 0; i < 5000; i++) dense.advance((i * 7) % 65536, -i);
  for (const index of [0, 7, 8, 34_999, 65_535]) expect(dense.at(index)).toBe(sparse.at(index));
});
