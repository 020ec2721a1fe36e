/** What is known of one socket of the script: what it is called, whom it talks to, from which numbers it counts. */
import type { Socket } from "../../stack/socket.ts";
import type { Endpoints } from "../packets/envelope.ts";

export type ConnectionState =
  | "NEW"
  | "LISTENING"
  | "CONNECTING"
  | "SYN_SENT"
  | "SYN_ACKED"
  | "PACKET_RECEIVED"
  | "SYNACK_SENT"
  | "SYNACK_ACKED";

export type TransportProtocol = "tcp" | "udp" | "udplite" | "sctp" | "icmp";

/** Mutable: it learns as packets go by. */
export interface Connection {
  readonly protocol: TransportProtocol;
  state: ConnectionState;
  /** Its label in the script; undefined before accept(). */
  label: number | undefined;
  /** Undefined before accept(). */
  socket: Socket | undefined;
  closed: boolean;
  /** As the stack sends: from the local to the remote side. Ports are 0 until they are known. */
  endpoints: Endpoints;
  /** Initial sequence numbers: of the stack as the script has them and as they are, of the script. */
  scriptLocal: number;
  liveLocal: number;
  remote: number;
}
