/**
 * A set of ports: 65,536 bits under two levels of summary, so that the next port which is not in it is found in a
 * few steps however full it is. Summaries are kept for even and odd ports apart, because Linux asks for one parity at a
 * time: connect(2) for the even ones first, bind(2) for the odd.
 */

const wordCount = 2048;
const summaryCount = 64;
const evenPorts = 0x55555555;
const oddPorts = 0xaaaaaaaa | 0;
const everyPort = -1;

export class PortBitmap {
  readonly #words: Int32Array = new Int32Array(wordCount);
  /** Bit w: every even port of word w is in the set. */
  readonly #evenFull: Int32Array = new Int32Array(summaryCount);
  readonly #oddFull: Int32Array = new Int32Array(summaryCount);
  /** Bit s: summary word s is all ones. */
  readonly #evenTop: Int32Array = new Int32Array(2);
  readonly #oddTop: Int32Array = new Int32Array(2);
  #size = 0;

  /** How many ports are in the set. */
  get size(): number {
    return this.#size;
  }

  has(port: number): boolean {
    return ((this.#words[port >>> 5]! >>> (port & 31)) & 1) !== 0;
  }

  /** Puts the port in; says whether it was not there. */
  add(port: number): boolean {
    const at = port >>> 5;
    const before = this.#words[at]!;
    const word = before | (1 << (port & 31));
    if (word === before) return false;
    this.#words[at] = word;
    this.#size++;
    const bits = (port & 1) === 0 ? evenPorts : oddPorts;
    if ((word & bits) === bits) {
      const summary = (port & 1) === 0 ? this.#evenFull : this.#oddFull;
      const top = (port & 1) === 0 ? this.#evenTop : this.#oddTop;
      const full = summary[at >>> 5]! | (1 << (at & 31));
      summary[at >>> 5] = full;
      if (full === -1) top[at >>> 10]! |= 1 << ((at >>> 5) & 31);
    }
    return true;
  }

  /** Takes the port out; says whether it was there. */
  delete(port: number): boolean {
    const at = port >>> 5;
    const before = this.#words[at]!;
    const word = before & ~(1 << (port & 31));
    if (word === before) return false;
    this.#words[at] = word;
    this.#size--;
    const summary = (port & 1) === 0 ? this.#evenFull : this.#oddFull;
    const top = (port & 1) === 0 ? this.#evenTop : this.#oddTop;
    summary[at >>> 5]! &= ~(1 << (at & 31));
    top[at >>> 10]! &= ~(1 << ((at >>> 5) & 31));
    return true;
  }

  clear(): void {
    for (const level of [this.#words, this.#evenFull, this.#oddFull, this.#evenTop, this.#oddTop])
      level.fill(0);
    this.#size = 0;
  }

  /** How many ports from `low` to `high` are in the set. */
  count(low: number, high: number): number {
    let count = 0;
    for (let at = low >>> 5; at <= high >>> 5; at++) {
      let word = this.#words[at]!;
      if (at === low >>> 5) word &= -1 << (low & 31);
      if (at === high >>> 5) word &= -1 >>> (31 - (high & 31));
      count += populationOf(word);
    }
    return count;
  }

  /** The first port from `from` to `to` that is in the set, or -1. */
  firstSet(from: number, to: number): number {
    if (from > to) return -1;
    let at = from >>> 5;
    let word = this.#words[at]! & (-1 << (from & 31));
    while (word === 0) {
      if (++at > to >>> 5) return -1;
      word = this.#words[at]!;
    }
    const port = (at << 5) + lowestBit(word);
    return port <= to ? port : -1;
  }

  /** The first of `from, from + step ... <= to` that is not in the set, or -1. Steps above 2 are walked one by one. */
  firstClear(from: number, to: number, step: number): number {
    if (from > to) return -1;
    if (step > 2) return this.#firstClearWalking(from, to, step);
    const bits = portsOf(from, step);
    let at = from >>> 5;
    let clear = ~this.#words[at]! & bits & (-1 << (from & 31));
    if (clear === 0) {
      at = this.#openWord(at + 1, bits);
      if (at < 0) return -1;
      clear = ~this.#words[at]! & bits;
    }
    const port = (at << 5) + lowestBit(clear);
    return port <= to ? port : -1;
  }

  /** As {@link firstClear} from `from` to `high`, and then from `low` (at `from`'s place in the step) up to `from`. */
  nextClear(from: number, low: number, high: number, step: number): number {
    const port = this.firstClear(from, high, step);
    return port >= 0 ? port : this.firstClear(low + ((from - low) % step), from - step, step);
  }

  /** As {@link firstClear}, of the ports that are in none of the first `count` of `sets`. */
  static firstClearOfAll(
    sets: readonly PortBitmap[],
    count: number,
    from: number,
    to: number,
    step: number,
  ): number {
    if (count === 1) return sets[0]!.firstClear(from, to, step);
    if (from > to) return -1;
    if (count === 0) return from;
    if (step > 2) return firstClearWalking(sets.slice(0, count), from, to, step);
    const bits = portsOf(from, step);
    let wanted = bits & (-1 << (from & 31));
    for (let at = from >>> 5; at <= to >>> 5; wanted = bits) {
      let clear = wanted;
      for (let i = 0; i < count; i++) clear &= ~sets[i]!.#words[at]!;
      if (clear !== 0) {
        const port = (at << 5) + lowestBit(clear);
        return port <= to ? port : -1;
      }
      at++;
      for (let i = 0; i < count; i++) {
        at = sets[i]!.#openWord(at, bits);
        if (at < 0) return -1;
      }
    }
    return -1;
  }

  /** Downward: the first of `from, from - 1 ... >= to` that is in none of the first `count` of `sets`, or -1. */
  static lastClearOfAll(sets: readonly PortBitmap[], count: number, from: number, to: number): number {
    if (from < to) return -1;
    let wanted = everyPort >>> (31 - (from & 31));
    for (let at = from >>> 5; at >= to >>> 5; wanted = everyPort) {
      let clear = wanted;
      for (let i = 0; i < count; i++) clear &= ~sets[i]!.#words[at]!;
      if (clear !== 0) {
        const port = (at << 5) + highestBit(clear);
        return port >= to ? port : -1;
      }
      at--;
      for (let i = 0; i < count; i++) at = sets[i]!.#openWordBelow(at);
    }
    return -1;
  }

  #firstClearWalking(from: number, to: number, step: number): number {
    for (let port = from; port <= to; port += step) if (!this.has(port)) return port;
    return -1;
  }

  /** The first word from `at` on in which one of `bits` is clear, or -1. */
  #openWord(at: number, bits: number): number {
    if (at >= wordCount) return -1;
    let summary = at >>> 5;
    let open = ~this.#full(summary, bits) & (-1 << (at & 31));
    if (open === 0) {
      summary = this.#openSummary(summary + 1, bits);
      if (summary < 0) return -1;
      open = ~this.#full(summary, bits);
    }
    return (summary << 5) + lowestBit(open);
  }

  /** The last word up to `at` that is not full, or -1. */
  #openWordBelow(at: number): number {
    if (at < 0) return -1;
    let summary = at >>> 5;
    let open = ~this.#full(summary, everyPort) & (everyPort >>> (31 - (at & 31)));
    while (open === 0) {
      if (--summary < 0) return -1;
      open = ~this.#full(summary, everyPort);
    }
    return (summary << 5) + highestBit(open);
  }

  #openSummary(summary: number, bits: number): number {
    if (summary >= summaryCount) return -1;
    let at = summary >>> 5;
    let open = ~this.#topFull(at, bits) & (-1 << (summary & 31));
    while (open === 0) {
      if (++at === 2) return -1;
      open = ~this.#topFull(at, bits);
    }
    return (at << 5) + lowestBit(open);
  }

  #full(summary: number, bits: number): number {
    if (bits === evenPorts) return this.#evenFull[summary]!;
    if (bits === oddPorts) return this.#oddFull[summary]!;
    return this.#evenFull[summary]! & this.#oddFull[summary]!;
  }

  #topFull(at: number, bits: number): number {
    if (bits === evenPorts) return this.#evenTop[at]!;
    if (bits === oddPorts) return this.#oddTop[at]!;
    return this.#evenTop[at]! & this.#oddTop[at]!;
  }
}

function firstClearWalking(sets: readonly PortBitmap[], from: number, to: number, step: number): number {
  for (let port = from; port <= to; port += step) if (!sets.some((set) => set.has(port))) return port;
  return -1;
}

/** Which bits of a word a walk by `step` from `from` meets. */
function portsOf(from: number, step: number): number {
  if (step === 1) return everyPort;
  return (from & 1) === 0 ? evenPorts : oddPorts;
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function highestBit(word: number): number {
  return 31 - Math.clz32(word);
}

function populationOf(word: number): number {
  let pairs = word - ((word >>> 1) & 0x55555555);
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
