/** IGMP between IP input and memberships (RFC 3376). */
import { checksum } from "../../base/hash/checksum.ts";
import { checksumUnknown } from "../../base/packet.ts";
import { parseIgmp } from "../../wire/icmp/igmp.ts";
import { protocols } from "../../wire/protocols.ts";
import type { Core } from "../core.ts";
import type { IpDatagram, Transport } from "../transport.ts";

/** A version 1 query does not say; RFC 2236, section 4: ten seconds. */
const maximumResponseV1 = 10_000;

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
    if (message.kind === "query-v3") membership.queried(message.group, message.maximumResponse, "current");
    else if (message.kind === "query")
      membership.queried(message.group, message.maximumResponse || maximumResponseV1, "older");
    else if (message.kind === "report") membership.reportedByOther(message.group);
    return undefined;
  }
}
