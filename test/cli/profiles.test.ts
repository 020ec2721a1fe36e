import { describe, expect, test } from "vitest";
import { type ProfilePortrait, type ProfileRow, rowOf } from "../../src/cli/portrait/portrait.ts";
import { profileNames } from "../../src/cli/profile-names.ts";
import { rowsText } from "../../src/cli/render/portrait.ts";
import { registry } from "../../src/ports/profiles/register/registry.ts";
import { here, wide } from "./support/cli.ts";

async function portrait(name: string): Promise<ProfilePortrait> {
  const { code, stdout } = await here(["profiles", name, "--json"]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as ProfilePortrait;
}

describe("harbormaster profiles", () => {
  test("has a line for every profile of the register, with range, hold, evidence and algorithm", async () => {
    const { code, stdout, stderr } = await here(["profiles"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^profile +system +range +TIME-WAIT +evidence +algorithm$/);
    expect(lines.slice(1).map((line) => line.split(" ")[0])).toEqual(profileNames);
    for (const [i, { algorithm, evidence, title }] of registry.entries())
      for (const part of [algorithm, evidence, title]) expect(lines[i + 1]).toContain(part);
  });

  test("gives the same as data", async () => {
    const rows = JSON.parse((await here(["profiles", "--json"])).stdout) as ProfileRow[];
    expect(rows.map(({ name }) => name)).toEqual(profileNames);
    expect(rows.find(({ name }) => name === "linux")).toMatchObject({
      ...{ title: "Linux", range: "32768-60999", ports: [32768, 60999], hold: 60, evidence: "measured" },
    });
    for (const { source, algorithm } of rows) expect([source, algorithm]).not.toContain("");
  });

  test("wraps its table to the terminal's width", () => {
    const rows = registry.map(rowOf);
    for (const columns of [100, 120, 160]) {
      const text = rowsText(rows, { ...wide, columns });
      const widths = text
        .trimEnd()
        .split("\n")
        .map((line) => [...line].length);
      expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
      expect(new Set(widths).size).toBe(1);
    }
  });
});

test("Solaris' privileged ports are told beside those below a number", async () => {
  expect((await here(["profiles", "solaris"])).stdout).toContain("for ports below 1024 and for 2049,4045\n");
});

describe("algorithms to choose from", () => {
  test("are listed where the host or a socket can take another", async () => {
    const { stdout } = await here(["profiles", "netbsd"]);
    expect(stdout).toContain(
      "bsd, random_start, random_pick, hash, doublehash, randinc: the host takes one, or each socket for itself (IP_PORTALGO)",
    );
    expect((await here(["profiles", "freebsd"])).stdout).toContain(
      "random, sequential: the host takes one\n",
    );
    expect((await here(["profiles", "linux"])).stdout).not.toContain("algorithms ");
  });

  test("are in the data, with the one that is at work", async () => {
    const { algorithmOption, protocols } = await portrait("macos");
    expect(algorithmOption).toBe("SO_RANDOMPORT");
    expect(protocols.tcp).toMatchObject({ algorithm: "after-last", algorithms: ["after-last", "random"] });
    expect(protocols.udp.algorithm).toBe("random");
    expect((await portrait("linux")).protocols.tcp).toMatchObject({ algorithm: null, algorithms: [] });
  });
});

describe("every row of Wikipedia's table of ephemeral port ranges is there", () => {
  test.each([
    ["IANA, RFC 6335", "iana", "49152-65535"],
    ["RFC 6056", "rfc6056", "1024-65535"],
    ["FreeBSD 4.6 and later", "freebsd-4", "49152-65535"],
    ["FreeBSD before 4.6, and BSD", "bsd", "1024-5000"],
    ["Linux", "linux", "32768-60999"],
    ["older Linux", "linux-2.4", "32768-61000"],
    ["Linux 2.2, or with small memory", "linux-2.2", "1024-4999"],
    ["Solaris", "solaris", "32768-65535"],
    ["AIX", "aix", "32768-65535"],
    ["Windows XP and earlier", "windows-xp", "1025-5000"],
    ["Windows Server 2003", "windows-2003", "1025-5000"],
    ["Windows Server 2003 with MS08-037", "windows-2003-ms08-037", "49152-65535"],
    ["Windows Vista, 7, Server 2008 and later", "windows", "49152-65535"],
    ["Windows with a range of one's own", "windows-custom", "1025-65535"],
    ["Windows Server 2008 with Exchange Server 2007", "windows-2008-exchange-2007", "1025-60000"],
  ])("%s is %s with %s", async (_, name, range) => {
    const { stdout } = await here(["profiles"]);
    const line = stdout.split("\n").find((each) => each.startsWith(`${name} `));
    expect(line).toContain(` ${range}`);
  });
});

describe("harbormaster profiles NAME", () => {
  test("tells everything of it in words", async () => {
    const { stdout } = await here(["profiles", "linux"]);
    for (const line of [
      /^linux {2}Linux /,
      /^range +32768-60999$/m,
      /^privilege +for ports below 1024$/m,
      /^source +net\/ipv4\/inet_hashtables\.c/m,
      /^bind\(2\) to port 0 chooses by +linux-bind +linux-udp +linux-sctp$/m,
      /^connect\(2\) chooses by +linux-connect +linux-udp, binding first +linux-sctp, binding first$/m,
      /^for connect\(2\) +EADDRNOTAVAIL +EAGAIN +EAGAIN$/m,
      /^connect\(2\) to a five-tuple in use +EADDRNOTAVAIL +allowed +EADDRNOTAVAIL$/m,
      /^one address twice, both with SO_REUSEADDR +yes +yes +yes$/m,
      /^the same, the first listening +EADDRINUSE +- +EADDRINUSE$/m,
      /^the same, over loopback +after 1 s$/m,
      /^chosen again by connect\(2\), with timestamps +after 60 s$/m,
      /^1 +the five-tuple +the five-tuple +the five-tuple$/m,
    ])
      expect(stdout).toMatch(line);
  });

  test("answers about sharing as the system does", async () => {
    const answers = async (name: string, question: string) =>
      (await portrait(name)).sharing.find((each) => each.question === question)?.answers;
    const oneOption = "any address beside one address, the second with SO_REUSEADDR";
    expect(await answers("linux", oneOption)).toEqual({
      tcp: "EADDRINUSE",
      udp: "EADDRINUSE",
      sctp: "EADDRINUSE",
    });
    expect(await answers("freebsd-13", oneOption)).toEqual({ tcp: "yes", udp: "yes", sctp: "yes" });
    const waiting = "the same, the second with SO_REUSEADDR";
    expect((await answers("linux", waiting))!.tcp).toBe("EADDRINUSE");
    expect((await answers("freebsd-13", waiting))!.tcp).toBe("yes");
  });

  test("orders receivers as the demultiplexer does", async () => {
    expect((await portrait("linux")).receivers.udp).toEqual([
      "the five-tuple",
      "the address, on the device",
      "the address",
      "any IPv4 address, on the device",
      "any IPv4 address",
      "any address, IPv6 and IPv4",
    ]);
  });

  test.each(profileNames)("%s, as text and as data, without a gap", async (name) => {
    const { code, stdout, stderr } = await here(["profiles", name]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).not.toMatch(/undefined|NaN|Infinity|\[object/);
    const { sharing, resting, receivers, ...rest } = await portrait(name);
    expect(rest.name).toBe(name);
    expect(Object.values(rest.sources ?? {}).filter((source) => source !== "").length).toBe(6);
    expect(sharing.length).toBeGreaterThan(15);
    expect(resting.length).toBeGreaterThan(3);
    for (const order of Object.values(receivers)) expect(order.length).toBeGreaterThan(0);
    expect(sharing[1]!.answers, "two addresses of the host").toBeDefined();
  });

  test("of a name that is none exits with 2 and names those there are", async () => {
    const { code, stdout, stderr } = await here(["profiles", "vms"]);
    expect(stderr).toContain(`Allowed choices are ${profileNames.join(", ")}`);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});
