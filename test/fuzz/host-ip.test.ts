import { describe, expect, test } from "vitest";
import { fuzzSeed, inputsOf } from "./inputs.ts";
import { replay, storm } from "./storm.ts";

/** Mutants a host gets before the next host's turn. */
const perHost = 10_000;
const hosts = Math.ceil(inputsOf(0.275) / perHost);

test("packets that once did harm do none", () => {
  replay({ medium: "ip" }, [
    // Echo requests of nothing but zeros: the reply's checksum did not hold.
    "450000270b2f000000019ba50a0000020a0000010800f7ff0000000000000000000000000000000000000000000000000000000000000000",
    "4500001c000000004001a6df0a0000020a0000010800f7ff00000000",
  ]);
});

describe("a host with an IP interface, amid mutants of its own traffic", () => {
  test.each(Array.from({ length: hosts }, (_, i) => i))("comes out whole: storm %i", (i) => {
    const drops = storm(`${fuzzSeed} ip ${i}`, { medium: "ip", offload: i % 4 === 3 }, perHost);
    if (process.env["SHOW"]) console.log(drops);
    expect(Object.keys(drops)).toEqual(expect.arrayContaining(["ipv4", "ipv6", "tcp", "udp", "icmp"]));
  });
});
