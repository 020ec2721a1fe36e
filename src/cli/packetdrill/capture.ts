/** The packets of one run as a pcapng file; its clock begins with the script, at 0. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { LoggedPacket } from "../../packetdrill/run/device.ts";
import { linkTypes, pcapngInterface, pcapngPacket, pcapngSection } from "../../wire/pcapng.ts";

/** @throws the system's error where the file cannot be written. */
export function writeCapture(path: string, packets: readonly LoggedPacket[]): void {
  mkdirSync(dirname(path), { recursive: true });
  const blocks = [
    pcapngSection({ application: "harbormaster", hardware: "", operatingSystem: "", comment: "" }),
    pcapngInterface({ linkType: linkTypes.ip, snapLength: 0, name: "tun0", description: "" }),
    ...packets.map(({ time, bytes, direction }) =>
      pcapngPacket({
        ...{ interface: 0, nanoseconds: BigInt(Math.max(0, Math.round(time))) * 1000n, bytes, start: 0 },
        ...{ end: bytes.length, originalLength: bytes.length, direction, comment: "" },
      }),
    ),
  ];
  writeFileSync(path, Buffer.concat(blocks));
}
