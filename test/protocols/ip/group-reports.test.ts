import { describe, expect, test } from "vitest";
import { type Address, address, formatAddress } from "../../../src/base/address.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { GroupReports } from "../../../src/protocols/ip/group-reports.ts";
import { FakeTimers } from "./support/timers.ts";

const one = address("239.0.0.1");
const two = address("239.0.0.2");

function machine(...members: Address[]): { timers: FakeTimers; said: string[]; reports: GroupReports } {
  const timers = new FakeTimers();
  const said: string[] = [];
  const reports = new GroupReports(timers, seededRandom(1), {
    report: (news, groups, version) => said.push(`${news} ${groups.map(formatAddress).join(" ")} ${version}`),
    members: () => members,
    isMember: (group) => members.includes(group),
  });
  return { timers, said, reports };
}

describe("membership reports", () => {
  test("tell of a join at once and once more within a second [RFC 3376 5.1]", () => {
    const { timers, said, reports } = machine(one);
    reports.joined(one, 0);
    expect(said).toEqual(["joined 239.0.0.1 current"]);
    expect(timers.next).toBeLessThan(1000);
    timers.advance(60_000);
    expect(said).toEqual(["joined 239.0.0.1 current", "joined 239.0.0.1 current"]);
  });

  test("tell of a leave twice, and forget a join that was to be repeated [RFC 3376 5.1]", () => {
    const { timers, said, reports } = machine();
    reports.joined(one, 0);
    reports.left(one, 0);
    timers.advance(60_000);
    expect(said).toEqual(["joined 239.0.0.1 current", "left 239.0.0.1 current", "left 239.0.0.1 current"]);
  });

  test("answer a general query with all groups in one, within its time [RFC 3376 5.2]", () => {
    const { timers, said, reports } = machine(one, two);
    reports.queried(undefined, 10_000, "current", 0);
    expect(said).toEqual([]);
    expect(timers.next).toBeLessThan(10_000);
    timers.advance(10_000);
    expect(said).toEqual(["member 239.0.0.1 239.0.0.2 current"]);
  });

  test("answer a query for one group, if it is ours [RFC 3376 5.2]", () => {
    const { timers, said, reports } = machine(one);
    reports.queried(two, 1000, "current", 0);
    reports.queried(one, 1000, "current", 0);
    reports.queried(one, 1000, "current", 0);
    timers.advance(1000);
    expect(said).toEqual(["member 239.0.0.1 current"]);
  });

  test("speak the older version for 260 s after an older query [RFC 3376 7.2.1] [RFC 3810 8.2.1]", () => {
    const { timers, said, reports } = machine(one, two);
    reports.queried(undefined, 1000, "older", 0);
    timers.advance(1000);
    expect(said.sort()).toEqual(["member 239.0.0.1 older", "member 239.0.0.2 older"]);
    said.length = 0;
    reports.left(one, 2000);
    timers.advance(257_000);
    expect(said).toEqual(["left 239.0.0.1 older"]);
    reports.joined(one, 260_000);
    expect(said[1]).toBe("joined 239.0.0.1 current");
  });

  test("are left to others who said it first, in the older version [RFC 2236 3]", () => {
    const { timers, said, reports } = machine(one, two);
    reports.queried(undefined, 1000, "older", 0);
    reports.reportedByOther(one);
    reports.reportedByOther(address("239.9.9.9"));
    timers.advance(1000);
    expect(said).toEqual(["member 239.0.0.2 older"]);
  });

  test("stop with the interface", () => {
    const { timers, said, reports } = machine(one);
    reports.queried(undefined, 1000, "current", 0);
    reports.stop();
    timers.advance(2000);
    expect(said).toEqual([]);
  });
});
