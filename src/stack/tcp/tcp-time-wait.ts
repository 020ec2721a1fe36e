/** What remains of a connection in TIME-WAIT: it holds the port, and answers as RFC 9293, section 3.10.7.4, says. */
import type { Endpoint } from "../../base/endpoint.ts";
import type { Binding } from "../../ports/binding.ts";
import type { TimeWaitReuse } from "../../ports/hold/hold.ts";
import type { TimeWait } from "../../protocols/tcp/connection.ts";
import type { PortOwner } from "../socket-core/world.ts";

export class TcpTimeWait implements PortOwner {
  readonly kind = "tcp-time-wait";
  readonly wait: TimeWait;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly binding: Binding<PortOwner>;
  /** For listings. */
  readonly label: string;

  readonly #all: Set<TcpTimeWait>;

  /** Enters itself among `all`, until its port is free. */
  constructor(
    all: Set<TcpTimeWait>,
    wait: TimeWait,
    local: Endpoint,
    remote: Endpoint,
    binding: Binding<PortOwner>,
    label: string,
  ) {
    all.add(this);
    this.#all = all;
    this.wait = wait;
    this.local = local;
    this.remote = remote;
    this.binding = binding;
    this.label = label;
  }

  /** What the rule of reuse looks at (tcp_twsk_unique): a timestamp of the peer is remembered. */
  get reuse(): TimeWaitReuse {
    return { timestamps: this.wait.timestamps };
  }

  portReturned(): void {
    this.#all.delete(this);
  }
}
