/** The one datagram that an input lends to transports, before anything has arrived. */
import { anyV4, anyV6, type Family } from "../../base/address.ts";
import { checksumUnknown } from "../../base/packet.ts";
import { protocols } from "../../wire/protocols.ts";
import type { Interface } from "../interface/interface.ts";
import type { IpDatagram } from "../transport.ts";

export function emptyDatagram(family: Family, by: Interface): IpDatagram {
  return {
    family,
    source: family === 4 ? anyV4 : anyV6,
    destination: family === 4 ? anyV4 : anyV6,
    protocol: protocols.noNextHeader,
    hopLimit: 0,
    trafficClass: 0,
    bytes: new Uint8Array(0),
    headerStart: 0,
    start: 0,
    end: 0,
    checksum: checksumUnknown,
    segmentSize: 0,
    interface: by,
    cast: "unicast",
  };
}
