/** Packets that came, as lines of a script. */
import { printPacket } from "../../packetdrill/language/print/packets.ts";
import type { IpAnnotations, Packet, Tcp } from "../../packetdrill/language/script/packets.ts";
import type { Dialect } from "../../packetdrill/language/script/script.ts";
import type { Seen } from "../../packetdrill/packets/packet-parse.ts";
import { flagsOf } from "../../packetdrill/packets/tcp-numbers.ts";
import { tcpFlags } from "../../wire/tcp.ts";

/** SCTP is only of nplab's dialect. */
export function dialectOf({ content }: Packet): Dialect {
  return content.protocol === "sctp" || content.protocol === "udplite" ? "nplab" : "google";
}

/** What of a packet is worth saying beside its own. */
export interface Mention {
  /** Fields of the IP header. */
  readonly ip?: IpAnnotations;
  /** The window, which an expectation may leave open. */
  readonly window?: "shown" | "left-out";
}

/** The line a script would have for the packet. */
export function lineOf({ packet }: Pick<Seen, "packet">, mention: Mention = {}): string {
  const wanted = mention.ip ?? {};
  const named = (name: string): boolean =>
    name in wanted || (name === "tos" && ("ecn" in wanted || "dscp" in wanted));
  const ip = Object.fromEntries(Object.entries(packet.ip).filter(([name]) => named(name)));
  const { content } = packet;
  const shown = content.protocol === "tcp" ? shortened(content, mention.window ?? "shown") : content;
  return printPacket({ ...packet, ip, content: shown }, dialectOf(packet));
}

/** Without an acknowledgment that says nothing, an urgent pointer of 0, and a window nobody asked for. */
function shortened(tcp: Tcp, window: "shown" | "left-out"): Tcp {
  const { win, urg, ack, ...rest } = tcp;
  const acknowledges = (flagsOf(tcp) & tcpFlags.ACK) !== 0;
  return {
    ...rest,
    ...(acknowledges && ack !== undefined && { ack }),
    ...(window === "shown" && win !== undefined && { win }),
    ...(urg ? { urg } : {}),
  };
}
