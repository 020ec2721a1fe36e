/** Packets as if they had been captured. */
import { address } from "../../../src/base/address.ts";
import type { Envelope } from "../../../src/packetdrill/packets/envelope.ts";
import { emitPacket } from "../../../src/packetdrill/packets/packet-emit.ts";
import { parsePacket, type Seen } from "../../../src/packetdrill/packets/packet-parse.ts";
import { packetOf } from "./parse.ts";

export const local = address("192.168.0.1");
export const remote = address("192.0.2.1");

/** From the stack under test to the remote host. */
export const outbound: Envelope = {
  ...{ family: 4, source: local, sourcePort: 8080, destination: remote, destinationPort: 40000 },
};

/** The packet of a script line as one that came, with its numbers. */
export function seenOf(
  text: string,
  envelope: Envelope = outbound,
  dialect: "google" | "nplab" = "google",
): Seen {
  const bytes = emitPacket(packetOf(`> ${text}`, dialect), envelope);
  const seen = typeof bytes === "string" ? bytes : parsePacket(bytes);
  if (typeof seen === "string") throw new Error(seen);
  return seen;
}
