/** Filters that the kernel runs before a packet reaches a raw socket, so that other programs' traffic costs us nothing. */
import { type Address, isV4 } from "../../base/address.ts";
import { type FilterInstruction, filterProgram } from "../structs.ts";

/** Jump offsets are 8 bits. */
const mostInstructions = 255;
/** Offsets from here count from the IP header, wherever a socket's own data starts (SKF_NET_OFF). */
const networkHeader = -0x100000;

const loadWord = 0x20;
const loadByte = 0x30;
const jumpEqual = 0x15;
const jumpGreaterOrEqual = 0x35;
const giveBack = 0x06;

/**
 * Passes packets to `addresses` or to many, unless from one of `addresses`: on the loopback interface our own packets
 * come back to us. All of one family.
 * @returns undefined where there are too many addresses for one program
 */
export function addressFilter(addresses: readonly Address[]): Uint8Array | undefined {
  const program = addresses.every(isV4) ? filterV4(addresses) : filterV6(addresses);
  return program.length <= mostInstructions ? filterProgram(resolve(program)) : undefined;
}

/** An instruction whose jumps go to labels; the next one where there is none. */
interface Line {
  readonly label?: string;
  readonly code: number;
  readonly operand: number;
  readonly onTrue?: string;
  readonly onFalse?: string;
}

const verdicts: readonly Line[] = [
  { label: "pass", code: giveBack, operand: -1 },
  { label: "drop", code: giveBack, operand: 0 },
];

function filterV4(addresses: readonly Address[]): Line[] {
  return [
    { code: loadWord, operand: networkHeader + 16 },
    ...addresses.map(({ w3 }) => ({ code: jumpEqual, operand: w3, onTrue: "ours" })),
    // 224.0.0.0 and above: multicast and broadcast.
    { code: jumpGreaterOrEqual, operand: 0xe0000000, onFalse: "drop" },
    { label: "ours", code: loadWord, operand: networkHeader + 12 },
    ...addresses.map(({ w3 }) => ({ code: jumpEqual, operand: w3, onTrue: "drop" })),
    ...verdicts,
  ];
}

function filterV6(addresses: readonly Address[]): Line[] {
  return [
    ...addresses.flatMap((address, i) => matchV6(address, 24, `to${i}`, `to${i + 1}`, "ours")),
    { label: `to${addresses.length}`, code: loadByte, operand: networkHeader + 24 },
    { code: jumpEqual, operand: 0xff, onFalse: "drop", onTrue: "ours" },
    ...addresses.flatMap((address, i) =>
      matchV6(
        address,
        8,
        i === 0 ? "ours" : `from${i}`,
        i + 1 < addresses.length ? `from${i + 1}` : "pass",
        "drop",
      ),
    ),
    ...verdicts,
  ];
}

/** Compares the four words at `offset`: to `found` where all are the address's, to `next` where one is not. */
function matchV6(
  { w0, w1, w2, w3 }: Address,
  offset: number,
  label: string,
  next: string,
  found: string,
): Line[] {
  return [w3, w2, w1, w0].flatMap((word, i): Line[] => {
    const load = { code: loadWord, operand: networkHeader + offset + 12 - 4 * i };
    return [
      i === 0 ? { label, ...load } : load,
      { code: jumpEqual, operand: word, onFalse: next, ...(i === 3 ? { onTrue: found } : {}) },
    ];
  });
}

function resolve(lines: readonly Line[]): FilterInstruction[] {
  const positions = new Map(lines.map(({ label }, index) => [label, index]));
  const distance = (index: number, label: string | undefined) =>
    label === undefined ? 0 : positions.get(label)! - index - 1;
  return lines.map(({ code, operand, onTrue, onFalse }, index) => ({
    code,
    operand,
    onTrue: distance(index, onTrue),
    onFalse: distance(index, onFalse),
  }));
}

/**
 * ICMP types a stack that shares its addresses with the kernel may see: answers and errors. Requests, redirects and
 * neighbour discovery the kernel answers itself. A set bit blocks (raw(7), ICMP_FILTER).
 */
export const icmpTypeMask: number = ~((1 << 0) | (1 << 3) | (1 << 11) | (1 << 12)) >>> 0;

/** The same for ICMPv6 (RFC 3542, section 3.2, ICMP6_FILTER, in Linux's layout: a set bit blocks). */
export function icmpv6TypeMask(): Uint8Array {
  const mask = new Uint8Array(32).fill(0xff);
  for (const type of [1, 2, 3, 4, 129]) mask[type >>> 3]! &= ~(1 << (type & 7));
  return mask;
}
