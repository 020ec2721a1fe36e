/** The packets of one run as a pcapng file. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { captureOf } from "../../packetdrill/run/capture.ts";
import type { LoggedPacket } from "../../packetdrill/run/device.ts";

/** @throws the system's error where the file cannot be written. */
export function writeCapture(path: string, packets: readonly LoggedPacket[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, captureOf(packets));
}
