import { describe, expect, test } from "vitest";
import { fuzzSeed, inputsOf } from "./inputs.ts";
import { storm } from "./storm.ts";

/** Mutants a host gets before the next host's turn. */
const perHost = 10_000;
const hosts = Math.ceil(inputsOf(0.3) / perHost);

describe("a host with an IP interface, amid mutants of its own traffic", () => {
  test.each(Array.from({ length: hosts }, (_, i) => i))("comes out whole: storm %i", (i) => {
    const drops = storm(`${fuzzSeed} ip ${i}`, { medium: "ip", offload: i % 4 === 3 }, perHost);
    if (process.env["SHOW"]) console.log(drops);
    expect(Object.keys(drops)).toEqual(expect.arrayContaining(["ipv4", "ipv6", "tcp", "udp", "icmp"]));
  });
});
