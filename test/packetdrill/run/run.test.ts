import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { harnessRunsOf } from "../../../src/packetdrill/language/harness.ts";
import { type RunSettings, runScript } from "../../../src/packetdrill/run/runner.ts";
import { defaultLimits } from "../../../src/packetdrill/run/virtual.ts";

const opening = `0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0  setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0
+0  bind(3, ..., ...) = 0
+0  listen(3, 1) = 0
+0  < S 0:0(0) win 32000 <mss 1000>
+0  > S. 0:0(0) ack 1 <...>
+.1 < . 1:1(0) ack 1 win 32000
+0  accept(3, ..., ...) = 4
`;

/** The verdict over what follows a passive open; lines count from there. */
function opened(text: string, settings: RunSettings = {}): [result: string, line: number, message: string] {
  const { result, line, message } = runScript(opening + text, settings);
  return [result, Math.max(0, line - 8), message];
}

describe("scripts of our own", () => {
  const folder = resolve(import.meta.dirname, "../../scripts");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".pkt"),
  );

  test.each(files.sort())("%s passes, in every address family it is for", (file) => {
    const text = readFileSync(join(folder, file), "utf8");
    for (const { ipVersion, options, define } of harnessRunsOf(file)) {
      const { result, line, message, actual } = runScript(text, { options, define });
      expect({ ipVersion, result, line, message, actual }).toEqual({
        ...{ ipVersion, result: "pass", line: 0, message: "", actual: undefined },
      });
    }
  });
});

const suites =
  process.env["HARBORMASTER_SCRIPTS"] ?? resolve(import.meta.dirname, "../../../../shared/packetdrill");
const probes = join(suites, "probes");

describe.skipIf(!existsSync(probes))(
  "the probes of the real tool (set HARBORMASTER_SCRIPTS to their folder)",
  () => {
    test("have the verdict they have there", () => {
      const expected: Record<string, { verdict: string }> = JSON.parse(
        readFileSync(join(probes, "expected.json"), "utf8"),
      );
      const wrong = Object.keys(expected).filter((name) => {
        const { result } = runScript(readFileSync(join(probes, `${name}.pkt`), "utf8"), {
          dialect: "google",
          sysctls: { "net.ipv4.tcp_ecn": "0" },
        });
        return (result === "pass") !== (expected[name]!.verdict === "pass") || result === "unsupported";
      });
      expect(Object.keys(expected).length).toBeGreaterThan(80);
      expect(wrong).toEqual([]);
    });
  },
);

describe("what fails", () => {
  test("is told with its line, and the packet that was expected beside the one that came", () => {
    expect(runScript(`${opening}+0 write(4, ..., 10) = 10\n+0 > . 1:11(10) ack 1 win 7\n`)).toMatchObject({
      ...{
        result: "fail",
        line: 10,
        message: "live packet field tcp_psh: expected: 0 (0x0) vs actual: 1 (0x1)",
      },
      ...{ expected: "> . 1:11(10) ack 1 win 7", actual: "> P. 1:11(10) ack 1 win 65535" },
    });
  });

  test.each([
    ["+0 write(4, ..., 10) = 9\n", 1, "runtime error in write call: Expected result 9 but got 10"],
    ["+0 close(9) = 0\n", 1, "runtime error in close call: unable to find fd with script fd 9"],
    [
      "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4\n",
      1,
      "runtime error in socket call: duplicate fd 4 in script",
    ],
    [
      "+0 read(4, ..., 10) = 10\n",
      1,
      "runtime error in read call: this call blocks, and the script does not say until when",
    ],
    ['+0 write(4, "text", 4) = 4\n', 1, "runtime error in write call: Expected ... or NULL for buffer"],
    ["+0 > . 1:1(0) ack 1\n", 1, "Timed out waiting for packet"],
    ["+0 `exit 3`\n", 1, "error executing `exit 3` command: non-zero status 3"],
    [
      "+0 %{ assert tcpi_state == 2 }%\n+0 close(4) = 0\n",
      1,
      "error executing code: assertion failed (tcpi_state is 1)",
    ],
    [
      "+0 accept(3, ..., ...) = -1 EAGAIN (nothing)\n",
      1,
      "runtime error in accept call: this call blocks, and the script does not say until when",
    ],
    [
      "+0 < . 1:1(0) ack 1 win 1 <nop,nop,TS val 1 ecr 5>\n",
      1,
      "unable to infer live TS ecr for script TS ecr 5; no matching outbound TS val came before",
    ],
    [
      "+0 shutdown(4, 7) = 0\n",
      1,
      "runtime error in shutdown call: Expected result 0 but got -1 with errno EINVAL",
    ],
    [
      "+0 getsockopt(4, SOL_SOCKET, SO_TYPE, [2], [4]) = 0\n",
      1,
      "runtime error in getsockopt call: Bad getsockopt optval: expected: 2 actual: 1",
    ],
  ])("%j", (text, line, message) => {
    expect(opened(text)).toEqual(["fail", line, message]);
  });

  test("before it begins is an error of the script", () => {
    expect(runScript("1 close(3) = 0\n")).toMatchObject({
      result: "error",
      line: 1,
      errors: [{ kind: "semantic" }],
    });
    expect(runScript("0 close(3\n")).toMatchObject({
      result: "error",
      line: 1,
      errors: [{ kind: "syntax" }],
    });
    expect(runScript("--mtu=5\n0 `true`\n")).toMatchObject({ result: "error", line: 1 });
  });

  test("for want of something of ours is unsupported, not failed", () => {
    expect(opened("+0 setsockopt(4, SOL_SOCKET, SO_TXTIME, [1], 4) = 0\n")[0]).toBe("unsupported");
    expect(opened("+0 `reboot`\n")[0]).toBe("unsupported");
    expect(opened("+0 %{ import os }%\n")[0]).toBe("unsupported");
    expect(opened("+0 pipe([5, 6]) = 0\n")[0]).toBe("unsupported");
  });

  test("among packets or calls may be a warning only", () => {
    const nonFatal = [{ at: 0, name: "non_fatal", value: "packet,syscall" }];
    const result = runScript(`${opening}+0 write(4, ..., 10) = 9\n+0 > . 1:11(10) ack 1\n`, {
      options: nonFatal,
    });
    expect(result).toMatchObject({
      result: "pass",
      warnings: [expect.stringMatching(/Expected result 9/), expect.stringMatching(/tcp_psh/)],
    });
  });
});

