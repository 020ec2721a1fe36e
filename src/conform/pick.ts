/** Cases of kind `pick`: a port of the range that suits whoever is asked about each. */
import { anyV4 } from "../base/address.ts";
import { SocketError } from "../base/errno.ts";
import { bareManager, refusalOf } from "./bare-manager.ts";
import { meets } from "./calls.ts";
import { MismatchError } from "./device.ts";
import type { Trial } from "./run.ts";
import type { PickCase, Tester, TesterKind } from "./schema.ts";

/** Whoever is asked about a port cannot say. */
class TesterError extends Error {
  override readonly name = "TesterError";
}

/** The tester stands where another stack is asked for a port that is about to be taken. */
export function runPick(trial: Trial, one: PickCase): void {
  const { range, expect, expect_port } = one;
  const tester = readTester(one.tester);
  const manager = bareManager<"picked">(trial, range, (_protocol, _address, port) => {
    if (tester.kind === "error") throw new TesterError();
    if (!suits(tester, port)) throw new SocketError("EADDRINUSE", "bind");
    return undefined;
  });
  const request = { protocol: "udp", domain: 4, address: anyV4, port: 0, privileged: true } as const;
  let got: string | number;
  try {
    const picked = manager.tryReserve("picked", request);
    got = typeof picked === "string" ? refusalOf(0) : picked.port;
  } catch (error) {
    if (!(error instanceof TesterError)) throw error;
    // The tester's own error is what the vector expects, whatever its name: it has to come through.
    got = tester.kind === "error" ? expect : refusalOf(0);
  }
  if (!meets(typeof got === "number" ? "OK" : got, expect))
    throw new MismatchError(
      typeof got === "number" ? `picked ${got}, not ${expect}` : `${got}, not ${expect}`,
    );
  if (expect_port !== undefined && got !== expect_port) throw new MismatchError(`picked ${got}`);
}

interface Question {
  readonly kind: TesterKind;
  readonly port: number;
}

function readTester(tester: Tester): Question {
  if (typeof tester === "string") return { kind: tester, port: 0 };
  if ("kind" in tester) return { kind: tester.kind, port: tester.port ?? 0 };
  const [[kind, value] = ["never", 0]] = Object.entries(tester);
  return { kind: kind as TesterKind, port: Number(value) };
}

function suits({ kind, port }: Question, asked: number): boolean {
  if (kind === "equals") return asked === port;
  return kind === "less_than" && asked < port;
}
