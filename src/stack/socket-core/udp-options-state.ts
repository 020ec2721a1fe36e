/** What only UDP sockets can be set to. */
export interface UdpOptions {
  /** UDP_SEGMENT: a longer send is cut into datagrams of this many bytes; 0 off. */
  segment: number;
  /** UDP_CORK: sends are put together until it is taken away. */
  cork: boolean;
}

export function newUdpOptions(): UdpOptions {
  return { segment: 0, cork: false };
}
