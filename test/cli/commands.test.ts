import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { build, cli, here, withoutNativePackages } from "./support/cli.ts";

beforeAll(build, 120_000);

const commands = ["demo", "up", "get", "nc", "ss", "probe", "ports", "profiles", "packetdrill", "conform"];

describe("help", () => {
  test("names every command, with examples and exit codes", async () => {
    const { code, stdout, stderr } = await here(["--help"]);
    expect(code).toBe(0);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    expect(stdout).toContain("Examples:");
    expect(stdout).toContain("Exit codes:");
    expect(stderr).toBe("");
  });

  test.each(commands)("of %s has examples and goes to stdout", async (command) => {
    const { code, stdout, stderr } = await here([command, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: harbormaster ${command} `);
    expect(stdout).toContain("Examples:");
    expect(stderr).toBe("");
  });

  test("--version is the package's", async () => {
    expect((await here(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("wrong usage exits with 2 and says what was wanted, on stderr", () => {
  test.each([
    [["dmeo"], "demo"],
    [["demo", "--profile", "vms"], "Allowed choices are linux"],
    [["demo", "--algorithm", "best"], "Allowed choices are"],
    [["demo", "--range", "9-1"], "LOW-HIGH"],
    [["demo", "--connections", "0"], "whole number"],
    [["demo", "--nonsense"], "--nonsense"],
    [["demo", "extra"], "too many arguments"],
    [["up"], "--tun NAME or --raw"],
    [["up", "--tun", "hm0"], "--address CIDR"],
    [["up", "--tun", "hm0", "--raw"], "cannot be used with"],
    [["up", "--raw", "--address", "127.7.7.7"], "prefix length"],
    [["up", "--raw", "--address", "127.7.7.7/8", "--peer", "10.0.0.1/8"], "--peer belongs to --tun"],
    [["up", "--serve", "http"], "http needs a directory"],
    [["get"], "missing required argument"],
    [["get", "https://example.org/"], "not https://"],
    [["get", "http://127.0.0.1/", "--tun", "hm0"], "--address CIDR"],
    [["get", "http://127.0.0.1/", "--json", "-o", "-"], "cannot both go to stdout"],
    [["get", "http://127.0.0.1/", "--raw", "--address", "fd00::2/64"], "is IPv4"],
    [["get", "http://127.0.0.1/", "--algorithm", "best"], "Allowed choices are"],
    [["nc", "127.0.0.1"], "missing required argument"],
    [["nc", "127.0.0.1", "http"], "whole number from 1 to 65535"],
    [["packetdrill"], "no script is named"],
    [["packetdrill", "/nowhere/a.pkt"], "no such file or folder: /nowhere/a.pkt"],
    [["packetdrill", "docs"], "no script (.pkt) is in the folder docs"],
    [["packetdrill", "a.pkt", "--dut", "toaster"], "Allowed choices are self, kernel"],
    [["packetdrill", "a.pkt", "--dialect", "bsd"], "Allowed choices are google, nplab"],
    [["packetdrill", "a.pkt", "--ip-version", "ipv5"], "Allowed choices are ipv4, ipv6"],
    [["packetdrill", "a.pkt", "-D", "1+1=2"], "a definition is NAME=VALUE"],
    [["packetdrill", "a.pkt", "--jobs", "0"], "whole number from 1 to 256"],
    [["packetdrill", "a.pkt", "--tolerance", "soon"], "whole number from 0"],
    [["packetdrill", "a.pkt", "--record", "b.pcap"], "--record makes a script"],
  ])("harbormaster %j", async (words, wanted) => {
    const { code, stdout, stderr } = await here(words);
    expect(stderr).toContain("error:");
    expect(stderr).toContain(wanted);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  test("no command at all shows the help", async () => {
    const { code, stderr } = await here([]);
    expect(stderr).toContain("Usage: harbormaster");
    expect(code).toBe(2);
  });
});

test("the process ends with the exit code, and says what is wrong on stderr alone", async () => {
  const { code, stdout, stderr } = await cli(["demo", "--range", "9-1"]);
  expect(stderr).toContain("error:");
  expect(stdout).toBe("");
  expect(code).toBe(2);
});

describe("a machine that lacks something exits with 3 and says what to do", () => {
  const without = { node: withoutNativePackages };

  test.each([[["up", "--tun", "hm0", "--address", "10.9.0.2/24"]], [["get", "http://127.0.0.1/"]]])(
    "harbormaster %j without koffi",
    async (words) => {
      const { code, stdout, stderr } = await cli(words, without);
      expect(stderr).toContain("error:");
      expect(stderr).toContain("to do:");
      expect(stdout).toBe("");
      expect(code).toBe(3);
    },
  );

  test("probe says the same, and itself succeeds", async () => {
    const { code, stdout } = await cli(["probe"], without);
    expect(stdout.match(/to do:/g)?.length).toBe(3);
    expect(code).toBe(0);
  });
});

describe("what cannot be done exits with 1", () => {
  test("a control socket where nobody is", async () => {
    const { code, stderr } = await here(["ss", "--control", "/nonexistent/socket"]);
    expect(stderr).toContain("no answer at /nonexistent/socket");
    expect(code).toBe(1);
  });

  test("a capture that cannot be written", async () => {
    const { code, stderr } = await here(["demo", "--pcap", "/nonexistent/demo.pcapng"]);
    expect(stderr).toContain("ENOENT");
    expect(code).toBe(1);
  });
});

test("a reader that goes away ends the command without a word", async () => {
  const main = resolve(import.meta.dirname, "../../dist/cli/main.js");
  const shell = spawn("sh", [
    "-c",
    `"${process.execPath}" "${main}" demo --connections 100 --range 1024-1151 | head -n 1`,
  ]);
  let stderr = "";
  shell.stderr.on("data", (part: Buffer) => {
    stderr += part;
  });
  await new Promise((settle) => shell.once("close", settle));
  expect(stderr).toBe("");
});
