/** smoltcp's rule: none. Its caller chooses ports, and two sockets may have one (src/socket/tcp.rs, udp.rs). */
export function smoltcpConflict(): undefined {
  return undefined;
}
