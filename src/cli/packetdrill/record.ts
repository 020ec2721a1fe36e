/** A script from a capture file. */
import { readFileSync } from "node:fs";
import { readCapture } from "../../packetdrill/record/capture-file.ts";
import { recordScript } from "../../packetdrill/record/record.ts";
import { FailedError } from "../failure.ts";

export interface RecordWishes {
  readonly local?: string;
  /** From 1. */
  readonly conversation?: number;
}

/** @throws FailedError where no script can be made of it */
export function recordCapture(path: string, { local, conversation }: RecordWishes): string {
  const packets = readCapture(readFileSync(path));
  if (typeof packets === "string") throw new FailedError(`${path}: ${packets}`);
  const script = recordScript(packets, {
    ...(local !== undefined && { local }),
    ...(conversation !== undefined && { conversation: conversation - 1 }),
  });
  if (typeof script === "string") throw new FailedError(`${path}: ${script}`);
  return script.text;
}
