/** IGMP between IP input and memberships (RFC 3376). */
import { checksum } from "../base/checksum.ts";
import { checksumUnknown } from "../base/packet.ts";
import { parseIgmp } from "../wire/igmp.ts";
import { protocols } from "../wire/protocols.ts";
import type { Core } from "./core.ts";
import type { IpDatagram, Transport } from "./transport.ts";

export class IgmpInput implements Transport {
  readonly protocol: number = protocols.igmp;
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  receive(datagram: IpDatagram): void {
    const why = this.#arrived(datagram);
    if (why !== undefined) this.#core.drop("igmp", why, undefined, undefined, datagram);
  }

  icmpError(): void {
    // Reports are not answered for.
  }

  flush(): void {
    // Reports leave at once.
  }

  /** @returns why the message was ignored, or undefined. */
  #arrived({ bytes, start, end, checksum: state, interface: { index } }: IpDatagram): string | undefined {
    if (state === checksumUnknown && checksum(bytes, start, end) !== 0) return "bad-checksum";
    const message = parseIgmp(bytes, start, end);
    if (typeof message === "string") return message;
    const membership = this.#core.interfaceAt(index)?.membership;
    if (membership === undefined) return "no-membership";
    if (message.kind === "query") {
      const version = message.version === 3 ? "current" : "older";
      membership.queried(message.group, message.maxResponse, version);
    } else if (message.kind === "report") membership.reportedByOther(message.group);
    return undefined;
  }
}
