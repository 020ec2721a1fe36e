/** Every kind of suite is run, and what is wrong is found. */
import { describe, expect, test } from "vitest";
import type { TestBench } from "../../src/conform/device.ts";
import { runSuites } from "../../src/conform/run.ts";
import { selfBench } from "../../src/conform/self.ts";
import { readVectors } from "../../src/conform/vectors.ts";

interface Told {
  readonly kind: string;
  readonly models: readonly string[];
  readonly cases: readonly object[];
  readonly env?: object;
}

/** What is said of each case, `pass` where all is well. */
function said(told: Told, bench: TestBench = selfBench()): string[] {
  const suite = { id: "s", source: "here", ...told };
  const named = { ...suite, cases: told.cases.map((one, at) => ({ name: `case ${at}`, ...one })) };
  const vectors = readVectors({ schema_version: 1, suites: [named] });
  return [...runSuites(vectors, { bench, tries: 1 })].map(({ result, why = "" }) =>
    `${result} ${why}`.trim(),
  );
}

const reserve = {
  op: "reserve",
  transport: "fake(1)",
  networks: ["ipv4"],
  addr: "8.8.8.8",
  port: 80,
  flags: [] as string[],
  device: 0,
  dest: null as object | null,
};

function reservations(...ops: readonly object[]): string[] {
  return said({
    kind: "reservation",
    models: ["gvisor"],
    cases: [{ ops }],
    env: { ephemeral_range: [16_000, 16_001] },
  });
}

describe("reservation", () => {
  test("a port is in use until it is released, by all that it was reserved with", () => {
    const again = { ...reserve, expect: "ErrPortInUse" };
    const other = { ...reserve, op: "release", device: 3 };
    const release = { ...reserve, op: "release" };
    const ops = [{ ...reserve, expect: "OK" }, again, other, again, release, { ...reserve, expect: "OK" }];
    expect(reservations(...ops)).toEqual(["pass"]);
    expect(reservations({ ...reserve, expect: "OK" }, { ...reserve, expect: "OK" })).toEqual([
      "fail op 1 reserve fake(1) ipv4 8.8.8.8:80  device 0: EADDRINUSE, not OK",
    ]);
  });

  test("a port that is named for one destination leaves it to others", () => {
    const to = (addr: string) => ({ ...reserve, dest: { addr, port: 443 } });
    const ops = [
      { ...to("192.0.2.1"), expect: "OK" },
      { ...to("192.0.2.2"), expect: "OK" },
      { ...to("192.0.2.1"), expect: "ErrPortInUse" },
    ];
    expect(reservations(...ops)).toEqual(["pass"]);
  });

  test("ports are chosen from the range, as long as there are any", () => {
    const chosen = { ...reserve, port: 0, expect: "OK", expect_port_min: 16_000 };
    expect(reservations(chosen, chosen, { ...chosen, expect: "ErrNoPortAvailable" })).toEqual(["pass"]);
    expect(reservations({ ...chosen, expect_port_min: 16_002 })[0]).toMatch(/^fail .* the port is 1600[01]$/);
  });
});

describe("demux", () => {
  const bound = {
    op: "bind_endpoint",
    network: "ipv4",
    transport: "udp",
    addr: "$LOCAL",
    port: "$P",
    flags: ["LoadBalanced"],
    device: 0,
    expect: "OK",
  };
  const inject = {
    op: "inject",
    network: "ipv4",
    device: 1,
    packets: 4000,
    distinct_source_ports: 1000,
    expect_distribution: [0.25, 0.25, 0.25, 0.25],
    expect_same_source_port_same_endpoint: true,
  };

  function demuxed(ops: readonly object[], more: object = {}): string[] {
    return said({ kind: "demux", models: ["gvisor"], cases: [{ ops, ...more }] });
  }

  test("a group shares packets out evenly, each source port to one member", () => {
    expect(demuxed([bound, bound, bound, bound, inject])).toEqual(["pass"]);
    expect(demuxed([bound, bound, inject])[0]).toMatch(
      /^fail op 2 inject: shares are 0\.[45]\d+, 0\.[45]\d+$/,
    );
  });

  test("the newest of those that are so marked gets all", () => {
    const newest = { ...bound, flags: ["MostRecent"] };
    expect(demuxed([newest, newest, { ...inject, expect_distribution: [0, 1] }])).toEqual(["pass"]);
    expect(demuxed([newest, newest, { ...inject, expect_distribution: [1, 0] }])[0]).toContain(
      "shares are 0.000",
    );
  });

  test("whoever is bound to the packet's device gets it", () => {
    const ops = [
      { ...bound, device: 1 },
      { ...bound, device: 2 },
      bound,
      { ...inject, expect_distribution: [1, 0, 0] },
    ];
    expect(demuxed(ops)).toEqual(["pass"]);
  });

  test("networks that the stack has not are unknown", () => {
    const register = { op: "register", networks: ["ipv6"], transport: "udp", id: {}, flags: [], device: 0 };
    const known = { stack_networks: ["ipv4"] };
    expect(demuxed([{ ...register, expect: "ErrUnknownProtocol" }], known)).toEqual(["pass"]);
    expect(demuxed([{ ...register, expect: "OK" }], known)).toEqual([
      "fail op 0 register: ErrUnknownProtocol, not OK",
    ]);
  });
});

