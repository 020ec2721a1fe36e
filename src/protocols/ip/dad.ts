/** Duplicate Address Detection (RFC 4862, section 5.4), with the loop detection of RFC 7527. */
import type { Address } from "../../base/address.ts";
import { sameBytes } from "../../base/bytes.ts";
import type { Random } from "../../base/random.ts";
import type { Instant } from "../../base/time/clock.ts";
import { AddressMap } from "./address-map.ts";
import type { TimerId, TimerOwner, Timers } from "./timers.ts";

/** DupAddrDetectTransmits (RFC 4862, section 5.1). */
const transmits = 1;
/** MAX_RTR_SOLICITATION_DELAY: nodes that start together do not speak together (section 5.4.2). */
const firstDelay = 1000;
/** RFC 7527, section 4.1: bytes of nonce. */
const nonceLength = 6;

export interface DadWorld {
  /** Sends a Neighbor Solicitation for `address` from the unspecified address. */
  probe(address: Address, nonce: Uint8Array): void;
  /** Nobody objected: the address is ours. */
  unique(address: Address): void;
  /** Somebody else has it, or tries to. */
  duplicate(address: Address): void;
}

interface Trial {
  readonly address: Address;
  readonly timer: TimerId;
  readonly nonce: Uint8Array;
  probes: number;
}

export class DuplicateAddressDetection implements TimerOwner {
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #world: DadWorld;
  readonly #trials: AddressMap<Trial>;
  readonly #byTimer: Map<TimerId, Trial> = new Map();
  /** RetransTimer, milliseconds. */
  retransmit = 1000;

  constructor(timers: Timers, random: Random, world: DadWorld) {
    this.#timers = timers;
    this.#random = random;
    this.#world = world;
    this.#trials = new AddressMap(random.uint32());
  }

  start(address: Address, now: Instant): void {
    if (this.#trials.get(address) !== undefined) return;
    const nonce = this.#random.bytes(new Uint8Array(nonceLength));
    const trial: Trial = { address, timer: this.#timers.add(this), nonce, probes: 0 };
    this.#trials.set(address, trial);
    this.#byTimer.set(trial.timer, trial);
    this.#timers.arm(trial.timer, now + this.#random.below(firstDelay));
  }

  /** The address was taken away, or is no longer in doubt. */
  stop(address: Address): void {
    const trial = this.#trials.get(address);
    if (trial === undefined) return;
    this.#trials.delete(address);
    this.#byTimer.delete(trial.timer);
    this.#timers.remove(trial.timer);
  }

  /** Somebody advertised the address, or solicits it for the same purpose (`nonce` as that message had it). */
  heard(address: Address, nonce: Uint8Array | undefined): void {
    const trial = this.#trials.get(address);
    if (trial === undefined) return;
    // Our own probe, come back by a loop in the network.
    if (nonce !== undefined && sameBytes(nonce, trial.nonce)) return;
    this.stop(address);
    this.#world.duplicate(address);
  }

  timerExpired(id: TimerId, now: Instant): void {
    const trial = this.#byTimer.get(id);
    if (trial === undefined) return;
    if (trial.probes < transmits) {
      trial.probes++;
      this.#timers.arm(id, now + this.retransmit);
      this.#world.probe(trial.address, trial.nonce);
      return;
    }
    this.stop(trial.address);
    this.#world.unique(trial.address);
  }

  clear(): void {
    for (const trial of [...this.#trials.values()]) this.stop(trial.address);
  }
}
