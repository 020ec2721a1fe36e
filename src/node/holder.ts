/**
 * Keeps the kernel from answering for ports that are ours on addresses that are its own, as raw sockets need it.
 *
 * For each port a kernel socket is bound, behind a filter that drops every packet: the kernel finds a socket, so it
 * sends neither a reset nor an ICMP error, and no program of this machine can take the port. Raw sockets see the
 * packets all the same. It needs no right of its own and leaves no trace in the machine's configuration.
 */
import { type Address, formatAddress, isLinkLocal, isV4 } from "../base/address.ts";
import { attachFilter, loadNative, type Native, nativeError, setOption } from "./native.ts";
import {
  afInet,
  afInet6,
  closeOnExec,
  filterProgram,
  ipv6Only,
  nonBlocking,
  soAttachFilter,
  sockDatagram,
  socketAddress,
  sockStream,
  solIpv6,
  solSocket,
} from "./structs.ts";
import { requireLinux } from "./unavailable.ts";

/** Holds ports of this machine's kernel. */
export interface PortHolder {
  /** Ports held now. */
  readonly held: number;
  /**
   * Holds a port until the function returned is called (once; again does nothing). Holding what is held counts. TCP and
   * UDP only: for any other protocol the kernel is quiet as long as a raw socket is open, and nothing happens here.
   * @param protocol IP protocol number
   * @param scope index of the interface, for a link-local address
   * @throws SocketError EADDRINUSE where a program of this machine has the port, EADDRNOTAVAIL where the address is not
   *   this machine's, EMFILE where there are too many
   */
  hold(protocol: number, address: Address, port: number, scope?: number): () => void;
  /** Lets go of all ports. Idempotent. */
  close(): void;
}

const tcp = 6;
const udp = 17;

/** "Return 0", that is: keep no byte of the packet. */
const dropEverything = filterProgram([{ code: 0x06, operand: 0 }]);

/** @throws LinkUnavailableError without Linux or koffi */
export async function openPortHolder(): Promise<PortHolder> {
  requireLinux("a port holder");
  return new KernelPortHolder(await loadNative());
}

interface Hold {
  readonly fd: number;
  uses: number;
}

export class KernelPortHolder implements PortHolder {
  readonly #native: Native;
  readonly #holds = new Map<string, Hold>();

  constructor(native: Native) {
    this.#native = native;
  }

  get held(): number {
    return this.#holds.size;
  }

  hold(protocol: number, address: Address, port: number, scope = 0): () => void {
    if (protocol !== tcp && protocol !== udp) return () => {};
    const key = `${protocol} ${formatAddress(address)} ${scope} ${port}`;
    let hold = this.#holds.get(key);
    if (hold === undefined) {
      hold = { fd: occupy(this.#native, protocol, address, port, scope), uses: 0 };
      this.#holds.set(key, hold);
    }
    hold.uses++;
    return this.#releaseOnce(key, hold);
  }

  #releaseOnce(key: string, hold: Hold): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      hold.uses--;
      if (hold.uses > 0 || this.#holds.get(key) !== hold) return;
      this.#holds.delete(key);
      this.#native.close(hold.fd);
    };
  }

  close(): void {
    for (const { fd } of this.#holds.values()) this.#native.close(fd);
    this.#holds.clear();
  }
}

/** A socket that owns the port and drops what arrives; the filter is there before the first packet can be. */
function occupy(native: Native, protocol: number, address: Address, port: number, scope: number): number {
  const type = protocol === tcp ? sockStream : sockDatagram;
  const fd = native.socket(isV4(address) ? afInet : afInet6, type | nonBlocking | closeOnExec, 0);
  if (fd < 0) throw nativeError(native, "socket");
  try {
    attachFilter(native, fd, solSocket, soAttachFilter, dropEverything);
    if (!isV4(address)) setOption(native, fd, solIpv6, ipv6Only, 1);
    const name = socketAddress(address, port, isLinkLocal(address) ? scope : 0);
    if (native.bind(fd, name, name.length) < 0)
      throw nativeError(native, "bind", { address: formatAddress(address), port });
    if (protocol === tcp && native.listen(fd, 0) < 0)
      throw nativeError(native, "listen", { address: formatAddress(address), port });
    return fd;
  } catch (error) {
    native.close(fd);
    throw error;
  }
}
