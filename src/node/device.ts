/** Setting up the kernel's side of an interface with ioctl(2), as ip(8) would do it. */
import { existsSync, writeFileSync } from "node:fs";
import { addressV4, isV4 } from "../base/address.ts";
import type { Prefix } from "../base/prefix.ts";
import { type Native, nativeError } from "./native.ts";
import {
  afInet,
  afInet6,
  closeOnExec,
  getInterfaceFlags,
  getInterfaceIndex,
  getInterfaceMtu,
  interfaceAddressRequest,
  interfaceAddressRequestV6,
  interfaceFlagsRequest,
  interfaceNumberRequest,
  interfaceRequest,
  interfaceRunning,
  interfaceUp,
  requestFlags,
  requestNumber,
  setInterfaceAddress,
  setInterfaceFlags,
  setInterfaceMtu,
  setInterfaceNetmask,
  setInterfaceQueueLength,
  sockDatagram,
} from "./structs.ts";

export interface DeviceSetup {
  /** Bytes; undefined leaves it. */
  readonly mtu?: number | undefined;
  /** Packets the kernel queues while we are busy; it keeps its own number where it does not let us. */
  readonly queueLength?: number | undefined;
  readonly addresses: readonly Prefix[];
  readonly up: boolean;
}

/** Sets MTU, queue, addresses and state, in this order. @throws the system's error, EPERM without CAP_NET_ADMIN. */
export function setUpDevice(native: Native, name: string, setup: DeviceSetup): void {
  withSocket(native, afInet, (socket) => {
    if (setup.mtu !== undefined && setup.mtu !== deviceMtu(native, name))
      request(native, socket, setInterfaceMtu, interfaceNumberRequest(name, setup.mtu), "SIOCSIFMTU");
    if (setup.queueLength !== undefined)
      native.ioctl(socket, setInterfaceQueueLength, interfaceNumberRequest(name, setup.queueLength));
    for (const { address, length } of setup.addresses) {
      if (!isV4(address)) continue;
      request(native, socket, setInterfaceAddress, interfaceAddressRequest(name, address), "SIOCSIFADDR");
      const netmask = addressV4(length === 0 ? 0 : -1 << (32 - length));
      request(native, socket, setInterfaceNetmask, interfaceAddressRequest(name, netmask), "SIOCSIFNETMASK");
    }
    const v6 = setup.addresses.filter(({ address }) => !isV4(address));
    // Before the interface is up, so that no address has to wait for the second that detection takes.
    if (v6.length > 0) skipDuplicateAddressDetection(name);
    if (setup.up) bringUp(native, socket, name);
    if (v6.length > 0) addAddressesV6(native, name, v6);
  });
}

/** The interface's MTU in bytes. @throws the system's error, ENODEV where there is no such interface. */
export function deviceMtu(native: Native, name: string): number {
  return withSocket(native, afInet, (socket) => {
    const answer = interfaceRequest(name);
    request(native, socket, getInterfaceMtu, answer, "SIOCGIFMTU");
    return requestNumber(answer);
  });
}

function bringUp(native: Native, socket: number, name: string): void {
  const flags = interfaceRequest(name);
  request(native, socket, getInterfaceFlags, flags, "SIOCGIFFLAGS");
  if ((requestFlags(flags) & interfaceUp) !== 0) return;
  const up = interfaceFlagsRequest(name, requestFlags(flags) | interfaceUp | interfaceRunning);
  request(native, socket, setInterfaceFlags, up, "SIOCSIFFLAGS");
}

function addAddressesV6(native: Native, name: string, addresses: readonly Prefix[]): void {
  withSocket(native, afInet6, (socket) => {
    const index = interfaceRequest(name);
    request(native, socket, getInterfaceIndex, index, "SIOCGIFINDEX");
    for (const { address, length } of addresses)
      request(
        native,
        socket,
        setInterfaceAddress,
        interfaceAddressRequestV6(address, length, requestNumber(index)),
        "SIOCSIFADDR",
      );
  });
}

/** Nobody else is on a point-to-point link. Synchronous, as the calling thread's network namespace counts. */
function skipDuplicateAddressDetection(name: string): void {
  const file = `/proc/sys/net/ipv6/conf/${name}/accept_dad`;
  if (existsSync(file)) writeFileSync(file, "0");
}

function withSocket<Result>(native: Native, domain: number, use: (socket: number) => Result): Result {
  const socket = native.socket(domain, sockDatagram | closeOnExec, 0);
  if (socket < 0) throw nativeError(native, "socket");
  try {
    return use(socket);
  } finally {
    native.close(socket);
  }
}

function request(native: Native, socket: number, code: number, argument: Uint8Array, name: string): void {
  if (native.ioctl(socket, code, argument) < 0) throw nativeError(native, name);
}