describe("blocking calls", () => {
  test("return when they may, and their time is judged", () => {
    expect(
      opened("+0...0.1 read(4, ..., 10) = 5\n+.1 < P. 1:6(5) ack 1 win 9\n+0 > . 1:1(0) ack 6\n")[0],
    ).toBe("pass");
    expect(
      opened("+0...0.5 read(4, ..., 10) = 5\n+.1 < P. 1:6(5) ack 1 win 9\n+0 > . 1:1(0) ack 6\n"),
    ).toEqual([
      ...["fail", 1],
      expect.stringContaining("expected system call return at 0.600000 sec but happened at 0.200000 sec"),
    ]);
    expect(
      opened("+0...0.1 read(4, ..., 10) = 4\n+.1 < P. 1:6(5) ack 1 win 9\n+0 > . 1:1(0) ack 6\n"),
    ).toEqual([...["fail", 1], "runtime error in read call: Expected result 4 but got 5"]);
  });

  test("do not overlap, and do not outlast the script", () => {
    expect(opened("+0...5 read(4, ..., 10) = 5\n+0...5 read(4, ..., 10) = 5\n")[2]).toMatch(
      /already in progress$/,
    );
    expect(opened("+0...9 read(4, ..., 10) = 5\n")).toEqual([
      ...["fail", 0],
      "runtime error: exiting while a blocking system call is in progress",
    ]);
  });

  test("wait for room, for all that was asked for, or for their time", () => {
    expect(
      opened(
        "+0...0.2 recv(4, ..., 10, MSG_WAITALL) = 10\n+.1 < P. 1:6(5) ack 1 win 9\n+.1 < P. 6:11(5) ack 1 win 9\n",
      )[0],
    ).toBe("pass");
    expect(opened("+0...0.3 poll([{fd=4, events=POLLIN, revents=0}], 1, 300) = 0\n")[0]).toBe("pass");
    expect(
      opened(
        "+0...0.1 poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, 300) = 1\n+.1 < P. 1:6(5) ack 1 win 9\n",
      )[0],
    ).toBe("pass");
    expect(
      opened(
        "+0 setsockopt(4, SOL_SOCKET, SO_RCVTIMEO, [250], 4) = 0\n+0...0.25 read(4, ..., 1) = -1 EAGAIN (no)\n",
      )[0],
    ).toBe("pass");
  });

  test("of poll and epoll tell all that was asked", () => {
    const epoll =
      "+0 epoll_create(1) = 5\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = 0\n" +
      "+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0\n+.1 < P. 1:6(5) ack 1 win 9\n+0 > . 1:1(0) ack 6\n" +
      "+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1\n";
    expect(opened(epoll)).toEqual(["pass", 0, ""]);
    expect(opened("+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 0) = 1\n")[2]).toBe(
      "runtime error in poll call: Expected revents of POLLIN but got POLLOUT for pollfd 0",
    );
  });
});

