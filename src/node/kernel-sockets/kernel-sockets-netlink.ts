/** rtnetlink(7), as much as a private network takes: interfaces made in pairs, and addresses. */
import { getSystemErrorName } from "node:util";
import {
  type Address,
  familyOf,
  isLoopback,
  isV4,
  writeAddressV4,
  writeAddressV6,
} from "../../base/address.ts";
import { addressBits, type Prefix } from "../../base/prefix.ts";
import { type Native, nativeError, systemError } from "../native.ts";
import {
  afInet,
  afInet6,
  closeOnExec,
  getInterfaceFlags,
  getInterfaceIndex,
  interfaceFlagsRequest,
  interfaceRequest,
  interfaceUp,
  requestFlags,
  requestNumber,
  setInterfaceFlags,
  sockDatagram,
  sockRaw,
} from "../structs.ts";

const afNetlink = 16;
const routeFamily = 0;

/** Message types and flags (linux/rtnetlink.h, linux/netlink.h). */
const newLink = 16;
const newAddress = 20;
const errorMessage = 2;
const request = 0x1;
const acknowledge = 0x4;
const exclusive = 0x200;
const create = 0x400;

const scopeHost = 254;
const noDuplicateDetection = 0x02;

/** Attributes (linux/if_link.h, linux/veth.h, linux/if_addr.h). */
const linkName = 3;
const linkInfo = 18;
const infoKind = 1;
const infoData = 2;
const vethPeer = 1;
const addressAttribute = 1;
const localAttribute = 2;

/** A pair of interfaces, each the other's wire, both up. @throws the system's error */
export function addPair(native: Native, name: string, peer: string): void {
  const peerPart = attribute(vethPeer, join(linkHeader(), attribute(linkName, cString(peer))));
  const info = join(attribute(infoKind, cString("veth")), attribute(infoData, peerPart));
  const body = join(linkHeader(), attribute(linkName, cString(name)), attribute(linkInfo, info));
  ask(native, newLink, create | exclusive, body);
  // Neither goes up before it knows the other (ENOTCONN).
  for (const end of [peer, name]) bringUp(native, end);
}

/** An address of an interface that is there, in use at once. @throws the system's error */
export function addAddress(native: Native, device: string, { address, length }: Prefix): void {
  const header = new Uint8Array(8);
  header[0] = familyOf(address) === 4 ? afInet : afInet6;
  header[1] = length;
  header[2] = noDuplicateDetection;
  header[3] = isLoopback(address) ? scopeHost : 0;
  new DataView(header.buffer).setUint32(4, interfaceIndex(native, device), true);
  const bytes = addressBytes(address);
  const body = join(header, attribute(localAttribute, bytes), attribute(addressAttribute, bytes));
  ask(native, newAddress, create | exclusive, body);
}

/** Undefined where there is no interface of this name. */
export function findInterface(native: Native, name: string): number | undefined {
  return withSocket(native, (fd) => {
    const asked = interfaceRequest(name);
    return native.ioctl(fd, getInterfaceIndex, asked) < 0 ? undefined : requestNumber(asked);
  });
}

/** @throws the system's error */
export function bringUp(native: Native, name: string): void {
  withSocket(native, (fd) => {
    const asked = interfaceRequest(name);
    if (native.ioctl(fd, getInterfaceFlags, asked) < 0) throw nativeError(native, "SIOCGIFFLAGS");
    const raised = interfaceFlagsRequest(name, requestFlags(asked) | interfaceUp);
    if (native.ioctl(fd, setInterfaceFlags, raised) < 0) throw nativeError(native, "SIOCSIFFLAGS");
  });
}

function interfaceIndex(native: Native, name: string): number {
  const index = findInterface(native, name);
  if (index === undefined) throw nativeError(native, "SIOCGIFINDEX");
  return index;
}

function withSocket<T>(native: Native, work: (fd: number) => T): T {
  const fd = native.socket(afInet, sockDatagram | closeOnExec, 0);
  if (fd < 0) throw nativeError(native, "socket");
  try {
    return work(fd);
  } finally {
    native.close(fd);
  }
}

/** One message to the kernel, and its answer. @throws the system's error */
function ask(native: Native, type: number, flags: number, body: Uint8Array): void {
  const message = join(new Uint8Array(16), body);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, request | acknowledge | flags, true);
  const kernel = new Uint8Array(12);
  new DataView(kernel.buffer).setUint16(0, afNetlink, true);
  const fd = native.socket(afNetlink, sockRaw | closeOnExec, routeFamily);
  if (fd < 0) throw nativeError(native, "socket");
  try {
    if (native.sendto(fd, message, message.length, 0, kernel, kernel.length) < 0)
      throw nativeError(native, "sendto");
    const answer = new Uint8Array(4096);
    if (native.recv(fd, answer, answer.length, 0) < 20) throw nativeError(native, "recv");
    const answered = new DataView(answer.buffer);
    const errno = answered.getUint16(4, true) === errorMessage ? -answered.getInt32(16, true) : 0;
    if (errno !== 0) throw systemError(getSystemErrorName(-errno), errno, "rtnetlink");
  } finally {
    native.close(fd);
  }
}

/** `struct ifinfomsg` that asks for nothing special. */
function linkHeader(): Uint8Array {
  return new Uint8Array(16);
}

/** `struct rtattr` with its value, padded to four bytes. */
function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((4 + value.length + 3) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 4 + value.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, 4);
  return bytes;
}

function addressBytes(address: Address): Uint8Array {
  const bytes = new Uint8Array(addressBits(familyOf(address)) / 8);
  if (isV4(address)) writeAddressV4(address, bytes, 0);
  else writeAddressV6(address, bytes, 0);
  return bytes;
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
