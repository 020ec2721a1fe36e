/** The files of /proc/net that list sockets. */
export const procNames = ["tcp", "tcp6", "udp", "udp6"] as const;
export type ProcName = (typeof procNames)[number];
