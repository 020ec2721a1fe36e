import { describe, expect, test } from "vitest";
import type { Explanation } from "../../../src/ports/choice/explain.ts";
import { withSelection } from "../../../src/ports/profile.ts";
import { iana } from "../../../src/ports/profiles/iana.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { randomIncrements } from "../../../src/ports/selection/rfc6056/random-increments.ts";
import { outcome, path, request, testHost } from "../support/host.ts";

const web = path("192.0.2.1", "198.51.100.1:80");
const connecting = request("0.0.0.0:0");

/** Each port passed over, with its obstacle in a word. */
function words({ passedOver }: Explanation<string>): [number, string][] {
  return passedOver.map(({ port, obstacle }) => [
    port,
    obstacle.kind === "conflict" ? obstacle.reason : obstacle.kind,
  ]);
}

describe("an explanation", () => {
  test("tells range, start, step and what stood in the way at each port", () => {
    const host = testHost(iana);
    const { manager } = host;
    manager.range = [50000, 50005];
    manager.reserved = [[50000, 50000]];
    manager.reserve("listener", request("0.0.0.0:50001"));
    const resting = manager.connectNew("resting", connecting, web);
    manager.hold(resting, "resting", 1000);
    manager.connectNew("busy", connecting, web);
    manager.range = [50000, 50004];
    manager.release(manager.connectNew("cursor", connecting, web));
    const explanation = manager.explain(connecting, web);
    expect(explanation).toMatchObject({ protocol: "tcp", selection: "sequential", range: [50000, 50004] });
    expect(explanation.runs).toEqual([{ from: 50000, to: 50004, step: 1, relaxed: false }]);
    expect(words(explanation)).toEqual([
      [50000, "reserved"],
      [50001, "bound"],
      [50002, "resting"],
      [50003, "five-tuple"],
    ]);
    expect(explanation).toMatchObject({ passedOverCount: 4, port: 50004 });
    const [, bound] = explanation.passedOver;
    expect(bound!.obstacle).toMatchObject({ kind: "conflict", binding: { owner: "listener" } });
  });

  test("foretells every choice, however it is made, and changes none", () => {
    const alg5 = (random: Parameters<typeof randomIncrements>[0]): ReturnType<typeof randomIncrements> =>
      randomIncrements(random);
    const profile = {
      ...linux,
      protocols: { ...linux.protocols, udplite: withSelection(linux.protocols.udp, alg5) },
    };
    const [told, silent] = [testHost(profile, 8), testHost(profile, 8)];
    for (let i = 0; i < 60; i++)
      for (const protocol of ["tcp", "udp", "sctp", "udplite"] as const) {
        const bind = request("0.0.0.0:0", { protocol });
        const foretold = told.manager.explain(bind).port;
        told.manager.explain({ ...bind, reuseAddress: true });
        told.manager.explain(bind, web);
        expect(told.manager.reserve("x", bind).port).toBe(foretold);
        expect(silent.manager.reserve("x", bind).port).toBe(foretold);
      }
  });

  test("of a full range names no port, and counts what it does not list", () => {
    const { manager } = testHost(iana);
    manager.range = [50000, 51999];
    for (let port = 50000; port <= 51999; port++) manager.reserve("x", request(`0.0.0.0:${port}`));
    const { port, passedOver, passedOverCount } = manager.explain(request("0.0.0.0:0"));
    expect([port, passedOver.length, passedOverCount]).toEqual([undefined, 1000, 2000]);
  });

  test("shows the passes of ip_autobind_reuse apart", () => {
    const { manager } = testHost(linux);
    manager.range = [40000, 40000];
    manager.settings.autobindReuse = true;
    const sharing = request("0.0.0.0:0", { reuseAddress: true });
    manager.reserve("x", sharing);
    const { runs, port } = manager.explain(sharing);
    expect(new Set(runs.map(({ relaxed }) => relaxed))).toEqual(new Set([false, true]));
    expect(port).toBe(40000);
  });

  test("of a named port says who has it, or that it needs privilege", () => {
    const { manager } = testHost(linux);
    manager.reserve("holder", request("0.0.0.0:5000", { uid: 1, reusePort: true }));
    const taken = manager.explain(request("0.0.0.0:5000", { uid: 2, reusePort: true }));
    expect(taken.selection).toBe("named");
    expect(words(taken)).toEqual([[5000, "user"]]);
    expect(words(manager.explain(request("0.0.0.0:80", { privileged: false })))).toEqual([[80, "privilege"]]);
    expect(manager.explain(request("0.0.0.0:5001"))).toMatchObject({ port: 5001, passedOverCount: 0 });
    expect(manager.explain(request("192.0.2.1:5000"))).toMatchObject({ port: undefined });
  });

  test("is given before each choice to whoever asked to be told", () => {
    const { manager } = testHost(linux);
    manager.reserve("before", request("0.0.0.0:0"));
    const told: (number | undefined)[] = [];
    manager.onChoice = ({ port }) => told.push(port);
    expect(manager.onChoice).toBeDefined();
    const made = [
      outcome(() => manager.reserve("x", request("0.0.0.0:0"))),
      outcome(() => manager.connectNew("y", connecting, web)),
      outcome(() => manager.reserve("z", request("0.0.0.0:0", { protocol: "udp" }))),
    ];
    expect(told).toEqual(made);
    manager.onChoice = undefined;
    manager.reserve("after", request("0.0.0.0:0"));
    expect(told.length).toBe(3);
  });
});
