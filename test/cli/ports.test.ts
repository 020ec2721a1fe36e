import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { algorithmNames, profileNames } from "../../src/cli/profile-names.ts";
import { plotsText } from "../../src/cli/render/plot.ts";
import { runsText } from "../../src/cli/render/simulation.ts";
import type { SimulationDocument } from "../../src/cli/simulation/document.ts";
import type { SimulationSettings } from "../../src/cli/simulation/settings.ts";
import { simulate } from "../../src/cli/simulation/simulate.ts";
import { build, cli, dataUrl, here, wide } from "./support/cli.ts";

const place = mkdtempSync(join(tmpdir(), "harbormaster-ports-"));
beforeAll(build, 120_000);
afterAll(() => rmSync(place, { recursive: true }));

async function simulated(...words: string[]): Promise<SimulationDocument> {
  const { code, stdout, stderr } = await here(["ports", "--json", ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as SimulationDocument;
}

async function portsOf(...words: string[]): Promise<(number | null)[]> {
  return (await simulated(...words)).runs[0]!.choices.map(({ port }) => port);
}

const tiny = ["--profile", "iana", "--range", "50000-50003"];

describe("harbormaster ports tells", () => {
  test("of each choice when, which port, where to, what it cost and why", async () => {
    const words = [...tiny, "--count", "5", "--rate", "1", "--hold", "1"];
    const { stdout } = await here(["ports", ...words, "--to", "192.0.2.9:80"]);
    expect(stdout.split("\n").slice(2, 8)).toEqual([
      "   time    source port  destination   looked at  why",
      "0.000 s          50000  192.0.2.9:80          1  sequential from 50000",
      "1.000 s          50001  192.0.2.9:80          1  sequential from 50001",
      "2.000 s          50002  192.0.2.9:80          1  sequential from 50002",
      "3.000 s          50003  192.0.2.9:80          1  sequential from 50003",
      expect.stringMatching(
        /^4\.000 s {2}EADDRNOTAVAIL .* 4 {2}0 in use, 4 resting: sequential from 50000, 50000-50003 in TIME-WAIT for /,
      ),
    ]);
  });

  test("an exhausted range in its summary, and ends well", async () => {
    const { code, stdout } = await here(["ports", ...tiny, "--count", "7", "--hold", "forever"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^refused +3 EADDRNOTAVAIL, the first at 0\.400 s$/m);
    expect(stdout).toMatch(/^distinct ports +4$/m);
    expect(stdout).toMatch(/^parity +2 even, 2 odd$/m);
    expect(stdout).toMatch(/^deltas +\+1 \(3\)$/m);
    expect(stdout).toMatch(/^left to guess +no port is left$/m);
    expect(stdout).toMatch(/^at the end +4 in use, 0 resting$/m);
  });

  test("how well the next port can be guessed by whoever saw the last", async () => {
    const guess = async (...words: string[]): Promise<string> =>
      /^left to guess +(.*)$/m.exec((await here(["ports", ...words])).stdout)![1]!;
    expect(await guess("--profile", "iana")).toBe("0.0 bits, the best guess right 100.0 %");
    expect(await guess("--profile", "linux")).toMatch(/^3\.0 bits/); // eight equally likely steps
    expect(await guess("--profile", "linux", "--protocol", "udp")).toMatch(/^1[3-6]\.\d bits/);
  });

  test("how many choices it does not list", async () => {
    const { stdout } = await here(["ports", "--count", "30", "--rows", "4"]);
    expect(stdout).toContain("... and 26 more");
    expect(stdout.match(/linux-connect from/g)?.length).toBe(4);
  });

  test("several profiles and algorithms side by side, each once", async () => {
    const words = ["--profile", "linux", "--profile", "iana", "linux", "--algorithm", "random", "sequential"];
    const { stdout } = await here(["ports", ...words]);
    const head = /^ +time +destination +(.*)$/m.exec(stdout)![1];
    expect(head!.split(/ +/)).toEqual(["linux/random", "linux/sequential", "iana/random", "iana/sequential"]);
    expect(stdout).toMatch(/^range +32768-60999 +32768-60999 +49152-65535 +49152-65535$/m);
  });

  test("a line for each of many", async () => {
    const { stdout } = await here(["ports", "--algorithm", ...algorithmNames, "--rows", "0"]);
    const lines = stdout.split("\n").filter((line) => line.startsWith("linux/"));
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual(
      algorithmNames.map((name) => [`linux/${name}`, "32768-60999", "20"]),
    );
  });

  test("the same for the same seed, and something else for another", async () => {
    const [one, again, other] = [await portsOf(), await portsOf("--seed", "1"), await portsOf("--seed", "2")];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });
});

describe("what it simulates", () => {
  test("connect(2) shares a port between destinations, bind(2) before it does not", async () => {
    const words = [
      ...tiny,
      "--count",
      "8",
      "--hold",
      "forever",
      "--to",
      "192.0.2.9:80",
      "--to",
      "192.0.2.8:80",
    ];
    expect(await portsOf(...words)).toEqual([50000, 50001, 50002, 50003, 50001, 50002, 50003, 50000]);
    const bound = (await simulated(...words, "--bind")).runs[0]!;
    expect(bound.choices.map(({ port }) => port).slice(4)).toEqual([null, null, null, null]);
    expect(bound.choices[4]!.errno).toBe("EADDRINUSE");
  });

  test("destinations of both families in turn", async () => {
    const { runs } = await simulated("--to", "192.0.2.9:80", "--to", "[2001:db8::9]:443", "--count", "3");
    expect(runs[0]!.choices.map(({ to }) => to)).toEqual([
      "192.0.2.9:80",
      "[2001:db8::9]:443",
      "192.0.2.9:80",
    ]);
  });

  test("TIME-WAIT for as long as the profile has it, where we close first", async () => {
    const words = [...tiny, "--count", "600", "--rate", "1", "--hold", "0"];
    const [{ summary }] = (await simulated(...words)).runs as [SimulationDocument["runs"][0]];
    expect(summary.soonestAgain).toBe(240_000);
    expect(summary.collisions).toBe(0);
    expect(summary.chosen).toBe(12); // four ports three times, every 240 s
    const peer = (await simulated(...words, "--closer", "peer")).runs[0]!.summary;
    expect(peer).toMatchObject({ refused: 0, soonestAgain: 4000, collisions: 596 });
  });

  test("a port of UDP that is free at once", async () => {
    const words = [...tiny, "--protocol", "udp", "--count", "6", "--rate", "1", "--hold", "0.5"];
    expect(await portsOf(...words)).toEqual([50000, 50001, 50002, 50003, 50000, 50001]);
  });

  test("the errno of each protocol's own refusal", async () => {
    const words = ["--range", "50000-50001", "--count", "3", "--hold", "forever"];
    for (const [protocol, call, errno] of [
      ["tcp", "--connect", "EADDRNOTAVAIL"],
      ["tcp", "--bind", "EADDRINUSE"],
      ["udp", "--connect", "EAGAIN"],
      ["udp", "--bind", "EADDRINUSE"],
      ["sctp", "--connect", "EAGAIN"],
    ] as const) {
      const { choices } = (await simulated(...words, "--protocol", protocol, call)).runs[0]!;
      expect(choices[2], `${protocol} ${call}`).toMatchObject({ port: null, errno });
    }
  });

  test("reserved ports, which are never chosen", async () => {
    const ports = await portsOf(
      ...tiny,
      "--reserved",
      "50001,50003-50009",
      "--count",
      "3",
      "--hold",
      "forever",
    );
    expect(ports).toEqual([50000, 50002, null]);
  });

  test("session lengths of every kind", async () => {
    for (const hold of ["0", "0.25", "1-10", "exp:5", "forever"]) {
      const { settings, runs } = await simulated("--hold", hold, "--count", "200");
      expect(settings.hold).toBe(hold);
      expect(runs[0]!.summary.chosen).toBe(200);
    }
  });

  test.each(profileNames)("%s, by every protocol and call, whatever it makes of it", async (profile) => {
    for (const protocol of ["tcp", "udp", "sctp"])
      for (const call of ["--connect", "--bind"]) {
        const words = ["--profile", profile, "--protocol", protocol, call, "--count", "300", "--rows", "3"];
        const [{ summary, choices, range }] = (await simulated(...words)).runs as [
          SimulationDocument["runs"][0],
        ];
        expect(summary.chosen + summary.refused).toBe(300);
        expect(choices.filter(({ port }) => port !== null && (port < range[0] || port > range[1]))).toEqual(
          [],
        );
      }
  });

  test.each(algorithmNames)("%s instead of the profile's own", async (algorithm) => {
    const { runs } = await simulated("--algorithm", algorithm, "--count", "50");
    expect(runs[0]!.name).toBe(`linux/${algorithm}`);
    expect(runs[0]!.choices[0]!.why).toContain(algorithm);
  });

  test.each([
    ["netbsd", "random_pick", "netbsd-random-pick"],
    ["freebsd", "sequential", "freebsd-sequential"],
    ["macos", "random", "macos"],
    ["macos", "sequential", "sequential"],
  ])("of %s, %s: the system's own where it has one of that name", async (profile, algorithm, selection) => {
    const { runs } = await simulated("--profile", profile, "--algorithm", algorithm, "--count", "5");
    expect(runs[0]!.choices[0]!.why!.startsWith(selection)).toBe(true);
  });
});

describe("the document of --json", () => {
  test("is one object of the documented shape", async () => {
    const { version, settings, runs } = await simulated(
      ...tiny,
      "--count",
      "5",
      "--hold",
      "forever",
      "--rows",
      "1",
    );
    expect(version).toBe(1);
    expect(settings).toEqual({
      ...{ protocol: "tcp", call: "connect", reserved: "", destinations: ["198.51.100.1:443"] },
      ...{ count: 5, rate: 10, hold: "forever", closer: "us", seed: "1" },
    });
    expect(runs.length).toBe(1);
    const { name, profile, range, histogram, choices, summary } = runs[0]!;
    expect({ name, profile, range }).toEqual({ name: "iana", profile: "iana", range: [50000, 50003] });
    expect(histogram.map(({ ports, count }) => [...ports, count])).toEqual([
      [50000, 50000, 1],
      [50001, 50001, 1],
      [50002, 50002, 1],
      [50003, 50003, 1],
    ]);
    expect(choices).toEqual([
      { at: 0, port: 50000, to: "198.51.100.1:443", looked: 1, why: "sequential from 50000" },
      { at: 100, port: 50001, to: "198.51.100.1:443", looked: 1 },
      { at: 200, port: 50002, to: "198.51.100.1:443", looked: 1 },
      { at: 300, port: 50003, to: "198.51.100.1:443", looked: 1 },
      { at: 400, port: null, errno: "EADDRNOTAVAIL", to: "198.51.100.1:443", looked: 4 },
    ]);
    expect(summary).toMatchObject({
      ...{ chosen: 4, refused: 1, firstRefusal: 4, refusals: { EADDRNOTAVAIL: 1 } },
      ...{ distinct: 4, repeats: 0, meanLooked: 1.6, mostLooked: 4, even: 2, odd: 2 },
      ...{ deltas: { distinct: 1, commonest: [{ delta: 1, count: 3 }], bits: 0 } },
      ...{ collisions: 0, mostAtOnce: 4, inUse: 4, held: 0 },
    });
  });

  test("has no field that docs/ports.md leaves out", async () => {
    const text = readFileSync(join(import.meta.dirname, "../../docs/ports.md"), "utf8");
    const [, fieldsTold = ""] = /## Simulated choices as JSON([\s\S]*?)\n## /.exec(text) ?? [];
    const { settings, runs } = await simulated("--count", "1");
    const { summary, choices, ...run } = runs[0]!;
    const fields = [settings, run, choices[0]!, summary, summary.deltas, summary.forecast].flatMap(
      Object.keys,
    );
    expect(fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(fieldsTold))).toEqual([]);
  });

  test("has a hundred thousand choices as soon as one can ask for them", async () => {
    const { runs } = await simulated("--count", "100000", "--rate", "1000", "--rows", "0");
    expect(runs[0]!.choices.length).toBe(100_000);
    expect(runs[0]!.summary.distinct).toBe(28_232);
  }, 60_000);
});

describe("pictures", () => {
  test("--plot fits the width, has no colours where none are wanted, and marks refusals", async () => {
    const words = ["ports", ...tiny, "--count", "8", "--hold", "forever", "--rows", "0", "--plot"];
    const { stdout } = await here(words);
    const drawing = stdout.slice(stdout.lastIndexOf("iana  50000-50003")).split("\n");
    expect(Math.max(...drawing.map((line) => [...line].length))).toBeLessThanOrEqual(100);
    expect(stdout).not.toContain("\x1b[");
    expect(drawing[1]).toMatch(/^50003 │[\u2800-\u28ff]+│█+$/);
    expect(drawing[16]).toMatch(/^50000 │/);
    expect(drawing[19]).toMatch(/^ none +(× *){4}$/);
    expect((await here(words, "colours")).stdout).toContain("\x1b[36m");
  });

  test("fit any width, drawn and tabled", () => {
    const settings = {
      ...{ protocol: "tcp", call: "connect", range: [50000, 50099], reserved: [], count: 120, rate: 10 },
      ...{ session: { kind: "forever" }, closer: "us", seed: "1", told: 5 },
      destinations: [{ address: address("2001:db8::1"), port: 443 }],
    } as const satisfies SimulationSettings;
    const runs = ["linux", "iana", "rfc6056"].map((profile) =>
      simulate({ profile, algorithm: undefined }, settings),
    );
    for (const columns of [24, 37, 60, 80, 100, 132, 200])
      for (const some of [runs, runs.slice(0, 1)]) {
        const output = { ...wide, columns };
        const lines = plotsText(some, output).split("\n");
        expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(columns);
        if (columns < 96) continue; // every word has its place
        const table = runsText(some, settings, output).split("\n").slice(1).map(plain);
        expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(columns);
      }
  });

  test("--plot puts as many side by side as fit", async () => {
    const { stdout } = await here(["ports", "--plot", "--rows", "0", "--algorithm", ...algorithmNames]);
    const titles = stdout.split("\n").filter((line) => /^linux\/\S+ {2}32768-60999 +linux/.test(line));
    expect(titles.map((line) => line.match(/linux\//g)!.length)).toEqual([2, 2, 2]);
  });

  test("--svg writes one file with title, description and axes, for light and dark", async () => {
    const file = join(place, "ports.svg");
    const { code, stdout } = await here([
      "ports",
      "--svg",
      file,
      "--count",
      "500",
      "--profile",
      "linux",
      "iana",
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain("summary");
    const svg = readFileSync(file, "utf8");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 860 600"/);
    expect(svg).toContain('<title id="title">Source ports in the order of choice: linux, iana</title>');
    expect(svg).toContain("linux: 500 chosen from 32768-60999, 0 refused.");
    expect(svg).toContain("prefers-color-scheme: dark");
    for (const label of ["port", "choice", "times chosen", "32768", "65535", "500"])
      expect(svg).toMatch(new RegExp(`<text[^>]*>${label}</text>`));
    expect(svg).not.toMatch(/NaN|undefined|Infinity|href|<script/);
  });

  test("--svg where no file can be made exits with 1", async () => {
    const { code, stderr } = await here(["ports", "--svg", "/nonexistent/ports.svg"]);
    expect(stderr).toContain("ENOENT");
    expect(code).toBe(1);
  });
});

/** Without the colours of borders. */
function plain(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return line.replace(/\x1b\[[0-9;]*m/g, "");
}

test("a signal ends a long simulation with 130", async () => {
  // As soon as somebody listens.
  const interrupt = `const timer = setInterval(() => {
    if (process.listenerCount("SIGINT") === 0) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGINT");
  }, 1);`;
  const node = ["--import", dataUrl(interrupt)];
  const { code, stdout } = await cli(["ports", "--count", "1000000"], { node });
  expect(stdout).toBe("");
  expect(code).toBe(130);
}, 60_000);

describe("wrong arguments exit with 2 and say what was wanted", () => {
  const range = "A range of ports is LOW-HIGH, 1 to 65535";
  const list = "A list of ports is PORT or LOW-HIGH, by commas, 1 to 65535";
  test.each([
    [["--range", "50009-50000"], range],
    [["--range", ""], range],
    [["--range", "-"], range],
    [["--range", "0-100"], range],
    [["--range", "-1-100"], range],
    [["--range", "60000-65536"], range],
    [["--range", "1.5-100"], range],
    [["--range", "NaN-NaN"], range],
    [["--range", "50000"], range],
    [["--reserved", "0"], list],
    [["--reserved", ""], list],
    [["--reserved", "-1"], list],
    [["--reserved", "1.5"], list],
    [["--reserved", "NaN"], list],
    [["--reserved", "70000"], list],
    [["--reserved", "50009-50000"], list],
    [
      ["--range", "50000-50003", "--reserved", "50000,50001-60000"],
      "Every port of 50000-50003 (linux) is reserved",
    ],
    [["--to", "192.0.2.1"], "an address and a port"],
    [["--to", "192.0.2.1:0"], "whole number from 1 to 65535"],
    [["--to", "192.0.2.1:65536"], "whole number from 1 to 65535"],
    [["--to", "192.0.2.1:-1"], "an address and a port"],
    [["--to", "192.0.2.1:1.5"], "an address and a port"],
    [["--to", "192.0.2.1:NaN"], "an address and a port"],
    [["--to", "2001:db8::1:80"], "an address and a port"],
    [["--to", "example.org:80"], "names are not looked up"],
    [["--to", "0.0.0.0:80"], "Nobody connects to 0.0.0.0"],
    [["--to", "224.0.0.1:80"], "Nobody connects to 224.0.0.1"],
    [["--profile", "vms"], `Allowed choices are ${profileNames.join(", ")}`],
    [["--profile", "linux", "vms"], "Allowed choices are"],
    [["--algorithm", "best"], "Allowed choices are"],
    [["--algorithm", "randinc"], "linux has no algorithm randinc: there are sequential, random,"],
    [["--protocol", "icmp"], "Allowed choices are tcp, udp, sctp"],
    [["--bind", "--connect"], "cannot be used with"],
    [["--json", "--plot"], "cannot be used with"],
    [["--count", "0"], "whole number from 1"],
    [["--count", "1.5"], "whole number from 1"],
    [["--count", "NaN"], "whole number from 1"],
    [["--rows", "-1"], "whole number from 0"],
    [["--rate", "0"], "a number above 0"],
    [["--rate", "-3"], "a number above 0"],
    [["--rate", "NaN"], "a number above 0"],
    [["--rate", "Infinity"], "a number above 0"],
    [["--hold", "-5"], "How long sessions last"],
    [["--hold", "9-1"], "How long sessions last"],
    [["--hold", "exp:1-2"], "How long sessions last"],
    [["--hold", "NaN"], "How long sessions last"],
    [["extra"], "too many arguments"],
  ])("ports %j", async (words, wanted) => {
    const { code, stdout, stderr } = await here(["ports", ...words]);
    expect(stderr).toContain("error:");
    expect(stderr).toContain(wanted);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});
