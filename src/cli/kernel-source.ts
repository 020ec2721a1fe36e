/** What the machine's own network knows: which address it would send from, and which address a name has. */
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { type Address, type Family, parseAddress } from "../base/address.ts";
import { isAddress } from "./arguments.ts";
import { FailedError } from "./failure.ts";

/** The source address of the kernel's route to `remote`. A connected UDP socket learns it without sending anything. */
export function kernelSource(remote: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(remote.includes(":") ? "udp6" : "udp4");
    const fail = (error: Error): void => {
      socket.close();
      reject(new FailedError(`this machine has no route to ${remote} (${error.message})`));
    };
    socket.once("error", fail);
    // A callback given to connect would be called for a failure too.
    socket.once("connect", () => {
      const { address } = socket.address();
      socket.close();
      resolve(address);
    });
    socket.connect(9, remote);
  });
}

/** An IPv6 address of this machine that is not `address`, and not for one link only. */
export function otherOwnAddress(address: string): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((infos) => infos ?? [])
    .find(
      (info) =>
        info.family === "IPv6" && info.scopeid === 0 && info.address !== address && info.address !== "::1",
    )?.address;
}

/** The address of `host`, an address itself or a name that the system resolves; of one of `families`. */
export async function resolve(host: string, families: readonly Family[]): Promise<Address> {
  if (isAddress(host)) return parseAddress(host)!;
  const family = families.length === 1 ? families[0]! : 0;
  const { address } = await lookup(host, { family }).catch((error: NodeJS.ErrnoException) => {
    throw new FailedError(`the name ${host} has no address (${error.code ?? error.message})`);
  });
  const parsed = parseAddress(address.split("%", 1)[0]!);
  if (parsed === undefined)
    throw new FailedError(`the name ${host} has the address ${address}, which is none`);
  return parsed;
}