describe("commands around a script", () => {
  test("must go well", () => {
    expect(runScript("`false`\n0 `true`\n").message).toBe("error executing init command: non-zero status 1");
    expect(runScript("`true`\n0 `true`\n`exit 3`\n").message).toBe(
      "error executing cleanup command: non-zero status 3",
    );
  });

  test("after it run in Google's dialect only where one ran before it", () => {
    expect(runScript("0 `true`\n`false`\n", { dialect: "google" }).result).toBe("pass");
    expect(runScript("0 `true`\n`false`\n", { dialect: "nplab" }).result).toBe("fail");
  });
});

describe("IP versions", () => {
  const versions = ["ipv4", "ipv6", "ipv4-mapped-ipv6"];
  test.each(versions)("%s opens, moves data and closes", (version) => {
    const text =
      "+0 write(4, ..., 3000) = 3000\n+0 > P. 1:3001(3000) ack 1\n+.1 < P. 1:101(100) ack 3001 win 32000\n" +
      "* > . 3001:3001(0) ack 101\n+0 read(4, ..., 1000) = 100\n+0 close(4) = 0\n+0 > F. 3001:3001(0) ack 101\n";
    expect(opened(text, { options: [{ at: 0, name: "ip_version", value: version }] })).toEqual([
      "pass",
      0,
      "",
    ]);
  });
});

test("whatever lines a script is made of, it has a verdict", () => {
  const lines = opening
    .split("\n")
    .concat([
      "+0 > F. 1:1(0) ack 1",
      "+.1 < F. 1:1(0) ack 1 win 5",
      "+.1 < R. 1:1(0) ack 1 win 5",
      "+0 < udp (5)",
      "+0 < icmp unreachable port_unreachable [1:1(0)]",
      "+0 %{ assert tcpi_rto > 0 }%",
      "+0...0.2 read(4, ..., 10) = 5",
      "+0 write(4, ..., 100000) = 100000",
      "* > . 1:1(0) ack 2 <...>",
      "+0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 4",
      "+0 connect(3, ..., ...) = 0",
      "+0 close(3) = 0",
      "+0 shutdown(4, SHUT_RDWR) = 0",
      "+9 getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]) = 0",
    ]);
  const verdicts = new Set(["pass", "fail", "error", "unsupported"]);
  fc.assert(
    fc.property(fc.nat(8), fc.array(fc.constantFrom(...lines), { maxLength: 10 }), (kept, more) => {
      const text = [...lines.slice(0, kept), ...more, ""].join("\n");
      const limits = { ...defaultLimits, happenings: 10_000 };
      expect(verdicts).toContain(runScript(text, { limits }).result);
    }),
    { numRuns: 150 },
  );
});

describe("a run", () => {
  test("takes no time: ten thousand idle seconds are a moment", () => {
    const started = process.cpuUsage().user;
    const { result, virtualTime } = runScript(
      `${opening}+10000 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 1\n`,
    );
    expect([result, virtualTime]).toEqual(["pass", 10_000_100_000]);
    expect((process.cpuUsage().user - started) / 1e6).toBeLessThan(1);
  });

  test("is the same every time", () => {
    const text = readFileSync(resolve(import.meta.dirname, "../../scripts/open/active.pkt"), "utf8");
    expect(runScript(text, { seed: 7 })).toEqual(runScript(text, { seed: 7 }));
    expect(runScript(text, { seed: 7 }).packets).not.toEqual(runScript(text, { seed: 8 }).packets);
  });

  test("ends at its limits", () => {
    const limits = { ...defaultLimits, virtual: 50e6 };
    expect(opened("+0 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 1\n+100 `true`\n", { limits })[2]).toBe(
      "more than 50 seconds of virtual time",
    );
    const few = { ...defaultLimits, happenings: 3 };
    expect(opened("+0 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 1\n+100 `true`\n", { limits: few })[2]).toBe(
      "the stack does not come to rest",
    );
  });

  test("only reads with --dry_run", () => {
    expect(runScript("--dry_run\n0 close(9) = 0\n")).toMatchObject({ result: "pass", packets: [] });
  });

  test("tells every packet, in its order and time", () => {
    const { packets } = runScript(opening);
    expect(packets.map(({ time, direction }) => [time, direction])).toEqual([
      [0, "inbound"],
      [0, "outbound"],
      [100_000, "inbound"],
    ]);
  });
});
