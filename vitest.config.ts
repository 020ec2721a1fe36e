import { defineConfig } from "vitest/config";

/**
 * `unit` is pure and fast; `fuzz` is pure and long: hostile inputs by the million and networks by the hundred, as many as
 * FUZZ_INPUTS says; `live` wants root, TUN devices, namespaces and real peers.
 */
const long = ["test/fuzz/**/*.test.ts", "test/stack/lossy*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/live/**", ...long],
        },
      },
      { test: { name: "fuzz", include: long, testTimeout: 300_000 } },
      {
        test: {
          name: "live",
          include: ["test/live/**/*.test.ts"],
          globalSetup: ["test/live/support/setup.ts"],
          fileParallelism: false,
          pool: "forks",
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
    coverage: { provider: "v8", include: ["src/**/*.ts"] },
  },
});
