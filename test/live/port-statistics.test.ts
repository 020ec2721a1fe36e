/**
 * What one can see of Linux' choice of ports from outside, of the running kernel and of a host of ours alike: parities,
 * steps, the new start every ten seconds, halves. Chance is judged by chi-squared at one in ten thousand.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { kernelBench } from "../../src/cli/conform/kernel-bench.ts";
import { answerOf, connectAnswer } from "../../src/conform/calls.ts";
import type { DeviceUnderTest, TestBench } from "../../src/conform/device.ts";
import { selfBench } from "../../src/conform/self.ts";
import type { Socket } from "../../src/stack/socket.ts";
import { describeLive } from "./support/live.ts";

const range = [32_768, 60_999] as const;
const size = range[1] - range[0] + 1;
const here = "127.0.0.1";

/** Chi-squared that is exceeded once in ten thousand, by degrees of freedom. */
const critical = { 7: 29.88, 15: 44.26 } as const;

interface Machine {
  readonly device: DeviceUnderTest;
  /** A listener that answers everybody. */
  readonly serve: (port: number) => Socket;
  /** The port of a connection to the listener, which is over at once and leaves no TIME-WAIT. */
  readonly connect: (to: Socket) => number;
  /** The port that bind(2) chooses; `kept` sockets stay open. */
  readonly bind: (type: "SOCK_STREAM" | "SOCK_DGRAM", reuseAddress: 0 | 1, kept?: Socket[]) => number;
}

function machineOf(device: DeviceUnderTest): Machine {
  return {
    device,
    serve: (port) => {
      const listener = device.socket("AF_INET", "SOCK_STREAM", 0);
      listener.bind({ address: here, port });
      listener.listen(16);
      return listener;
    },
    connect: (to) => {
      const socket = device.socket("AF_INET", "SOCK_STREAM", 0);
      expect(connectAnswer(device, socket, { address: here, port: to.localEndpoint().port })).toBe("OK");
      const { port } = socket.localEndpoint();
      socket.setOption("SO_LINGER", { on: true, seconds: 0 });
      device.settle(() => to.poll().readable);
      const accepted = to.accept();
      socket.close();
      accepted.close();
      return port;
    },
    bind: (type, reuseAddress, kept) => {
      const socket = device.socket("AF_INET", type, 0);
      socket.setOption("SO_REUSEADDR", reuseAddress);
      expect(answerOf(() => socket.bind({ address: here, port: 0 }))).toBe("OK");
      const { port } = socket.localEndpoint();
      if (kept === undefined) socket.close();
      else kept.push(socket);
      return port;
    },
  };
}

function times<T>(count: number, call: () => T): T[] {
  return Array.from({ length: count }, call);
}

/** How far each port is from the one before, around the range. */
function stepsOf(ports: readonly number[]): number[] {
  return ports.slice(1).map((port, at) => (port - ports[at]! + size) % size);
}

/** As connect(2) steps within ten seconds: 2, 4 ... 16. */
function isUsual(step: number): boolean {
  return step >= 2 && step <= 16;
}

/** Of counts that should be equal. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** How many ports lie in each sixteenth of the range. */
function sixteenths(ports: readonly number[]): number[] {
  const counts = new Array<number>(16).fill(0);
  for (const port of ports) counts[Math.floor(((port - range[0]) * 16) / size)]!++;
  return counts;
}

function isEven(port: number): boolean {
  return port % 2 === 0;
}

describeLive("Linux' ports, seen from outside", ["root"], () => {
  const benches: Partial<Record<"kernel" | "self", TestBench>> = { self: selfBench() };
  beforeAll(async () => {
    benches.kernel = await kernelBench();
  });

  describe.each(["kernel", "self"] as const)("%s", (name) => {
    function on(low: number, high: number, work: (machine: Machine) => void): void {
      const device = benches[name]!.open({ sysctl: {}, addresses: [], range: [low, high] }, ["linux"], name);
      try {
        work(machineOf(device));
      } finally {
        device.close();
      }
    }

    test("connect() keeps the parity of the low end, bind(0) the other one", () => {
      on(...range, ({ serve, connect, bind }) => {
        const server = serve(5000);
        expect(times(200, () => connect(server)).every(isEven)).toBe(true);
        expect(times(200, () => bind("SOCK_STREAM", 0)).some(isEven)).toBe(false);
      });
      on(range[0] + 1, range[1], ({ serve, connect, bind }) => {
        const server = serve(5000);
        expect(times(200, () => connect(server)).some(isEven)).toBe(false);
        expect(times(200, () => bind("SOCK_STREAM", 0)).every(isEven)).toBe(true);
      });
    });

    test("connections to one server step by 2 to 16, each as often", () => {
      on(...range, ({ serve, connect }) => {
        const server = serve(5000);
        const steps = stepsOf(times(1600, () => connect(server)));
        const usual = steps.filter(isUsual);
        // As many new starts as there may be: whatever this machine does meanwhile, it takes less than 30 s.
        expect(steps.length - usual.length).toBeLessThanOrEqual(3);
        expect(usual.every(isEven)).toBe(true);
        const counts = [2, 4, 6, 8, 10, 12, 14, 16].map((step) => usual.filter((one) => one === step).length);
        expect(chiSquared(counts)).toBeLessThan(critical[7]);
      });
    });

    test("every ten seconds they start anew, to every server at once", { timeout: 60_000 }, () => {
      on(...range, ({ device, serve, connect }) => {
        const servers = [serve(5000), serve(5001)] as const;
        const last = servers.map((server) => connect(server));
        const pause = 100;
        let virtual = 0;
        const now = (): number => (name === "kernel" ? performance.now() : virtual);
        const began = now();
        const jumps: number[] = [];
        while (jumps.length < 2 && now() - began < 22_000) {
          device.wait(pause);
          virtual += pause;
          const ports = servers.map((server) => connect(server));
          const jumped = ports.map((port, which) => !isUsual((port - last[which]! + size) % size));
          if (jumped.includes(true)) {
            expect(jumped).toEqual([true, true]);
            jumps.push(now());
          }
          last.splice(0, 2, ...ports);
        }
        expect(jumps).toHaveLength(2);
        // Seen a pause late at most, and on a busy machine a little more.
        expect(Math.abs(jumps[1]! - jumps[0]! - 10_000)).toBeLessThan(name === "self" ? 200 : 1_000);
      });
    });

    test("bind(0) starts anywhere, for TCP and for UDP", () => {
      on(...range, ({ bind }) => {
        for (const type of ["SOCK_STREAM", "SOCK_DGRAM"] as const)
          expect(chiSquared(sixteenths(times(1600, () => bind(type, 0))))).toBeLessThan(critical[15]);
      });
    });

    test("bind(0) under SO_REUSEADDR takes the lower half first, and of each half the other parity first", () => {
      on(40_000, 40_399, ({ bind }) => {
        const kept: Socket[] = [];
        const ports = times(400, () => bind("SOCK_STREAM", 1, kept));
        const quarters = [0, 1, 2, 3].map((at) =>
          ports.slice(at * 100, at * 100 + 100).sort((a, b) => a - b),
        );
        const starts = [40_001, 40_000, 40_201, 40_200];
        expect(quarters).toEqual(starts.map((start) => times(100, () => 0).map((_, at) => start + 2 * at)));
      });
    });
  });
});
