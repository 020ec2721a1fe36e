/** The public suite a file is of, by the folder it lies in: its people run it their own way. */
import { resolve, sep } from "node:path";
import { type Suite, suiteOf, suites } from "../../packetdrill/suites/suite.ts";

export interface FileOfSuite {
  readonly suite: Suite;
  /** Its path from the folder of all suites on. */
  readonly path: string;
}

/** Undefined for a file of no suite that is known. */
export function suiteOfFile(file: string): FileOfSuite | undefined {
  const whole = resolve(file).split(sep).join("/");
  for (const { folder } of suites) {
    const at = whole.lastIndexOf(`/${folder}`);
    if (at < 0) continue;
    const path = whole.slice(at + 1);
    const suite = suiteOf(path);
    if (suite !== undefined) return { suite, path };
  }
  return undefined;
}
