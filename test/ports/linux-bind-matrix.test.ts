/** What the kernel answered when B asked for A's port, for every pair of addresses, options and devices. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import type { BindRequest } from "../../src/ports/binding.ts";
import { outcome, path, testHost } from "./support/host.ts";

const { cells } = JSON.parse(
  readFileSync(new URL("data/linux_bind_matrix.json", import.meta.url), "utf8"),
) as {
  cells: Record<string, string>;
};

const sockets = {
  "4any": { domain: 4, address: "0.0.0.0", v6Only: false },
  "4lo": { domain: 4, address: "127.0.0.1", v6Only: false },
  "4lo2": { domain: 4, address: "127.0.0.2", v6Only: false },
  "6any": { domain: 6, address: "::", v6Only: false },
  "6anyonly": { domain: 6, address: "::", v6Only: true },
  "6lo": { domain: 6, address: "::1", v6Only: false },
  m4any: { domain: 6, address: "0.0.0.0", v6Only: false },
  m4lo: { domain: 6, address: "127.0.0.1", v6Only: false },
} as const;

const devices: Record<string, number> = { "": 0, dv1: 11, dv2: 12 };

function requestOf(protocol: "tcp" | "udp", words: string): BindRequest {
  const [name, options, device = ""] = words.split(",");
  const socket = sockets[name as keyof typeof sockets];
  return {
    protocol,
    domain: socket.domain,
    address: address(socket.address),
    port: 5000,
    v6Only: socket.v6Only,
    reuseAddress: options!.includes("A"),
    reusePort: options!.includes("P"),
    device: devices[device]!,
  };
}

function answer(key: string): string {
  const [protocol, state, a, b] = key.split("|") as ["tcp" | "udp", string, string, string];
  const { manager } = testHost();
  const first = manager.reserve("A", requestOf(protocol, a));
  if (state === "listen") manager.listen(first);
  if (state === "conn" || state === "timewait") {
    const over6 = a.startsWith("6");
    manager.connect(first, over6 ? path("::1", "[::1]:4000") : path("127.0.0.1", "127.0.0.1:4000"));
  }
  if (state === "timewait") manager.hold(first, "A resting", 60_000, { timestamps: true });
  const second = manager.tryReserve("B", requestOf(protocol, b));
  if (typeof second === "string") return second;
  return protocol === "udp" ? "OK" : `OK/${outcome(() => manager.listen(second))}`;
}

describe("Linux's bind(2) answers as measured", () => {
  for (const state of ["tcp|bound", "tcp|listen", "tcp|conn", "tcp|timewait", "udp|bound"])
    test(`${state.replace("|", " socket ")} A, then B`, () => {
      const keys = Object.keys(cells).filter((key) => key.startsWith(`${state}|`));
      expect(keys.length).toBeGreaterThan(500);
      expect(Object.fromEntries(keys.map((key) => [key, answer(key)]))).toEqual(
        Object.fromEntries(keys.map((key) => [key, cells[key]])),
      );
    });
});
