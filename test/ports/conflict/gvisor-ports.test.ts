/** gVisor's isAvailable written out as pkg/tcpip/ports/ports.go has it, maps in maps, beside our rules: same answers. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Address, address, formatAddress, isUnspecified, isV4 } from "../../../src/base/address.ts";
import type { Binding, BindRequest } from "../../../src/ports/binding.ts";
import { gvisor } from "../../../src/ports/profiles/gvisor.ts";
import { testHost } from "../support/host.ts";

const mostRecent = 1;
const loadBalanced = 2;
const tupleOnly = 4;
const flagMask = 7;

interface Reservation {
  readonly networks: readonly (4 | 6)[];
  readonly transport: "tcp" | "udp";
  /** "" for any. */
  readonly addr: string;
  readonly flags: number;
  readonly device: number;
  /** "" for any. */
  readonly dest: string;
}

/** Flags of all reservations for a destination. */
type DestToCounter = Map<string, number[]>;
type DeviceToDest = Map<number, DestToCounter>;
type AddrToDevice = Map<string, DeviceToDest>;

function intersectionFlags(dests: DestToCounter, { dest }: Reservation): [flags: number, count: number] {
  let intersection = flagMask;
  let count = 0;
  for (const [held, counter] of dests) {
    const shared = counter.reduce((all, flags) => all & flags, flagMask);
    if (held === dest) {
      intersection &= shared;
      count++;
    } else if (held === "" || dest === "") {
      intersection &= (flagMask & ~tupleOnly) | shared;
      count++;
    }
  }
  return [intersection, count];
}

function deviceAvailable(devices: DeviceToDest, wanted: Reservation): boolean {
  const chosen = wanted.device === 0 ? [...devices.values()] : [devices.get(0), devices.get(wanted.device)];
  let intersection = flagMask;
  for (const dests of chosen) {
    if (dests === undefined) continue;
    const [flags, count] = intersectionFlags(dests, wanted);
    if (count === 0) continue;
    intersection &= flags;
    if ((intersection & wanted.flags) === 0) return false;
  }
  return true;
}

function addressAvailable(addresses: AddrToDevice, wanted: Reservation): boolean {
  const asked = wanted.addr === "" ? [...addresses.keys()] : ["", wanted.addr];
  return asked.every((addr) => {
    const devices = addresses.get(addr);
    return devices === undefined || deviceAvailable(devices, wanted);
  });
}

/** The reservations of one port. */
class OnePort {
  readonly #allocated = new Map<string, AddrToDevice>();

  reserve(wanted: Reservation): boolean {
    const descriptors = wanted.networks.map((network) => `${network} ${wanted.transport}`);
    for (const descriptor of descriptors) {
      const addresses = this.#allocated.get(descriptor);
      if (addresses !== undefined && !addressAvailable(addresses, wanted)) return false;
    }
    for (const descriptor of descriptors) this.#counter(descriptor, wanted).push(wanted.flags);
    return true;
  }

  release(held: Reservation): void {
    for (const network of held.networks) {
      const descriptor = `${network} ${held.transport}`;
      const counter = this.#counter(descriptor, held);
      counter.splice(counter.indexOf(held.flags), 1);
      if (counter.length > 0) continue;
      const dests = this.#allocated.get(descriptor)!.get(held.addr)!.get(held.device)!;
      dests.delete(held.dest);
    }
  }

  #counter(descriptor: string, { addr, device, dest }: Reservation): number[] {
    const addresses = gotten(this.#allocated, descriptor, (): AddrToDevice => new Map());
    const devices = gotten(addresses, addr, (): DeviceToDest => new Map());
    const dests = gotten(devices, device, (): DestToCounter => new Map());
    return gotten(dests, dest, () => []);
  }
}

function gotten<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  if (!map.has(key)) map.set(key, make());
  return map.get(key)!;
}

const port = 20_000;
const locals = ["0.0.0.0", "192.0.2.1", "192.0.2.2", "::", "2001:db8::1"].map(address);

const wish = fc.record({
  local: fc.nat(locals.length - 1),
  reuseAddress: fc.boolean(),
  reusePort: fc.boolean(),
  v6Only: fc.boolean(),
  device: fc.constantFrom(0, 0, 1, 2),
  /** To the how-many-eth destination connect() goes, each asked for but once; or bind(). */
  connects: fc.boolean(),
  release: fc.option(fc.nat(20), { freq: 4 }),
});

function networksOf(local: Address, v6Only: boolean): (4 | 6)[] {
  if (isV4(local)) return [4];
  return isUnspecified(local) && !v6Only ? [4, 6] : [6];
}

for (const transport of ["tcp", "udp"] as const)
  test(`${transport}: any history of reservations on one port`, () => {
    fc.assert(
      fc.property(fc.array(wish, { minLength: 2, maxLength: 30 }), (wishes) => {
        const { manager } = testHost(gvisor);
        manager.range = [port, port];
        const model = new OnePort();
        const held: [Binding<string>, Reservation][] = [];
        for (const [turn, one] of wishes.entries()) {
          const gone = one.release === null ? undefined : held.splice(one.release, 1)[0];
          if (gone !== undefined) {
            manager.release(gone[0]);
            model.release(gone[1]);
          }
          const local = locals[one.local]!;
          const connects = one.connects && transport === "tcp" && !isUnspecified(local);
          const remote = { address: address(isV4(local) ? "198.51.100.1" : "2001:db8::99"), port: 1 + turn };
          const wanted: Reservation = {
            networks: networksOf(local, one.v6Only),
            transport,
            addr: isUnspecified(local) ? "" : formatAddress(local),
            flags:
              (one.reusePort ? loadBalanced : 0) |
              (one.reuseAddress ? (transport === "tcp" ? tupleOnly : mostRecent) : 0),
            device: one.device,
            dest: connects ? `${formatAddress(remote.address)} ${remote.port}` : "",
          };
          const request: BindRequest = {
            ...one,
            protocol: transport,
            domain: isV4(local) ? 4 : 6,
            address: local,
            port: connects ? 0 : port,
          };
          const got = connects
            ? manager.tryConnectNew("", request, { source: local, remote })
            : manager.tryReserve("", request);
          const available = model.reserve(wanted);
          expect(typeof got !== "string", `${turn}: ${JSON.stringify(wanted)}`).toBe(available);
          if (typeof got !== "string") held.push([got, wanted]);
        }
      }),
      { numRuns: 400 },
    );
  });
