import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { algorithmNames, type RfcAlgorithm } from "../../../src/cli/profile-names.ts";
import { profileOf } from "../../../src/cli/profiles.ts";
import type { Explanation } from "../../../src/ports/choice/explain.ts";
import { explanationText } from "../../../src/ports/insight/explanation-text.ts";
import { PortManager } from "../../../src/ports/port-manager.ts";

const source = address("10.0.0.1");
const remote = { address: address("10.0.0.2"), port: 7 };
const request = { protocol: "tcp", domain: 4, address: source, port: 0, privileged: true } as const;

function setup(algorithm: RfcAlgorithm, range: readonly [number, number] = [100, 107]) {
  let now = 0;
  const ports = new PortManager<string>({
    profile: profileOf({ profile: "iana", algorithm, range }),
    random: seededRandom(1),
    now: () => now,
  });
  return {
    ports,
    connect: () => ports.connectNew("us", request, { source, remote }),
    why: () => explanationText(ports.explain(request, { source, remote }), now),
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

describe("why a port was chosen", () => {
  test("says where the search began", () => {
    expect(setup("sequential").why()).toBe("sequential from 100");
  });

  test("names each port passed over and what was in its way, neighbours together", () => {
    const { ports, connect, why, pass } = setup("sequential");
    const connections = [
      connect(),
      connect(),
      connect(),
      connect(),
      connect(),
      connect(),
      connect(),
      connect(),
    ];
    for (const held of connections.slice(0, 3)) ports.hold(held, "rest", 240_000);
    ports.release(connections[4]!);
    pass(1500);
    expect(why()).toBe(
      "sequential from 100, 100-102 in TIME-WAIT for 3 min 58 s, 103 connected to 10.0.0.2:7",
    );
  });

  test("names what comes around apart", () => {
    const { ports, why, connect } = setup("sequential");
    for (const port of [106, 107, 100]) ports.reserve("other", { ...request, port });
    for (const port of [101, 102, 103, 104, 105]) expect(connect().port).toBe(port);
    expect(why()).toContain("106-107 and 100 bound");
  });

  test("counts what was drawn here and there", () => {
    const { ports, why } = setup("random-retry");
    for (let port = 100; port < 108; port++) ports.reserve("other", { ...request, port });
    expect(why()).toMatch(/^random-retry, 8 of 10\d-10\d bound$/);
  });

  test("names reserved, listening and bound ports as what they are", () => {
    const { ports, why } = setup("sequential");
    ports.reserved = [[100, 100]];
    ports.listen(ports.reserve("web", { ...request, port: 101 }));
    ports.reserve("other", { ...request, port: 102 });
    expect(why()).toBe("sequential from 100, 100 reserved, 101 listening, 102 bound");
  });

  test("counts what would be too much to list", () => {
    const { ports, why } = setup("sequential", [100, 199]);
    for (let port = 100; port < 120; port++)
      ports.connect(ports.reserve("us", { ...request, port }), { source, remote: { ...remote, port } });
    const text = why();
    expect(text).toContain("connected to 10.0.0.2:103");
    expect(text).toContain("16 more passed over");
  });

  test.each(algorithmNames)("is told in a line for %s, chosen or refused", (algorithm) => {
    const { ports, connect } = setup(algorithm);
    const told: string[] = [];
    ports.onChoice = (explanation: Explanation<string>) => told.push(explanationText(explanation, 0));
    for (let i = 0; i < 8; i++) connect();
    expect(connect).toThrow(expect.objectContaining({ code: "EADDRNOTAVAIL" }));
    expect(told.length).toBe(9);
    expect(told.filter((text) => text.includes("\n") || !text.startsWith(algorithm))).toEqual([]);
    expect(told.at(-1)).toContain("connected to 10.0.0.2:7");
  });
});
