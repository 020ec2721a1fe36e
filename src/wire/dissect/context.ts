/** What the layers above IP are told of the packet they are in. */
import type { Address } from "../../base/address.ts";
import { checksumOffset, verifyTransportChecksum } from "../checksums.ts";
import { type Field, judgeChecksum } from "./field.ts";

/** `quoted`: cut short by an ICMP error, so that no checksum can be verified. */
export type Extent = "whole" | "quoted";

export interface IpContext {
  source: Address;
  destination: Address;
  extent: Extent;
  /** Takes apart an IP packet inside of this one. */
  inside(bytes: Uint8Array, start: number, end: number, extent: Extent): Field[];
}

/** Says of a transport checksum whether it is right, where the packet is whole. */
export function judgeTransport(
  fields: readonly Field[],
  protocol: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  { source, destination, extent }: IpContext,
): void {
  if (extent === "quoted" || end - start < checksumOffset(protocol) + 2) return;
  judgeChecksum(fields, verifyTransportChecksum(protocol, source, destination, bytes, start, end));
}
