import { describe, expect, test } from "vitest";
import { address, formatAddress } from "../../../src/base/address.ts";
import { fillTransportChecksum, verifyTransportChecksum } from "../../../src/wire/checksums.ts";
import { emitIgmp, type IgmpMessage, igmpLength, parseIgmp } from "../../../src/wire/icmp/igmp.ts";
import { emitMld, type MldMessage, mldLength, parseMld } from "../../../src/wire/icmp/mld.ts";
import { protocols } from "../../../src/wire/protocols.ts";
import { header, Lab, packetTo } from "../support/lab.ts";

const group = address("239.1.2.3");
const group6 = address("ff05::123");

function igmp(message: IgmpMessage, to: string, from = "10.0.0.254"): Uint8Array {
  const bytes = new Uint8Array(igmpLength(message));
  emitIgmp(message, bytes, 0);
  return packetTo(to, bytes, { protocol: protocols.igmp, from, hopLimit: 1 });
}

function mld(message: MldMessage, to: string, from = "fe80::fe", hopLimit = 1): Uint8Array {
  const bytes = new Uint8Array(mldLength(message));
  emitMld(message, bytes, 0);
  fillTransportChecksum(protocols.icmpv6, address(from), address(to), bytes, 0, bytes.length);
  return packetTo(to, bytes, { nextHeader: protocols.icmpv6, from, hopLimit });
}

/** What was reported since the last call, and to whom. */
function reports({ link }: Lab): unknown[] {
  return link.take().map((bytes) => {
    const { destination, source, payload, hopLimit } = header(bytes);
    expect(hopLimit).toBe(1);
    const to = formatAddress(destination);
    if (bytes[0]! >>> 4 === 4) {
      expect([...bytes.subarray(20, 24)]).toEqual([148, 4, 0, 0]);
      expect(verifyTransportChecksum(2, source, destination, payload, 0, payload.length)).toBeUndefined();
      return { to, ...(parseIgmp(payload, 0, payload.length) as object) };
    }
    expect([...payload.subarray(0, 8)]).toEqual([58, 0, 5, 2, 0, 0, 1, 0]);
    expect(verifyTransportChecksum(58, source, destination, payload, 8, payload.length)).toBeUndefined();
    return { to, ...(parseMld(payload, 8, payload.length) as object) };
  });
}

function pass(tested: Lab, milliseconds: number): void {
  tested.clock.advanceTo(tested.clock.now() + milliseconds);
}

