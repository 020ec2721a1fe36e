/** Testbeds with a connection on them. */
import { type Testbed, type TestbedOptions, type TestSocket, testbed } from "../../../src/testing/index.ts";

/** A connection the stack has accepted, at 0.1 s; the peer's segments have 1000 bytes. */
export function accepted(options: TestbedOptions = {}): { bed: Testbed; connection: TestSocket } {
  const bed = testbed(options);
  const listener = bed.socket();
  listener.bind();
  listener.listen();
  bed.inject.tcp("S 0:0(0) win 32000 <mss 1000>");
  bed.expect.tcp("S. 0:0(0) ack 1 <...>");
  bed.after(0.1).inject.tcp(". 1:1(0) ack 1 win 32000");
  return { bed, connection: listener.accept() };
}
