/** The last packets of a testbed, kept to be shown when something fails. */
import { formatEndpoint } from "../base/endpoint.ts";
import type { Microseconds } from "../packetdrill/language/script/script.ts";
import type { Seen } from "../packetdrill/packets/packet-parse.ts";
import { lineOf } from "./packets/lines.ts";
import { inScriptNumbers, type Pending, type Remote } from "./remote.ts";

/** How many are kept. */
const kept = 10;

interface Entry {
  readonly time: Microseconds;
  readonly remote: Remote | undefined;
  /** Made when it is read: a SYN gets its number only when it is expected. */
  readonly line: () => string;
}

export class History {
  readonly #entries: Entry[] = [];

  injected(line: string, time: Microseconds, remote: Remote): void {
    this.#add({ time, remote, line: () => line });
  }

  captured(pending: Pending, remote: Remote): void {
    this.#add({ time: pending.time, remote, line: () => lineOf(inScriptNumbers(pending)) });
  }

  /** For no peer of the test. */
  stray(seen: Seen, time: Microseconds): void {
    const { destination, destinationPort } = seen.envelope;
    const where = formatEndpoint({ address: destination, port: destinationPort });
    this.#add({
      time,
      remote: undefined,
      line: () => `${lineOf(seen)}   // to ${where}, no peer of the test`,
    });
  }

  unreadable(reason: string, time: Microseconds): void {
    this.#add({ time, remote: undefined, line: () => `// a packet that cannot be read: ${reason}` });
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length > kept) this.#entries.shift();
  }

  /** With the peer's port where there are several peers. */
  lines(): readonly string[] {
    const several = new Set(this.#entries.map(({ remote }) => remote)).size > 1;
    return this.#entries.map(({ time, remote, line }) => {
      const who = several && remote !== undefined ? ` [${remote.settings.port}]` : "";
      return `${(time / 1e6).toFixed(6)}${who} ${line()}`;
    });
  }
}
