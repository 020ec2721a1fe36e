/** The packets of a run as a pcapng file; its clock begins with the run, at 0. */
import { linkTypes, pcapngInterface, pcapngPacket, pcapngSection } from "../../wire/capture/pcapng.ts";
import type { LoggedPacket } from "./device.ts";

export function captureOf(packets: readonly LoggedPacket[]): Uint8Array {
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
  const file = new Uint8Array(blocks.reduce((length, block) => length + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    file.set(block, at);
    at += block.length;
  }
  return file;
}
