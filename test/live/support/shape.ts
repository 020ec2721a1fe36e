/** What one can see of a stack's choices from outside: the shape of the ports it gives one socket after another. */
import { address } from "../../../src/base/address.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { TransportProtocol } from "../../../src/ports/binding.ts";
import { PortManager } from "../../../src/ports/port-manager.ts";
import type { Profile } from "../../../src/ports/profile.ts";

/** Ports of so many sockets in a row, to one port of the peer. */
export type AskPorts = (count: number, to: number) => Promise<number[]> | number[];

export interface Shape {
  readonly parity: "even" | "odd" | "either";
  /** From one port to the next, but for a jump or two: where a range ends, where Linux begins anew after ten seconds. */
  readonly step: "1" | "2 to 16, even" | "any";
  /** After choices for another destination: gone on by one for each of them, gone on as if there were none, or neither. */
  readonly meanwhile: "one counter for all" | "a counter for each" | "neither";
  readonly repeats: "next to none" | "many";
  readonly inRange: boolean;
}

const many = 40;
/** One more of them is odd, as no step of Linux is. */
const few = 12;

/** Asks for 40 ports to one destination, 12 to another, and one more to the first. */
export async function shapeOf([low, high]: readonly [number, number], ask: AskPorts): Promise<Shape> {
  const ports = await ask(many, 7);
  await ask(few, 8);
  const [after] = await ask(1, 7);
  const steps = ports.slice(1).map((port, i) => port - ports[i]!);
  const further = after! - ports.at(-1)!;
  const mostly = (fits: (step: number) => boolean): boolean => steps.filter(fits).length >= steps.length - 2;
  return {
    parity: ports.every((port) => port % 2 === 0)
      ? "even"
      : ports.every((port) => port % 2 === 1)
        ? "odd"
        : "either",
    step: mostly((step) => step === 1) ? "1" : mostly(isLinuxStep) ? "2 to 16, even" : "any",
    meanwhile:
      further === few + 1 ? "one counter for all" : isLinuxStep(further) ? "a counter for each" : "neither",
    repeats: new Set(ports).size >= many - 3 ? "next to none" : "many",
    inRange: [...ports, after!].every((port) => port >= low && port <= high),
  };
}

function isLinuxStep(step: number): boolean {
  return step >= 2 && step <= 16 && step % 2 === 0;
}

/** The same asked of a port manager with the profile. */
export function predicted(
  profile: Profile,
  protocol: TransportProtocol,
  call: "bind" | "connect",
  seed: number,
): Promise<Shape> {
  const manager = new PortManager<string>({ profile, random: seededRandom(seed), now: () => 0 });
  const request = { protocol, domain: 4, address: address("0.0.0.0"), port: 0 } as const;
  const source = address("10.9.0.2");
  const one = (to: number): number => {
    const path = { source, remote: { address: address("10.9.0.1"), port: to } };
    const binding = call === "bind" ? manager.reserve("", request) : manager.connectNew("", request, path);
    manager.release(binding);
    return binding.port;
  };
  return shapeOf(profile.range, (count, to) => Array.from({ length: count }, () => one(to)));
}
