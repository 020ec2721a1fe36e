/**
 * SO_INCOMING_CPU: random sockets on one port, each with a CPU or none, and packets from this thread, bound to CPU 0 and to
 * CPU 1: the loopback has the kernel handle them where they are sent. Who receives is asked of the kernel and of a host of
 * ours whose loopback has that CPU. Where a hash decides, with a secret of each, the sets of receivers must be the same.
 *
 * INCOMING_CPU_SEED says which sockets: the seed is printed.
 */
import { availableParallelism } from "node:os";
import { beforeAll, expect, test } from "vitest";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { kernelBench } from "../../src/cli/conform/kernel-bench.ts";
import { answerOf, connectAnswer } from "../../src/conform/calls.ts";
import type { DeviceUnderTest, TestBench } from "../../src/conform/device.ts";
import { selfBench } from "../../src/conform/self.ts";
import type { Socket, SocketDomain, SocketType } from "../../src/stack/socket.ts";
import { describeLive } from "./support/live.ts";

const seed = process.env["INCOMING_CPU_SEED"] ?? String(Date.now());
const plans = 80;
const port = 5000;
/** Of four members each is hashed to by one in four: that 64 miss one of them is one in a hundred million. */
const packets = 64;
const models = ["linux"];

interface Member {
  readonly domain: SocketDomain;
  readonly address: string;
  readonly options: readonly (readonly [string, number | string])[];
  /** A peer of a datagram socket: with a port, or, where there are no groups, its address alone. */
  readonly peer: { readonly address: string; readonly port: number } | undefined;
  /** SO_INCOMING_CPU once it receives, if it changes. */
  readonly later: number | undefined;
}

interface Plan {
  readonly type: SocketType;
  readonly to: "127.0.0.1" | "::1";
  readonly members: readonly Member[];
}

function planOf(random: Random): Plan {
  const oneOf = <T>(...values: readonly T[]): T => values[random.below(values.length)]!;
  const type = oneOf<SocketType>("SOCK_DGRAM", "SOCK_STREAM");
  const to = oneOf("127.0.0.1", "127.0.0.1", "::1");
  const sharing =
    type === "SOCK_STREAM"
      ? ["SO_REUSEPORT"]
      : oneOf(["SO_REUSEPORT"], ["SO_REUSEADDR"], ["SO_REUSEADDR", "SO_REUSEPORT"]);
  const cpu = (): number => oneOf(-1, -1, 0, 0, 1, 1, 5);
  const connects = type === "SOCK_DGRAM" && random.below(3) === 0;
  const devices = random.below(4) === 0;
  const members = Array.from({ length: 2 + random.below(3) }, (): Member => {
    const address = to === "::1" ? oneOf("::", "::", "::1") : oneOf("0.0.0.0", "0.0.0.0", "127.0.0.1", "::");
    const options = sharing
      .filter(() => sharing.length === 1 || random.below(4) > 0)
      .map((name) => [name, 1] as const);
    return {
      domain: address.includes(":") ? "AF_INET6" : "AF_INET",
      address,
      options: [
        ...options,
        ["SO_INCOMING_CPU", cpu()],
        ...(devices && oneOf(true, false) ? [["SO_BINDTODEVICE", "lo"] as const] : []),
      ],
      peer:
        connects && oneOf(true, false) && (address === "::") === (to === "::1")
          ? { address: to, port: oneOf(sharing.includes("SO_REUSEPORT") ? 6000 : 0, 6000) }
          : undefined,
      later: random.below(4) === 0 ? cpu() : undefined,
    };
  });
  return { type, to, members };
}

/** What every call answered, and who received what each CPU handled. */
function story(device: DeviceUnderTest, { type, to, members }: Plan): string[] {
  const told: string[] = [];
  const receivers = members.map((member) => {
    const socket = device.socket(member.domain, type, 0);
    for (const [name, value] of member.options) socket.setOption(name, value);
    const bound = answerOf(() => socket.bind({ address: member.address, port }));
    told.push(`bind ${bound}`);
    if (bound !== "OK") return socket;
    if (type === "SOCK_STREAM") told.push(`listen ${answerOf(() => socket.listen(packets * 4))}`);
    else if (member.peer !== undefined) told.push(`connect ${answerOf(() => socket.connect(member.peer))}`);
    if (member.later !== undefined) socket.setOption("SO_INCOMING_CPU", member.later);
    return socket;
  });
  for (const cpu of [0, 1, 0]) {
    device.handleOn!(cpu);
    const seen = new Set<number>();
    for (let sent = 0; sent < packets; sent++)
      for (const at of oneSent(device, type, to, receivers)) seen.add(at);
    told.push(`CPU ${cpu}: ${[...seen].sort().join()}`);
    told.push(`SO_INCOMING_CPU ${receivers.map((one) => one.getOption("SO_INCOMING_CPU")).join()}`);
  }
  return told;
}

/** The receivers of one packet, by their place. */
function oneSent(
  device: DeviceUnderTest,
  type: SocketType,
  to: string,
  receivers: readonly Socket[],
): number[] {
  const sender = device.socket(to === "::1" ? "AF_INET6" : "AF_INET", type, 0);
  if (type === "SOCK_DGRAM") sender.sendTo(Uint8Array.of(1), { address: to, port });
  else connectAnswer(device, sender, { address: to, port });
  device.settle(() => true);
  const got = receivers.flatMap((one, at) => (one.poll().readable ? [at] : []));
  for (const at of got) {
    if (type === "SOCK_DGRAM") receivers[at]!.recv(new Uint8Array(1));
    else if (receivers[at]!.getOption("SO_ACCEPTCONN") === 1) receivers[at]!.accept().close();
  }
  sender.close();
  return got;
}

describeLive(`SO_INCOMING_CPU, seed ${seed}`, ["root"], () => {
  let kernel: TestBench;
  beforeAll(async () => {
    kernel = await kernelBench(100);
  });

  test.skipIf(availableParallelism() < 2)(
    "whoever receives on CPU 0 and on CPU 1 [two CPUs] receives here too",
    { timeout: 200_000 },
    () => {
      console.log(`INCOMING_CPU_SEED=${seed} makes these sockets again`);
      const random = seededRandom(seed);
      const bench = selfBench();
      let single = 0;
      for (let number = 0; number < plans; number++) {
        const plan = planOf(random);
        const [theirs, ours] = [kernel, bench].map((each) => {
          const device = each.open({ sysctl: {}, addresses: [] }, models, `${seed}, plan ${number}`);
          try {
            return story(device, plan);
          } finally {
            device.close();
          }
        });
        expect(ours, `plan ${number}: ${JSON.stringify(plan)}`).toEqual(theirs);
        single += theirs!.filter((line) => /^CPU \d: \d$/.test(line)).length;
      }
      expect(single).toBeGreaterThan(plans / 2);
    },
  );
});
