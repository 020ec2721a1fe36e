/** A port manager in virtual time, and short words for tests. */
import { type Address, address } from "../../../src/base/address.ts";
import type { Endpoint } from "../../../src/base/endpoint.ts";
import { SocketError } from "../../../src/base/errno.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { Binding, BindRequest } from "../../../src/ports/binding.ts";
import type { Path } from "../../../src/ports/demultiplexer/flow.ts";
import { PortManager } from "../../../src/ports/port-manager.ts";
import type { PortManagerOptions } from "../../../src/ports/port-manager-options.ts";
import type { Profile } from "../../../src/ports/profile.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";

export class TestHost {
  readonly manager: PortManager<string>;
  /** Milliseconds; written by tests. */
  now = 0;
  readonly expired: string[] = [];

  constructor(profile: Profile, seed: number | string, options: Partial<PortManagerOptions<string>>) {
    this.manager = new PortManager<string>({
      profile,
      random: seededRandom(seed),
      now: () => this.now,
      onExpire: ({ owner }) => this.expired.push(owner),
      ...options,
    });
  }
}

export function testHost(
  profile: Profile = linux,
  seed: number | string = 1,
  options: Partial<PortManagerOptions<string>> = {},
): TestHost {
  return new TestHost(profile, seed, options);
}

/** An endpoint from `192.0.2.1:80` or `[2001:db8::1]:80`. */
export function endpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(":");
  return {
    address: address(text.slice(0, colon).replace(/[[\]]/g, "")),
    port: Number(text.slice(colon + 1)),
  };
}

export function path(source: string, remote: string): Path {
  return { source: address(source), remote: endpoint(remote) };
}

/** A request of an IPv4 TCP socket at `192.0.2.1:0`, unless said otherwise. */
export function request(local: string, more: Partial<BindRequest> = {}): BindRequest {
  const { address: at, port } = endpoint(local);
  return {
    protocol: "tcp",
    domain: local.startsWith("[") ? 6 : 4,
    address: at,
    port,
    privileged: true,
    ...more,
  };
}

/** The port, or the code of the error thrown. */
export function outcome(call: () => unknown): number | string {
  try {
    return (call() as Binding<string> | undefined)?.port ?? "OK";
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    return error.code;
  }
}

export function localAddress(text: string): Address {
  return address(text);
}
