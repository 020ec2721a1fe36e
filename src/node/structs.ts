/**
 * Numbers and memory layouts of Linux's C interface. Compiled and compared for x86-64 and arm64; they hold for every
 * 64-bit little-endian machine (the loader in native.ts refuses the others).
 */
import { type Address, isV4, writeAddressV4, writeAddressV6 } from "../base/address.ts";

/** Flags of open(2), and of socket(2) under their SOCK_ names. */
export const readWrite = 2;
export const nonBlocking = 0x800;
export const closeOnExec = 0x80000;

export const afInet = 2;
export const afInet6 = 10;
export const afPacket = 17;

export const sockStream = 1;
export const sockDatagram = 2;
export const sockRaw = 3;

/** Levels and options of setsockopt(2). */
export const solSocket = 1;
export const soReceiveBuffer = 8;
export const soReceiveBufferForce = 33;
export const soAttachFilter = 26;
export const solIp = 0;
export const ipHeaderIncluded = 3;
export const solIpv6 = 41;
export const ipv6Only = 26;
export const ipv6HeaderIncluded = 36;
export const ipv6ReceivePacketInfo = 49;
export const ipv6PacketInfo = 50;
export const ipv6ReceiveHopLimit = 51;
export const ipv6HopLimit = 52;
export const ipv6ReceiveTrafficClass = 66;
export const ipv6TrafficClass = 67;
export const solRaw = 255;
export const icmpFilter = 1;
export const solIcmpv6 = 58;
export const icmpv6Filter = 1;

/** Requests of a TUN descriptor (linux/if_tun.h). */
export const tunSetInterface = 0x400454ca;
/** Takes its argument by value. */
export const tunSetOffload = 0x400454d0;
export const tunSetVirtioHeaderSize = 0x400454d8;
export const tunSetVirtioLittleEndian = 0x400454dc;

/** Flags of tunSetInterface. */
export const tunModeTun = 0x0001;
export const tunNoPacketInformation = 0x1000;
export const tunVirtioHeader = 0x4000;

/** What tunSetOffload can ask for: the kernel leaves these to us, and so hands them over unfinished. */
export const tunChecksum = 0x01;
export const tunTso4 = 0x02;
export const tunTso6 = 0x04;
export const tunUso4 = 0x20;
export const tunUso6 = 0x40;

/** Requests about an interface, on any socket (linux/sockios.h). */
export const getInterfaceFlags = 0x8913;
export const setInterfaceFlags = 0x8914;
export const setInterfaceAddress = 0x8916;
export const setInterfaceNetmask = 0x891c;
export const getInterfaceMtu = 0x8921;
export const setInterfaceMtu = 0x8922;
export const getInterfaceIndex = 0x8933;
export const setInterfaceQueueLength = 0x8943;
export const interfaceUp = 0x1;
export const interfaceRunning = 0x40;

/** clone(2)'s flag for a private network, for unshare(2) and setns(2). */
export const cloneNewNetwork = 0x40000000;

/** The longest interface name in bytes (IFNAMSIZ without its zero). */
const longestName = 15;
const ifreqLength = 40;
/** Where the union of `struct ifreq` starts. */
const ifreqValue = 16;

/** `struct ifreq` with a name and zeros. @throws RangeError where the name does not fit. */
export function interfaceRequest(name: string): Uint8Array {
  if (name.length > longestName || /[^!-.0-~]/.test(name))
    throw new RangeError(`not an interface name of at most ${longestName} bytes: ${JSON.stringify(name)}`);
  const request = new Uint8Array(ifreqLength);
  for (let i = 0; i < name.length; i++) request[i] = name.charCodeAt(i);
  return request;
}

/** A request whose union is an int: MTU, queue length, index. */
export function interfaceNumberRequest(name: string, value: number): Uint8Array {
  const request = interfaceRequest(name);
  view(request).setInt32(ifreqValue, value, true);
  return request;
}

/** A request whose union is a short: flags. */
export function interfaceFlagsRequest(name: string, flags: number): Uint8Array {
  const request = interfaceRequest(name);
  view(request).setUint16(ifreqValue, flags, true);
  return request;
}

/** A request whose union is an IPv4 socket address. */
export function interfaceAddressRequest(name: string, address: Address): Uint8Array {
  const request = interfaceRequest(name);
  request.set(socketAddress(address, 0), ifreqValue);
  return request;
}

/** `struct in6_ifreq`. */
export function interfaceAddressRequestV6(address: Address, prefixLength: number, index: number): Uint8Array {
  const request = new Uint8Array(24);
  writeAddressV6(address, request, 0);
  view(request).setUint32(16, prefixLength, true);
  view(request).setInt32(20, index, true);
  return request;
}

export function requestName(request: Uint8Array): string {
  const end = request.indexOf(0);
  return String.fromCharCode(...request.subarray(0, end < 0 ? longestName : end));
}

export function requestNumber(request: Uint8Array): number {
  return view(request).getInt32(ifreqValue, true);
}

export function requestFlags(request: Uint8Array): number {
  return view(request).getUint16(ifreqValue, true);
}

/** `struct sockaddr_in` or `struct sockaddr_in6`. */
export function socketAddress(address: Address, port: number, scope = 0): Uint8Array {
  const bytes = new Uint8Array(isV4(address) ? 16 : 28);
  const fields = view(bytes);
  fields.setUint16(0, isV4(address) ? afInet : afInet6, true);
  fields.setUint16(2, port, false);
  if (isV4(address)) writeAddressV4(address, bytes, 4);
  else {
    writeAddressV6(address, bytes, 8);
    fields.setUint32(24, scope, true);
  }
  return bytes;
}

/** One instruction of the classic packet filter, `struct sock_filter`. */
export interface FilterInstruction {
  readonly code: number;
  /** Instructions to skip where a jump's condition holds, and where not. */
  readonly onTrue?: number;
  readonly onFalse?: number;
  readonly operand: number;
}

/** An array of `struct sock_filter`. */
export function filterProgram(instructions: readonly FilterInstruction[]): Uint8Array {
  const bytes = new Uint8Array(8 * instructions.length);
  const fields = view(bytes);
  instructions.forEach(({ code, onTrue = 0, onFalse = 0, operand }, index) => {
    fields.setUint16(8 * index, code, true);
    bytes[8 * index + 2] = onTrue;
    bytes[8 * index + 3] = onFalse;
    fields.setUint32(8 * index + 4, operand >>> 0, true);
  });
  return bytes;
}

/** `struct sock_fprog`: the length of a program and where it lies. Keep the program until the call returns. */
export function filterReference(program: Uint8Array, location: bigint): Uint8Array {
  const bytes = new Uint8Array(16);
  view(bytes).setUint16(0, program.length / 8, true);
  view(bytes).setBigUint64(8, location, true);
  return bytes;
}

/** An int by reference. */
export function intArgument(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  view(bytes).setInt32(0, value, true);
  return bytes;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
