/**
 * The server's half of iperf3's control connection, enough to let a test run. Where the data goes is the test's business.
 * The client sends a cookie; then the server leads it through states, a byte each, with JSON in between.
 */
import type { ServiceAddress, ServiceHost } from "../../../src/services/service.ts";
import type { Stream } from "../../../src/services/stream.ts";
import { StreamServer } from "../../../src/services/stream-server.ts";

const cookieLength = 37;
/** As iperf_api.h of iperf3 3.12 numbers them. */
const states = {
  testStart: 1,
  testRunning: 2,
  testEnd: 4,
  parameterExchange: 9,
  createStreams: 10,
  exchangeResults: 13,
  displayResults: 14,
  done: 16,
} as const;

export interface IperfEvents {
  /** The client is about to open its streams. `ready` when it may send. */
  streamsWanted(ready: () => void): void;
}

/** Serves tests on our own TCP. @throws SocketError as bind and listen do */
export function iperfControl(host: ServiceHost, at: ServiceAddress, events: IperfEvents): StreamServer {
  return new StreamServer(host, { name: "iperf3", at }, (stream) => {
    let heard = Buffer.alloc(0);
    const steps = conversation(stream, events);
    let wanted = steps.next().value as Wanted;
    return {
      data: (bytes) => {
        heard = Buffer.concat([heard, bytes]);
        for (;;) {
          const length = lengthOf(wanted, heard);
          if (length > heard.length) return;
          heard = heard.subarray(length);
          const step = steps.next();
          if (step.done === true) return;
          wanted = step.value;
        }
      },
      ended: () => stream.end(),
    };
  });
}

/** So many bytes, or a document behind its length. */
type Wanted = number | "document";

function lengthOf(wanted: Wanted, heard: Buffer): number {
  if (wanted !== "document") return wanted;
  return heard.length < 4 ? 4 : 4 + heard.readUInt32BE(0);
}

function* conversation(stream: Stream, events: IperfEvents): Generator<Wanted, void> {
  const enter = (state: number) => stream.write(Uint8Array.of(state));
  yield cookieLength;
  enter(states.parameterExchange);
  yield "document";
  enter(states.createStreams);
  events.streamsWanted(() => {
    enter(states.testStart);
    enter(states.testRunning);
  });
  yield 1; // the end of the test
  enter(states.exchangeResults);
  yield "document";
  const results = Buffer.from(JSON.stringify(noResults));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(results.length);
  stream.write(length);
  stream.write(results);
  enter(states.displayResults);
  yield 1; // done
  stream.end();
}

/** What the client insists on being told of the other side. */
const noResults = {
  cpu_util_total: 0,
  cpu_util_user: 0,
  cpu_util_system: 0,
  sender_has_retransmits: -1,
  streams: [
    { id: 1, bytes: 0, retransmits: -1, jitter: 0, errors: 0, packets: 0, start_time: 0, end_time: 1 },
  ],
};
