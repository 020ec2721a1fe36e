/** The protocols that a portrait shows. */
export type PortrayedProtocol = "tcp" | "udp" | "sctp";

export const portrayedProtocols: readonly PortrayedProtocol[] = ["tcp", "udp", "sctp"];
