/** Cases of kind `bind_pair`: two sockets, one port. Winsock's tables of who may share it. */
import { NotApplicableError } from "./device.ts";
import { profileFor } from "./profiles.ts";
import type { Trial } from "./run.ts";
import type { BindPairCase, BindPairSocket, Operation } from "./schema.ts";
import { runSockops } from "./sockops.ts";

const port = 20_000;
const firstUser = 1000;
const secondUser = 1001;

/** Both users are common ones; both types of socket answer alike. */
export function runBindPair({ bench, suite, seed }: Trial, one: BindPairCase): void {
  const models = modelsOf(one.table, suite.models);
  const refused = bench.refuses(models);
  if (refused !== undefined) throw new NotApplicableError(refused);
  for (const type of ["stream", "dgram"] as const) {
    const device = bench.open({ sysctl: {}, addresses: [] }, models, seed);
    try {
      runSockops(device, operations(one, type));
    } finally {
      device.close();
    }
  }
}

/** The table says of which systems it is, more exactly than the suite. */
function modelsOf(table: string, models: readonly string[]): readonly string[] {
  const exact = table.startsWith("xp") ? "windows-xp" : "windows-2003";
  return profileFor(exact) === undefined ? models : [exact, ...models];
}

function operations(
  { table, first, second, expect }: BindPairCase,
  type: "stream" | "dgram",
): readonly Operation[] {
  const other = table.includes("different_user") ? secondUser : firstUser;
  return [
    { op: "seteuid", uid: firstUser },
    ...boundSocket("first", type, first, "OK"),
    { op: "seteuid", uid: other },
    ...boundSocket("second", type, second, expect),
  ];
}

function boundSocket(
  id: string,
  type: "stream" | "dgram",
  { opt, addr }: BindPairSocket,
  expect: string,
): Operation[] {
  const place = addr === "wildcard" ? "0.0.0.0" : "127.0.0.1";
  const option: Operation[] = opt === "default" ? [] : [{ op: "setopt", id, opt, value: 1, expect: "OK" }];
  return [
    { op: "socket", id, family: "inet", type },
    ...option,
    { op: "bind", id, addr: place, port, expect },
  ];
}
