import { defineConfig } from "vitest/config";

/** What is shown to the world: run as the world runs it, in processes of its own. */
const shown = ["test/documents.test.ts", "test/examples.test.ts", "test/package.test.ts"];
/** Pure and long: hostile inputs by the million and networks by the hundred; FUZZ_INPUTS and LOSSY_SEEDS say how many. */
const long = ["test/fuzz/**/*.test.ts", "test/stack/lossy*.test.ts"];

/**
 * `unit` is pure and fast; `shown` runs what the documents, the examples and the package promise; `fuzz` is pure and long;
 * `live` wants root, TUN devices, namespaces and real peers.
 */
export default defineConfig({
  test: {
    projects: [
      {
        // Benchmarks measure the build; their test runs the sources.
        resolve: {
          alias: [{ find: /^\.\.\/dist\/(.+)\.js$/, replacement: `${import.meta.dirname}/src/$1.ts` }],
        },
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/live/**", ...shown, ...long],
          // Never reached but by what hangs: a machine may be busy.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "shown",
          include: shown,
          testTimeout: 60_000,
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