describe("pick", () => {
  function picked(tester: object | string, expected: object): string[] {
    return said({
      kind: "pick",
      models: ["gvisor"],
      cases: [{ range: [32_000, 32_999], tester, ...expected }],
    });
  }

  test("the one port that suits is found, wherever it lies", () => {
    expect(picked({ kind: "equals", port: 32_042 }, { expect: "OK", expect_port: 32_042 })).toEqual(["pass"]);
    expect(picked({ kind: "equals", port: 32_042 }, { expect: "OK", expect_port: 32_043 })).toEqual([
      "fail picked 32042",
    ]);
  });

  test("none suits: that is said", () => {
    expect(picked({ kind: "never" }, { expect: "ErrNoPortAvailable" })).toEqual(["pass"]);
    expect(picked({ kind: "less_than", port: 32_000 }, { expect: "ErrNoPortAvailable" })).toEqual(["pass"]);
    expect(picked({ kind: "less_than", port: 32_001 }, { expect: "OK", expect_port: 32_000 })).toEqual([
      "pass",
    ]);
  });

  test("a tester may be spelled shorter", () => {
    expect(picked("never", { expect: "ErrNoPortAvailable" })).toEqual(["pass"]);
    expect(picked({ equals: 32_042 }, { expect: "OK", expect_port: 32_042 })).toEqual(["pass"]);
    expect(picked({ less_than: 32_000 }, { expect: "ErrNoPortAvailable" })).toEqual(["pass"]);
  });

  test("the tester's own error comes through at once", () => {
    expect(picked({ kind: "error" }, { expect: "ErrBadBuffer" })).toEqual(["pass"]);
  });
});

describe("bind_pair", () => {
  const one = { opt: "default", addr: "wildcard" };
  const cases = [{ table: "xp_and_earlier", first: one, second: one, expect: "WSAEADDRINUSE" }];

  test("Winsock's names are known", () => {
    expect(said({ kind: "bind_pair", models: ["windows"], cases })).toEqual(["pass"]);
  });

  test("another answer is found", () => {
    const [wrong] = said({ kind: "bind_pair", models: ["windows"], cases: [{ ...cases[0], expect: "OK" }] });
    expect(wrong).toMatch(/^fail .* not OK$/);
  });
});

describe("what cannot be run is said", () => {
  test("a property in prose", () => {
    const [why] = said({ kind: "property", models: ["linux"], cases: [{ property: "ports are unique" }] });
    expect(why).toMatch(/^skip a property in prose/);
  });

  test("a model without a profile", () => {
    expect(said({ kind: "sockops", models: ["plan9"], cases: [{ ops: [] }] })).toEqual([
      "skip no profile for plan9",
    ]);
  });
});

describe("sockets with ports and nothing else", () => {
  const sctp = (id: string) => ({ op: "socket", id, family: "inet", type: "stream", proto: "sctp" });
  const bind = (id: string, port: number, expect: string) => ({
    op: "bind",
    id,
    addr: "127.0.0.1",
    port,
    expect,
  });
  const run = (...ops: readonly object[]): string[] =>
    said({ kind: "sockops", models: ["linux"], cases: [{ ops }] });

  test("SCTP ports are SCTP's own, with Linux's rules for them", () => {
    const tcp = { op: "socket", id: "t", family: "inet", type: "stream" };
    const listen = { op: "listen", id: "a", backlog: 1, expect: "OK" };
    expect(
      run(
        tcp,
        bind("t", 5000, "OK"),
        sctp("a"),
        bind("a", 5000, "OK"),
        listen,
        sctp("b"),
        bind("b", 5000, "EADDRINUSE"),
      ),
    ).toEqual(["pass"]);
    expect(
      run(sctp("a"), { ...listen }, { op: "getsockname", id: "a", expect_port_range: [32_768, 60_999] }),
    ).toEqual(["pass"]);
    expect(run(sctp("a"), { ...bind("a", 5000, "EADDRNOTAVAIL"), addr: "192.0.2.77" })).toEqual(["pass"]);
  });

  test("a connection of theirs is nothing that can be asked for", () => {
    const [why] = run(sctp("a"), { op: "connect", id: "a", addr: "127.0.0.1", port: 9, expect: "OK" });
    expect(why).toBe("skip protocol 132 has ports here, and no packets");
  });
});

test("groups choose by what a SYN or a datagram carries", () => {
  for (const type of ["dgram", "stream"]) {
    const ids = ["a", "b", "c"];
    const members = ids.flatMap((id, at) => [
      { op: "socket", id, family: "inet", type },
      { op: "setopt", id, opt: "SO_REUSEPORT", value: 1 },
      { op: "bind", id, addr: "0.0.0.0", port: 8000, expect: "OK" },
      ...(at > 0
        ? []
        : [{ op: "attach_reuseport_selector", id, kind: "cbpf", selector: "payload % 3", expect: "OK" }]),
      ...(type === "dgram" ? [] : [{ op: "listen", id, backlog: 8, expect: "OK" }]),
    ]);
    const deliver = (word: number, at: number) => ({
      op: "deliver",
      family: "inet",
      type,
      from: ["127.0.0.1", 9000 + at],
      to: ["127.0.0.1", 8000],
      payload_u32_be: word,
      fastopen: true,
      candidates: ids,
      expect_id: ids[word % 3],
    });
    const ops = [...members, ...[7, 5, 3, 2, 1, 0].map(deliver)];
    expect(said({ kind: "sockops", models: ["linux"], cases: [{ ops }] })).toEqual(["pass"]);
  }
});
