import { defineConfig } from "vitest/config";

/** `unit` is pure and fast; `live` wants root, TUN devices, namespaces and real peers. */
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
          exclude: ["test/live/**"],
        },
      },
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
