/** Linux asks nobody about a newcomer that is like the last who came by SO_REUSEPORT: each line measured on 6.18. */
import { describe, expect, test } from "vitest";
import type { BindRequest } from "../../src/ports/binding.ts";
import { outcome, path, request, testHost } from "./support/host.ts";

const shared: Partial<BindRequest> = { reusePort: true };
const v6Only: Partial<BindRequest> = { reusePort: true, v6Only: true };

test("a dual-stack :: joins an IPv6-only one beside an IPv4 listener", () => {
  const { manager } = testHost();
  manager.listen(manager.reserve("four", request("0.0.0.0:5000")));
  manager.reserve("six", request("[::]:5000", v6Only));
  expect(outcome(() => manager.reserve("both", request("[::]:5000", shared)))).toBe(5000);
});

test("an address of IPv4 does not, whether mapped or not", () => {
  const { manager } = testHost();
  manager.reserve("four", request("127.0.0.1:5000"));
  manager.reserve("six", request("[::]:5000", v6Only));
  for (const domain of [4, 6] as const)
    expect(outcome(() => manager.reserve("x", request("127.0.0.1:5000", { ...shared, domain })))).toBe(
      "EADDRINUSE",
    );
  expect(outcome(() => manager.reserve("x", request("127.0.0.2:5000", shared)))).toBe(5000);
});

test("what the last one has unset since does not matter, nor whether it is still there", () => {
  const { manager } = testHost();
  const first = manager.reserve("first", request("127.0.0.1:5000", shared));
  first.reusePort = false;
  const second = manager.reserve("second", request("127.0.0.1:5000", shared));
  manager.release(second);
  expect(outcome(() => manager.reserve("third", request("127.0.0.1:5000", shared)))).toBe(5000);
});

test("whoever comes without the option, or as another user, ends it or is not meant", () => {
  const { manager } = testHost();
  const first = manager.reserve("first", request("127.0.0.1:5000", shared));
  first.reusePort = false;
  expect(outcome(() => manager.reserve("x", request("127.0.0.1:5000", { ...shared, uid: 7 })))).toBe(
    "EADDRINUSE",
  );
  manager.reserve("plain", request("127.0.0.2:5000"));
  expect(outcome(() => manager.reserve("x", request("127.0.0.1:5000", shared)))).toBe("EADDRINUSE");
});

test("a port that is connect(2)'s again remembers nobody", () => {
  const { manager } = testHost();
  manager.range = [40_000, 40_000];
  manager.connectNew("flow", request("127.0.0.9:0"), path("127.0.0.9", "127.0.0.9:80"));
  const bound = manager.reserve("bound", request("127.0.0.1:40000", shared));
  manager.release(bound);
  expect(outcome(() => manager.reserve("x", request("127.0.0.9:40000", shared)))).toBe("EADDRINUSE");
});

describe("that a port was bound is forgotten, on a port that began with connect(2), when all were narrowed and one leaves", () => {
  const reuse: Partial<BindRequest> = { reuseAddress: true };
  const probe = path("127.0.0.9", "127.0.0.9:80");

  function story(began: "connect" | "bind", narrows: "narrowed" | "wildcard"): number | string {
    const { manager } = testHost();
    manager.range = [40_000, 40_000];
    const first =
      began === "connect"
        ? manager.connectNew("first", request("127.0.0.1:0", reuse), path("127.0.0.1", "127.0.0.1:80"))
        : manager.reserve("first", request("127.0.0.1:40000", reuse));
    const bound = manager.reserve("bound", request("0.0.0.0:40000", reuse));
    if (narrows === "narrowed") manager.connect(bound, path("127.0.0.2", "127.0.0.2:80"));
    manager.release(first);
    return outcome(() => manager.connectNew("probe", request("127.0.0.9:0"), probe));
  }

  test.each([
    ["connect", "narrowed", 40_000],
    ["connect", "wildcard", "EADDRNOTAVAIL"],
    ["bind", "narrowed", "EADDRNOTAVAIL"],
  ] as const)("began with %s, then %s: %s", (began, narrows, answer) => {
    expect(story(began, narrows)).toBe(answer);
  });
});
