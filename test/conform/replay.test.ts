/** What was measured on Linux 6.18, asked of a whole host of ours in virtual time. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bindMatrixSuite, readBindMatrix } from "../../src/conform/bind-matrix.ts";
import { runSuites } from "../../src/conform/run.ts";
import type { VectorFile } from "../../src/conform/schema.ts";
import { selfBench } from "../../src/conform/self.ts";
import { readVectors } from "../../src/conform/vectors.ts";

function measured(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../ports/data/${name}`, import.meta.url), "utf8"));
}

/** How many pass, and what is said of the others. */
function outcome(vectors: Pick<VectorFile, "suites">): { passed: number; others: unknown[] } {
  const results = [...runSuites(vectors, { bench: selfBench() })];
  const others = results.filter(({ result }) => result !== "pass");
  return { passed: results.length - others.length, others };
}

describe("a host with Linux's profile answers as Linux did", () => {
  test("to 226 random histories of socket calls", { timeout: 120_000 }, () => {
    expect(outcome(readVectors(measured("oracle.json")))).toEqual({ passed: 226, others: [] });
  });

  test("to the 3040 cells of the bind matrix", { timeout: 120_000 }, () => {
    const suite = bindMatrixSuite(readBindMatrix(measured("linux_bind_matrix.json")));
    expect(outcome({ suites: [suite] })).toEqual({ passed: 3040, others: [] });
  });

  // A listener that had an IPv4 peer before cannot reset its IPv6 children: call 112, listen(2), finds no port (tcp_v6_connect).
  test("to a history in which a socket was an IPv4-mapped one for good", () => {
    expect(outcome(readVectors(measured("linux_mapped_for_good.json")))).toEqual({ passed: 1, others: [] });
  });
});