describe("group membership", () => {
  test("is reported when a group is joined, and when it is left [RFC 3376 5.1] [RFC 3810 6.1]", () => {
    const tested = new Lab();
    tested.host.joinGroup(group, 2);
    tested.host.joinGroup(group, 2);
    const joined = { to: "224.0.0.22", kind: "report-v3", records: [{ type: 4, group, sources: [] }] };
    expect(reports(tested)).toEqual([joined]);
    pass(tested, 1000);
    expect(reports(tested)).toEqual([joined]);
    tested.host.leaveGroup(group, 2);
    expect(reports(tested)).toEqual([]);
    tested.host.leaveGroup(group, 2);
    expect(reports(tested)).toMatchObject([{ records: [{ type: 3, group }] }]);
    tested.host.joinGroup(group6, 2);
    expect(reports(tested)).toMatchObject([
      { to: "ff02::16", kind: "report-v2", records: [{ type: 4, group: group6 }] },
    ]);
  });

  test("is told to a router that asks, within its time [RFC 3376 5.2] [RFC 3810 6.2]", () => {
    const tested = new Lab();
    tested.host.joinGroup(group, 2);
    tested.host.joinGroup(group6, 2);
    pass(tested, 1000);
    reports(tested);
    const query = { suppress: false, robustness: 2, interval: 125, sources: [], maximumResponse: 5000 };
    tested.link.deliver(igmp({ kind: "query-v3", group: address("0.0.0.0"), ...query }, "224.0.0.1"));
    tested.link.deliver(mld({ kind: "query-v2", group: address("::"), ...query }, "ff02::1"));
    expect(reports(tested)).toEqual([]);
    pass(tested, 5000);
    const told = reports(tested) as { to: string; records: unknown[] }[];
    expect(told.sort((a, b) => a.to.localeCompare(b.to))).toMatchObject([
      { to: "224.0.0.22", records: [{ type: 2, group }] },
      { to: "ff02::16", records: [{ type: 2, group: group6 }] },
    ]);
  });

  test("is spoken of in the older version where an older router asks [RFC 2236 3] [RFC 2710 4]", () => {
    const tested = new Lab();
    tested.host.joinGroup(group, 2);
    tested.host.joinGroup(group6, 2);
    pass(tested, 1000);
    reports(tested);
    tested.link.deliver(
      igmp({ kind: "query", version: 2, maximumResponse: 1000, group: address("0.0.0.0") }, "224.0.0.1"),
    );
    tested.link.deliver(mld({ kind: "query", maximumResponse: 1000, group: group6 }, "ff05::123"));
    pass(tested, 1000);
    const told = reports(tested) as { to: string }[];
    expect(told.sort((a, b) => a.to.localeCompare(b.to))).toMatchObject([
      { to: "239.1.2.3", kind: "report", version: 2, group },
      { to: "ff05::123", kind: "report", group: group6 },
    ]);
    tested.host.leaveGroup(group, 2);
    tested.host.leaveGroup(group6, 2);
    pass(tested, 2000);
    expect(reports(tested)).toMatchObject([
      { to: "224.0.0.2", kind: "leave", group },
      { to: "ff02::2", kind: "done", group: group6 },
    ]);
  });

  test("is left to others who report first, in the older version [RFC 2236 3]", () => {
    const tested = new Lab();
    tested.host.joinGroup(group, 2);
    pass(tested, 1000);
    reports(tested);
    tested.link.deliver(igmp({ kind: "query", version: 2, maximumResponse: 1000, group }, "239.1.2.3"));
    tested.link.deliver(igmp({ kind: "report", version: 2, group }, "239.1.2.3", "10.0.0.9"));
    pass(tested, 2000);
    expect(reports(tested)).toEqual([]);
  });

  test.each<[string, Uint8Array, string, string]>([
    [
      "an MLD query from afar",
      mld({ kind: "query", maximumResponse: 0, group: group6 }, "ff02::1", "fe80::1", 2),
      "icmpv6",
      "mld-from-afar",
    ],
    [
      "an MLD query not from the link",
      mld({ kind: "query", maximumResponse: 0, group: group6 }, "ff02::1", "fd00::2"),
      "icmpv6",
      "mld-not-from-link",
    ],
    [
      "an IGMP message cut short",
      packetTo("224.0.0.1", [0xee, 0xff, 0x11], { protocol: protocols.igmp }),
      "igmp",
      "truncated",
    ],
  ])("pays no heed to %s", (_, bytes, layer, reason) => {
    const tested = new Lab();
    tested.link.deliver(bytes);
    expect(tested.host.drops.of(layer, reason)).toBe(1);
  });

  test("is not reported for what everybody is in", () => {
    const tested = new Lab();
    for (const one of ["224.0.0.1", "ff02::1", "ff01::5"]) tested.host.joinGroup(address(one), 2);
    expect(reports(tested)).toEqual([]);
  });

  test("is refused for what is no group, and where there is no interface", () => {
    const { host } = new Lab();
    expect(() => host.joinGroup(address("10.0.0.9"), 2)).toThrow("EINVAL");
    expect(() => host.joinGroup(group, 9)).toThrow("ENODEV");
    host.leaveGroup(group, 9);
    host.leaveGroup(group, 2);
  });

  test("has a limit", () => {
    const { host } = new Lab();
    const join = (): void => {
      for (let i = 0; i < 2000; i++) host.joinGroup({ ...group, w3: (group.w3 + i) | 0 }, 2);
    };
    expect(join).toThrow("ENOBUFS");
  });
});
