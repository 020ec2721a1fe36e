/** A UDP socket of the kernel with what Node's has not: segmentation by the kernel, and batches without events. */
import { type Address, isV4 } from "../../../src/base/address.ts";
import { loadNative, nativeError, setOption } from "../../../src/node/native.ts";
import {
  afInet,
  afInet6,
  closeOnExec,
  nonBlocking,
  sockDatagram,
  socketAddress,
} from "../../../src/node/structs.ts";

const solUdp = 17;
const udpSegment = 103;

export interface KernelUdp {
  /** Sends one buffer to the peer, which the kernel cuts into datagrams of `segmentSize` where that is not 0. */
  send(data: Uint8Array, segmentSize?: number): void;
  /** The next datagram that has arrived, if any. */
  receive(): Uint8Array | undefined;
  close(): void;
}

/** A socket bound to `local` and connected to `remote`, made in the network namespace of this thread. */
export async function openKernelUdp(
  local: { address: Address; port: number },
  remote: { address: Address; port: number },
): Promise<KernelUdp> {
  const native = await loadNative();
  const fd = native.socket(
    isV4(local.address) ? afInet : afInet6,
    sockDatagram | nonBlocking | closeOnExec,
    0,
  );
  const name = socketAddress(local.address, local.port);
  if (fd < 0 || native.bind(fd, name, name.length) < 0) throw nativeError(native, "bind");
  const to = socketAddress(remote.address, remote.port);
  const buffer = new Uint8Array(65_536);
  return {
    send(data, segmentSize = 0) {
      setOption(native, fd, solUdp, udpSegment, segmentSize);
      if (native.sendto(fd, data, data.length, 0, to, to.length) < 0) throw nativeError(native, "sendto");
    },
    receive() {
      const length = native.recv(fd, buffer, buffer.length, 0);
      return length < 0 ? undefined : buffer.slice(0, length);
    },
    close: () => native.close(fd),
  };
}
