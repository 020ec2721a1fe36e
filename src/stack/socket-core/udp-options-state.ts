/** What only UDP sockets can be set to. */
export interface UdpOptions {
  /** UDP_SEGMENT: a longer send is cut into datagrams of this many bytes; 0 off. */
  segment: number;
}

export function newUdpOptions(): UdpOptions {
  return { segment: 0 };
}
